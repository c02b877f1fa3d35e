"""Bytes are sacred: under `observe` and `annotate` a client gets what the provider sent, bit for bit, in every dialect and encoding."""

import gzip
import json
import zlib

import brotli
import pytest
import wires
import zstandard
from conftest import fetch
from upstream import Scenario

ENCODERS = {
    "identity": None,
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": lambda data: zstandard.ZstdCompressor().compress(data),
}

MESSAGES = [{"role": "system", "content": wires.CONTEXT}, {"role": "user", "content": wires.QUESTION}]


def chat(name, stream):
    return "openai", "/v1/chat/completions", {"model": name, "messages": MESSAGES, "stream": stream}


def responses(name, stream):
    return "openai", "/v1/responses", {"model": name, "instructions": wires.CONTEXT, "input": wires.QUESTION, "stream": stream}


def messages(name, stream):
    return "anthropic", "/v1/messages", {"model": name, "max_tokens": 99, "system": wires.CONTEXT, "messages": MESSAGES[1:], "stream": stream}


def gemini(name, stream):
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    body = {"systemInstruction": {"parts": [{"text": wires.CONTEXT}]}, "contents": [{"role": "user", "parts": [{"text": wires.QUESTION}]}]}
    return "gemini", f"/v1beta/models/{name}:{verb}", body


def gemini_array(name, _):
    _, _, body = gemini(name, False)
    return "gemini", f"/v1beta/models/{name}:streamGenerateContent", body


def ollama(name, stream):
    return "ollama", "/api/chat", {"model": name, "messages": MESSAGES, "stream": stream}


def cohere(name, stream):
    return "cohere", "/v2/chat", {"model": name, "messages": MESSAGES, "stream": stream}


def converse(name, stream):
    body = {"system": [{"text": wires.CONTEXT}], "messages": [{"role": "user", "content": [{"text": wires.QUESTION}]}]}
    return "bedrock", f"/model/{name}/{'converse-stream' if stream else 'converse'}", body


def invoke(name, stream):
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 99, "system": wires.CONTEXT, "messages": MESSAGES[1:]}
    return "bedrock", f"/model/{name}/{'invoke-with-response-stream' if stream else 'invoke'}", body


# dialect → (request, unstreamed body, stream, the stream's content type)
DIALECTS = {
    "chat": (chat, lambda t: wires.openai_chat([t]), lambda t: wires.openai_chat_stream([t], usage=True), "text/event-stream; charset=utf-8"),
    "chat-n2": (chat, lambda t: wires.openai_chat([t, wires.GOOD]), lambda t: wires.openai_chat_stream([t, wires.GOOD]), "text/event-stream"),
    "responses": (responses, wires.responses, wires.responses_stream, "text/event-stream; charset=utf-8"),
    "messages": (messages, wires.anthropic, wires.anthropic_stream, "text/event-stream; charset=utf-8"),
    "gemini": (gemini, wires.gemini, wires.gemini_stream, "text/event-stream"),
    "gemini-array": (gemini_array, None, wires.gemini_array, "application/json; charset=UTF-8"),
    "ollama": (ollama, wires.ollama, wires.ollama_stream, "application/x-ndjson"),
    "cohere": (cohere, wires.cohere, wires.cohere_stream, "text/event-stream"),
    "converse": (converse, wires.converse, wires.converse_stream, "application/vnd.amazon.eventstream"),
    "invoke": (invoke, wires.anthropic, wires.invoke_stream, "application/vnd.amazon.eventstream"),
}
CASES = [
    (dialect, stream, encoding)
    for dialect, (_, plain, _, _) in DIALECTS.items()
    for stream in (False, True)
    for encoding in ENCODERS
    if stream or plain
]


def compressed(chunks: list[bytes], encoding: str) -> list[bytes]:
    """The stream compressed with a flush after every event, as servers do."""
    if encoding == "identity":
        return chunks
    if encoding in ("gzip", "deflate"):
        engine = zlib.compressobj(wbits=31 if encoding == "gzip" else 15)
        out = [engine.compress(chunk) + engine.flush(zlib.Z_SYNC_FLUSH) for chunk in chunks]
        return out + [engine.flush()]
    if encoding == "br":
        engine = brotli.Compressor()
        return [engine.process(chunk) + engine.flush() for chunk in chunks] + [engine.finish()]
    engine = zstandard.ZstdCompressor().compressobj()
    out = [engine.compress(chunk) + engine.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK) for chunk in chunks]
    return out + [engine.flush()]


@pytest.mark.parametrize("mode", ["observe", "annotate"])
@pytest.mark.parametrize(("dialect", "stream", "encoding"), CASES)
def test_same_bytes(guards, upstream, mode, dialect, stream, encoding):
    request, plain, streamed, content_type = DIALECTS[dialect]
    name = f"bytes-{dialect}-{stream}-{encoding}"
    headers = {} if encoding == "identity" else {"content-encoding": encoding}
    if stream:
        scenario = Scenario([c for c in compressed(streamed(wires.BAD), encoding) if c], content_type=content_type, headers=headers, chunked=True)
    else:
        encode = ENCODERS[encoding] or (lambda data: data)
        scenario = Scenario([encode(plain(wires.BAD))], headers=headers)
    upstream.add(name, scenario)
    provider, path, body = request(name, stream)
    payload = json.dumps(body).encode()
    guard = guards(mode)

    direct = fetch(upstream.port, path, payload)
    answers = []
    verdict = guard.verdict_after(lambda: answers.append(fetch(guard.base, f"/{provider}{path}", payload)))
    through = answers[0]

    assert through[0] == direct[0] == 200
    got = through[2]
    if mode == "annotate" and stream and encoding == "identity" and b": agentguard" in got:
        before, _, rest = got.partition(b": agentguard")
        line, blank, after = rest.partition(b"\n\n")
        assert blank and b"\n" not in line, "the annotation is one comment line"
        got = before + after
    assert got == direct[2]
    ours = {k: v for k, v in through[1].items() if k.startswith("x-agentguard-")}
    assert (ours == {}) == (mode == "observe" or stream), ours
    kept = {k: v for k, v in direct[1].items() if k not in ("date", "connection", "keep-alive", "transfer-encoding")}
    assert {k: through[1].get(k) for k in kept} == kept

    assert verdict["stream"] == stream and verdict["model"], verdict
    assert verdict["verdict"] in ("ungrounded", "contradicted"), verdict
    assert verdict["risk"] >= 0.5


def test_streamed_and_unstreamed_verdicts_agree(guards, upstream):
    guard = guards("observe")
    seen = {}
    for dialect, (request, plain, streamed, content_type) in DIALECTS.items():
        for stream in (False, True):
            if not stream and not plain:
                continue
            name = f"agree-{dialect}-{stream}"
            chunks = streamed(wires.BAD) if stream else [plain(wires.BAD)]
            upstream.add(name, Scenario(chunks, content_type=content_type if stream else "application/json", chunked=stream))
            provider, path, body = request(name, stream)
            payload = json.dumps(body).encode()
            item = guard.verdict_after(lambda: fetch(guard.base, f"/{provider}{path}", payload))
            spans = [{k: s[k] for k in ("choice", "start", "end", "kind", "risk")} for s in item["spans"] if s.get("choice", 0) == 0]
            seen[name] = (item["verdict"], spans)
    for dialect, (_, plain, _, _) in DIALECTS.items():
        if plain:
            assert seen[f"agree-{dialect}-False"] == seen[f"agree-{dialect}-True"], dialect
    one = {json.dumps(value, sort_keys=True) for value in seen.values()}
    assert len(one) == 1, f"the same answer is judged differently in different dialects: {seen}"


def test_unknown_paths_and_methods_pass(guards, upstream):
    guard = guards("annotate")
    upstream.add("opaque", Scenario([b'{"data": [1, 2, 3]}'], headers={"x-vendor": "kept", "x-agentguard-verdict": "forged"}))
    body = b'{"model": "opaque", "input": "text"}'
    status, headers, data = fetch(guard.base, "/openai/v1/embeddings", body, {"x-agentguard-id": "forged"})
    assert (status, data) == (200, b'{"data": [1, 2, 3]}')
    assert headers["x-vendor"] == "kept" and "x-agentguard-verdict" not in headers
    method, path, sent, received = upstream.requests[-1]
    assert (method, path, received) == ("POST", "/v1/embeddings", body)
    assert not any(name.startswith("x-agentguard-") for name in sent)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"choices": 7}', b"\xff\xfe\x00", b'{"choices":[{"message":{"content":"\\ud800"}}]}', b"[" * 10_000])
@pytest.mark.parametrize("mode", ["observe", "annotate", "sentence-block"])
def test_malformed_answers_pass_untouched(guards, upstream, mode, body):
    name = f"malformed-{mode}-{len(body)}-{body[:8].hex()}"
    upstream.add(name, Scenario([body]))
    status, _, data = fetch(guards(mode).base, "/openai/v1/chat/completions", json.dumps(chat(name, False)[2]).encode())
    assert (status, data) == (200, body)


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b'{"model": ["x"]}', b"\xff\xfe", b'{"messages":' + b"[" * 10_000])
def test_malformed_requests_reach_the_provider(guards, upstream, body):
    status, _, data = fetch(guards("annotate").base, "/openai/v1/chat/completions", body)
    assert status == 404 and b"no scenario" in data
    assert upstream.requests[-1][3] == body
