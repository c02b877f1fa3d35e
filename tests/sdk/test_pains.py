"""What users of gateways and guardrails complain about most, one regression test each. The public threads behind each are
named in docs/pains.md."""

import gzip
import http.client
import json
import os
import subprocess
import sys
import time

import openai
import pytest
import wires
from conftest import fetch
from upstream import Scenario

SSE = dict(content_type="text/event-stream; charset=utf-8", chunked=True)
MESSAGES = [{"role": "system", "content": wires.CONTEXT}, {"role": "user", "content": wires.QUESTION}]
FLAGGED = ("ungrounded", "contradicted")


def ask(guard, model, stream=False, messages=None, headers=None, **more):
    body = json.dumps({"model": model, "messages": messages or MESSAGES, "stream": stream, **more}).encode()
    return fetch(guard.base, "/openai/v1/chat/completions", body, headers)


def test_pain_01_stream_true_is_no_way_round_the_judge(guards, upstream):
    upstream.add("p1", Scenario([wires.openai_chat([wires.BAD])]))
    upstream.add("p1-s", Scenario(wires.openai_chat_stream([wires.BAD]), **SSE))
    guard = guards("observe")
    plain = guard.verdict_after(lambda: ask(guard, "p1"))
    streamed = guard.verdict_after(lambda: ask(guard, "p1-s", stream=True))
    assert plain["verdict"] in FLAGGED
    assert (plain["verdict"], plain["risk"], plain["spans"]) == (streamed["verdict"], streamed["risk"], streamed["spans"])


@pytest.mark.parametrize("mode", ["observe", "annotate", "sentence-block"])
def test_pain_02_a_guarded_stream_still_streams(guards, upstream, mode):
    upstream.add("p2", Scenario(wires.openai_chat_stream([wires.GOOD + " " + wires.GOOD]), pause=0.05, **SSE))
    guard = guards(mode)
    connection = http.client.HTTPConnection("127.0.0.1", guard.base, timeout=30)
    body = json.dumps({"model": "p2", "messages": MESSAGES, "stream": True})
    connection.request("POST", "/openai/v1/chat/completions", body, {"content-type": "application/json"})
    response, arrivals = connection.getresponse(), []
    while data := response.read1(65536):
        arrivals.append((time.monotonic(), len(data)))
    spread = arrivals[-1][0] - arrivals[0][0]
    assert len(arrivals) >= 4 and spread > 0.5, f"{len(arrivals)} pieces within {spread:.2f} s: the stream was buffered"


def test_pain_03_nothing_of_a_blocked_sentence_was_shown(guards, upstream):
    upstream.add("p3", Scenario(wires.openai_chat_stream([wires.BAD]), pause=0.01, **SSE))
    data = ask(guards("sentence-block"), "p3", stream=True)[2]
    for word in wires.pieces(wires.BAD_TAIL):
        if len(word.strip(" .")) > 4 and word.strip(" .") not in wires.GOOD:
            assert word.strip(" .").encode() not in data, word


def test_pain_04_the_block_is_valid_where_it_lands(guards, upstream):
    upstream.add("p4", Scenario(wires.anthropic_stream(wires.BAD), **SSE))
    body = {"model": "p4", "max_tokens": 99, "stream": True, "system": wires.CONTEXT, "messages": MESSAGES[1:]}
    status, headers, data = fetch(guards("sentence-block").base, "/anthropic/v1/messages", json.dumps(body).encode())
    events = [json.loads(line[6:]) for line in data.decode().splitlines() if line.startswith("data: ")]
    kinds = [event["type"] for event in events]
    assert status == 200 and headers["content-type"].startswith("text/event-stream")
    assert kinds.count("message_start") == 1 and kinds[-2:] == ["message_delta", "message_stop"]
    assert kinds.count("content_block_start") == kinds.count("content_block_stop")


def test_pain_05_redaction_works_in_streams(guards, upstream):
    upstream.add("p5", Scenario(wires.openai_chat_stream([wires.BAD]), **SSE))
    data = ask(guards("sentence-redact"), "p5", stream=True)[2].decode()
    chunks = [json.loads(line[6:]) for line in data.splitlines() if line.startswith("data: {")]
    text = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks)
    assert "2,480" not in text and text.startswith("The Harbour Bridge opened") and text.endswith("It carries eight lanes.")


def test_pain_06_open_and_closed_are_honoured(tmp_path, upstream):
    from conftest import Guard

    corrupt = Scenario([b"\x1f\x8bnot gzip at all"], headers={"content-encoding": "gzip"})
    upstream.add("p6", corrupt)
    for mode, expected in (("open", 200), ("closed", 403)):
        folder = tmp_path / mode
        folder.mkdir()
        text = f"version: 1\ndefault:\n  action: block\n  delivery: full\n  on_error: {mode}\n"
        guard = Guard(folder, text, upstream)
        try:
            item = guard.verdict_after(lambda guard=guard, expected=expected: _status(ask(guard, "p6"), expected))
        finally:
            guard.stop()
        assert (item["verdict"], item["reason"]) == ("not_checked", "encoding")


def _status(answer, expected):
    assert answer[0] == expected, answer


def test_pain_07_shadow_neither_blocks_nor_buffers_and_counts(guards, upstream):
    upstream.add("p7", Scenario(wires.openai_chat_stream([wires.BAD]), pause=0.01, **SSE))
    guard = guards("shadow-block")
    answer = []
    item = guard.verdict_after(lambda: answer.append(ask(guard, "p7", stream=True)))
    assert answer[0][2] == b"".join(upstream.scenarios["p7"].chunks)
    assert (item["action"], item["would"]) == ("observe", "block")


def test_pain_08_added_latency_is_attributed(guards, upstream):
    upstream.add("p8", Scenario([wires.openai_chat([wires.GOOD])]))
    guard = guards("annotate")
    item = guard.verdict_after(lambda: ask(guard, "p8"))
    latency = item["latency"]
    assert 0 < latency["judge_ms"] <= latency["total_ms"] and 0 <= latency["held_ms"] <= latency["total_ms"]
    assert latency["first_byte_ms"] > 0
    metrics = fetch(guard.admin, "/metrics", b"", method="GET")[2].decode()
    assert "agentguard_" in metrics and "judge" in metrics


TECHNICAL = [
    (
        "The function `parse_header` in src/http.rs returns `Result<Header, ParseError>`. It fails with `ParseError::TooLong` when the line has more than 8192 bytes.",
        "What does parse_header return, and when does it fail?",
        "`parse_header` returns `Result<Header, ParseError>`. It fails with `ParseError::TooLong` if a line is longer than 8192 bytes:\n\n```rust\nmatch parse_header(line) {\n    Err(ParseError::TooLong) => return reject(413),\n    other => other?,\n}\n```",
    ),
    (
        "2026-11-20T10:14:03Z ERROR db-1 deadlock detected; process 4711 waits for ShareLock on transaction 99812; blocked by process 4720",
        "What does this log line say?",
        "Process 4711 on db-1 hit a deadlock: it waits for a ShareLock on transaction 99812 and is blocked by process 4720.",
    ),
    (
        "CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id BIGINT NOT NULL, total NUMERIC(12,2), created_at TIMESTAMPTZ);",
        "Write a query for the total per customer.",
        "```sql\nSELECT customer_id, SUM(total) AS total\nFROM orders\nGROUP BY customer_id\nORDER BY total DESC\nLIMIT 10;\n```",
    ),
]


@pytest.mark.parametrize("case", range(len(TECHNICAL)))
def test_pain_09_good_technical_answers_are_not_flagged(guards, upstream, case):
    context, question, answer = TECHNICAL[case]
    upstream.add(f"p9-{case}", Scenario([wires.openai_chat([answer])]))
    guard = guards("observe")
    messages = [{"role": "system", "content": context}, {"role": "user", "content": question}]
    item = guard.verdict_after(lambda: ask(guard, f"p9-{case}", messages=messages))
    assert item["verdict"] not in FLAGGED, item


def test_pain_10_long_context_and_long_answers_are_read_to_the_end(guards, upstream):
    guard = guards("observe")
    filler = " ".join(f"Section {n} of the harbour rules deals with mooring, pilots and the weekly cleaning of the quays." for n in range(5000, 8000))
    messages = [{"role": "system", "content": filler + " " + wires.CONTEXT}, {"role": "user", "content": wires.QUESTION}]
    long_good = " ".join([wires.GOOD] * 200)
    for name, text in (("p10-good", wires.GOOD), ("p10-bad", wires.BAD), ("p10-late", long_good + wires.BAD_TAIL)):
        upstream.add(name, Scenario([wires.openai_chat([text])]))
    assert guard.verdict_after(lambda: ask(guard, "p10-good", messages=messages))["verdict"] == "grounded"
    assert guard.verdict_after(lambda: ask(guard, "p10-bad", messages=messages))["verdict"] in FLAGGED
    late = guard.verdict_after(lambda: ask(guard, "p10-late", messages=messages))
    assert late["verdict"] in FLAGGED and any(span["start"] >= len(long_good) for span in late["spans"])


def test_pain_11_context_is_found_wherever_it_stands(guards, upstream):
    guard = guards("observe")
    call = {"id": "call_1", "type": "function", "function": {"name": "lookup", "arguments": '{"name":"Harbour Bridge"}'}}
    question = {"role": "user", "content": wires.QUESTION}
    places = {
        "system": MESSAGES,
        "user": [{"role": "user", "content": f"Context:\n{wires.CONTEXT}\n\nQuestion: {wires.QUESTION}"}],
        "tool": [question, {"role": "assistant", "content": None, "tool_calls": [call]}, {"role": "tool", "tool_call_id": "call_1", "content": wires.CONTEXT}],
    }
    upstream.add("p11-good", Scenario([wires.openai_chat([wires.GOOD])]))
    upstream.add("p11-bad", Scenario([wires.openai_chat([wires.BAD])]))
    for place, messages in places.items():
        assert guard.verdict_after(lambda m=messages: ask(guard, "p11-good", messages=m))["verdict"] == "grounded", place
        bad = guard.verdict_after(lambda m=messages: ask(guard, "p11-bad", messages=m))
        assert bad["verdict"] in FLAGGED, place
    nothing = guard.verdict_after(lambda: ask(guard, "p11-bad", messages=[question]))
    assert nothing["verdict"] == "unverifiable", "no evidence is neither clean nor wrong"


def test_pain_12_every_choice_is_read(guards, upstream):
    guard = guards("observe")
    for stream, chunks in ((False, [wires.openai_chat([wires.GOOD, wires.BAD])]), (True, wires.openai_chat_stream([wires.GOOD, wires.BAD]))):
        options = SSE if stream else {}
        upstream.add(f"p12-{stream}", Scenario(chunks, **options))
        item = guard.verdict_after(lambda stream=stream: ask(guard, f"p12-{stream}", stream=stream, n=2))
        assert item["verdict"] in FLAGGED and {span["choice"] for span in item["spans"]} == {1}


@pytest.mark.parametrize("ending", ["\n\n", "\r\n\r\n", "\r\r"])
def test_pain_13_any_framing_any_split(guards, upstream, ending):
    guard = guards("observe")
    events = b"".join(wires.openai_chat_stream([wires.BAD])).decode().split("\n\n")[:-1]
    newline = ending[: len(ending) // 2]
    stream = "\ufeff: hello" + ending
    for number, event in enumerate(events):
        # A data field may be spread over several lines; the parser joins them with a newline, which JSON ignores here.
        event = event.replace('"choices"', f'{newline}data: "choices"') if number % 5 == 1 else event
        stream += event + (ending if number < len(events) - 1 else newline)
    data = stream.encode()
    for step in (1, 7, 1000):
        name = f"p13-{step}-{len(ending)}-{ending[0] == chr(13)}"
        upstream.add(name, Scenario([data[at : at + step] for at in range(0, len(data), step)], **SSE))
        answer = []
        item = guard.verdict_after(lambda name=name, answer=answer: answer.append(ask(guard, name, stream=True)))
        assert answer[0][2] == data
        assert item["verdict"] in FLAGGED, f"split every {step} bytes"


def test_pain_14_compressed_requests_are_evidence_too(guards, upstream):
    guard = guards("observe")
    upstream.add("", Scenario([gzip.compress(wires.openai_chat([wires.BAD]))], headers={"content-encoding": "gzip"}))
    body = gzip.compress(json.dumps({"model": "p14", "messages": MESSAGES}).encode())
    item = guard.verdict_after(lambda: fetch(guard.base, "/openai/v1/chat/completions", body, {"content-encoding": "gzip"}))
    assert upstream.requests[-1][3] == body and upstream.requests[-1][2]["content-encoding"] == "gzip"
    assert item["verdict"] in FLAGGED


def test_pain_15_no_code_changes(guards, upstream):
    """One environment variable; the program does not know."""
    upstream.add("p15", Scenario([wires.openai_chat([wires.BAD])]))
    guard = guards("annotate")
    program = "import openai; print(openai.OpenAI().chat.completions.create(model='p15', messages=[{'role': 'user', 'content': 'hi'}]).choices[0].message.content)"
    environment = {**os.environ, "OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": guard.url("openai", "/v1")}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert run.stdout.strip() == wires.BAD, run.stderr


def test_no_content_and_no_key_in_logs_or_metrics(guards, upstream):
    upstream.add("quiet", Scenario([wires.openai_chat([wires.BAD])]))
    guard = guards("annotate")
    key = "sk-very-secret-0123456789"
    openai.OpenAI(api_key=key, base_url=guard.url("openai", "/v1")).chat.completions.create(model="quiet", messages=MESSAGES)
    fetch(guard.base, "/openai/v1/models?key=" + key, b"", method="GET")
    written = (guard.folder / "log.txt").read_text()
    for port, path in ((guard.admin, "/metrics"), (guard.metrics, "/metrics")):
        written += fetch(port, path, b"", method="GET")[2].decode()
    for secret in (key, "Ida Brandt", "Lindqvist", wires.QUESTION):
        assert secret not in written
