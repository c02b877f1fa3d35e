"""The `openai` package, unmodified, through AgentGuard."""

import json

import httpx
import openai
import pytest
import wires
from upstream import Scenario

MESSAGES = [{"role": "system", "content": wires.CONTEXT}, {"role": "user", "content": wires.QUESTION}]
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False},
    },
}
STREAM = dict(content_type="text/event-stream; charset=utf-8", chunked=True)


def client(guard, **options):
    return openai.OpenAI(api_key="sk-test", base_url=guard.url("openai", "/v1"), max_retries=0, timeout=20, **options)


def aclient(guard):
    return openai.AsyncOpenAI(api_key="sk-test", base_url=guard.url("openai", "/v1"), max_retries=0, timeout=20)


@pytest.fixture
def chat(upstream):
    upstream.add("good", Scenario([wires.openai_chat([wires.GOOD])]))
    upstream.add("bad", Scenario([wires.openai_chat([wires.BAD])]))
    upstream.add("two", Scenario([wires.openai_chat([wires.GOOD, wires.BAD])]))
    upstream.add("logprobs", Scenario([wires.openai_chat([wires.GOOD], logprobs=True)]))
    upstream.add("tool", Scenario([wires.openai_chat([""], tool=("get_weather", '{"city":"Harbour"}'))]))
    upstream.add("bad-tool", Scenario([wires.openai_chat([""], tool=("get_wether", '{"town":7}'))]))
    upstream.add("good-s", Scenario(wires.openai_chat_stream([wires.GOOD], usage=True), pause=0.002, **STREAM))
    upstream.add("bad-s", Scenario(wires.openai_chat_stream([wires.BAD], usage=True), pause=0.002, **STREAM))
    upstream.add("two-s", Scenario(wires.openai_chat_stream([wires.GOOD, wires.BAD]), **STREAM))
    upstream.add("logprobs-s", Scenario(wires.openai_chat_stream([wires.GOOD], logprobs=True), **STREAM))
    upstream.add("tool-s", Scenario(wires.openai_chat_stream([""], tool=("get_weather", '{"city":"Harbour"}')), **STREAM))
    upstream.add("bad-tool-s", Scenario(wires.openai_chat_stream([""], tool=("get_wether", '{"town":7}')), **STREAM))


def text_of(chunks, choice=0):
    return "".join(c.delta.content or "" for chunk in chunks for c in chunk.choices if c.index == choice)


@pytest.mark.parametrize("mode", ["observe", "annotate", "sentence-block", "sentence-redact", "full-block", "shadow-block"])
def test_clean_answers_are_unchanged_in_every_mode(guards, chat, mode):
    api = client(guards(mode))
    plain = api.chat.completions.create(model="good", messages=MESSAGES)
    assert plain.choices[0].message.content == wires.GOOD and plain.usage.total_tokens == 95
    chunks = list(api.chat.completions.create(model="good-s", messages=MESSAGES, stream=True, stream_options={"include_usage": True}))
    assert text_of(chunks) == wires.GOOD
    assert chunks[-1].usage.total_tokens == 95
    logged = api.chat.completions.create(model="logprobs", messages=MESSAGES, logprobs=True)
    assert [t.token for t in logged.choices[0].logprobs.content] == wires.pieces(wires.GOOD)
    chunks = list(api.chat.completions.create(model="logprobs-s", messages=MESSAGES, logprobs=True, stream=True))
    assert [t.token for c in chunks if c.choices[0].logprobs for t in c.choices[0].logprobs.content] == wires.pieces(wires.GOOD)
    call = api.chat.completions.create(model="tool", messages=MESSAGES, tools=[TOOL]).choices[0].message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Harbour"})


@pytest.mark.parametrize("mode", ["observe", "annotate"])
async def test_async_client(guards, chat, mode):
    api = aclient(guards(mode))
    plain = await api.chat.completions.create(model="bad", messages=MESSAGES)
    assert plain.choices[0].message.content == wires.BAD
    chunks = [c async for c in await api.chat.completions.create(model="two-s", messages=MESSAGES, n=2, stream=True)]
    assert (text_of(chunks, 0), text_of(chunks, 1)) == (wires.GOOD, wires.BAD)


def test_annotation_headers(guards, chat):
    guard = guards("annotate")
    raw = client(guard).chat.completions.with_raw_response.create(model="bad", messages=MESSAGES)
    assert raw.headers["x-agentguard-verdict"] in ("ungrounded", "contradicted")
    assert float(raw.headers["x-agentguard-risk"]) >= 0.5
    assert raw.headers["x-agentguard-action"] == "annotate" and raw.headers["x-agentguard-mode"] == "pass"
    assert float(raw.headers["x-agentguard-latency-ms"]) >= 0
    stored = guard.verdict(raw.headers["x-agentguard-id"])
    flagged = {wires.BAD[s["start"] : s["end"]] for s in stored["spans"]}
    assert any("2,480" in words for words in flagged), flagged
    assert stored["content"]["texts"] == [wires.BAD]
    raw = client(guard).chat.completions.with_raw_response.create(model="good", messages=MESSAGES)
    assert raw.headers["x-agentguard-verdict"] == "grounded"


def test_block_before_the_head_is_a_permission_error(guards, chat):
    for mode in ("sentence-block", "full-block"):
        with pytest.raises(openai.PermissionDeniedError) as raised:
            client(guards(mode)).chat.completions.create(model="bad", messages=MESSAGES)
        error = raised.value
        assert error.status_code == 403 and error.code == "agentguard_blocked"
        assert error.request_id == error.response.headers["x-agentguard-id"]
        assert not any(secret in str(error) for secret in wires.SECRETS)
    with pytest.raises(openai.PermissionDeniedError):
        list(client(guards("full-block")).chat.completions.create(model="bad-s", messages=MESSAGES, stream=True))


def test_block_in_a_stream_ends_as_content_filter(guards, chat):
    chunks = list(client(guards("sentence-block")).chat.completions.create(model="bad-s", messages=MESSAGES, stream=True))
    text = text_of(chunks)
    assert text.startswith("The Harbour Bridge opened on 4 May 1931.")
    assert not any(secret in text for secret in wires.SECRETS)
    assert [c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason] == ["content_filter"]


def test_block_with_two_choices(guards, chat):
    chunks = list(client(guards("sentence-block")).chat.completions.create(model="two-s", messages=MESSAGES, n=2, stream=True))
    everything = text_of(chunks, 0) + text_of(chunks, 1)
    assert not any(secret in everything for secret in wires.SECRETS)
    finishes = {c.choices[0].index: c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason}
    assert finishes[1] == "content_filter"
    with pytest.raises(openai.PermissionDeniedError):
        client(guards("full-block")).chat.completions.create(model="two", messages=MESSAGES, n=2)


def test_redaction(guards, chat):
    for mode in ("sentence-redact", "full-redact"):
        api = client(guards(mode))
        plain = api.chat.completions.create(model="bad", messages=MESSAGES).choices[0].message.content
        streamed = text_of(api.chat.completions.create(model="bad-s", messages=MESSAGES, stream=True))
        assert plain == streamed
        assert "2,480" not in plain and plain.startswith("The Harbour Bridge opened on 4 May 1931.") and plain.endswith("It carries eight lanes.")


def test_tool_calls_are_judged_streamed_or_not(guards, chat):
    api = client(guards("full-block"))
    for model, stream in (("bad-tool", False), ("bad-tool-s", True)):
        with pytest.raises(openai.PermissionDeniedError):
            answer = api.chat.completions.create(model=model, messages=MESSAGES, tools=[TOOL], stream=stream)
            list(answer) if stream else None
    # Nothing but the call was said, so the head is still ours: a real 403 here, too.
    with pytest.raises(openai.PermissionDeniedError):
        list(client(guards("sentence-block")).chat.completions.create(model="bad-tool-s", messages=MESSAGES, tools=[TOOL], stream=True))
    chunks = list(client(guards("sentence-block")).chat.completions.create(model="tool-s", messages=MESSAGES, tools=[TOOL], stream=True))
    arguments = "".join(c.function.arguments or "" for chunk in chunks for choice in chunk.choices for c in choice.delta.tool_calls or [])
    assert json.loads(arguments) == {"city": "Harbour"}


def test_shadow_changes_nothing_and_says_what_it_would_have_done(guards, chat):
    guard = guards("shadow-block")
    answers = []
    item = guard.verdict_after(lambda: answers.append(client(guard).chat.completions.create(model="bad", messages=MESSAGES)))
    assert answers[0].choices[0].message.content == wires.BAD
    assert (item["action"], item["would"]) == ("observe", "block")


@pytest.mark.parametrize("mode", ["observe", "annotate", "sentence-block", "full-block"])
@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (401, {}, openai.AuthenticationError),
        (429, {"retry-after": "7", "x-ratelimit-remaining-requests": "0"}, openai.RateLimitError),
        (400, {}, openai.BadRequestError),
        (500, {}, openai.InternalServerError),
        (503, {"retry-after": "1"}, openai.InternalServerError),
    ],
)
def test_provider_errors_pass_untouched(guards, upstream, mode, status, headers, error):
    body = json.dumps({"error": {"message": "no", "type": "x", "param": None, "code": "c"}}).encode()
    upstream.add(f"error-{status}", Scenario([body], status=status, headers=headers))
    for stream in (False, True):
        with pytest.raises(error) as raised:
            client(guards(mode)).chat.completions.create(model=f"error-{status}", messages=MESSAGES, stream=stream)
        assert raised.value.response.content == body
        for name, value in headers.items():
            assert raised.value.response.headers[name] == value


@pytest.mark.parametrize("mode", ["observe", "annotate", "sentence-block"])
def test_reset_in_mid_stream_is_an_error_for_the_client(guards, upstream, mode):
    upstream.add("reset", Scenario(wires.openai_chat_stream([wires.GOOD]), abort_after=6, pause=0.01, **STREAM))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError, openai.APIConnectionError)):
        list(client(guards(mode)).chat.completions.create(model="reset", messages=MESSAGES, stream=True))


def test_responses_api(guards, upstream):
    upstream.add("r-good", Scenario([wires.responses(wires.GOOD)]))
    upstream.add("r-bad", Scenario([wires.responses(wires.BAD)]))
    upstream.add("r-good-s", Scenario(wires.responses_stream(wires.GOOD), **STREAM))
    upstream.add("r-bad-s", Scenario(wires.responses_stream(wires.BAD), **STREAM))
    ask = dict(instructions=wires.CONTEXT, input=wires.QUESTION)
    for mode in ("observe", "sentence-block", "sentence-redact"):
        api = client(guards(mode))
        assert api.responses.create(model="r-good", **ask).output_text == wires.GOOD
        with api.responses.stream(model="r-good-s", **ask) as stream:
            assert stream.get_final_response().output_text == wires.GOOD
    with pytest.raises(openai.PermissionDeniedError):
        client(guards("full-block")).responses.create(model="r-bad", **ask)
    events = list(client(guards("sentence-block")).responses.create(model="r-bad-s", stream=True, **ask))
    assert events[-1].type == "response.incomplete" and events[-1].response.incomplete_details.reason == "content_filter"
    assert not any(secret in str(events) for secret in wires.SECRETS)
    redacted = client(guards("sentence-redact"))
    plain = redacted.responses.create(model="r-bad", **ask).output_text
    with redacted.responses.stream(model="r-bad-s", **ask) as stream:
        assert stream.get_final_response().output_text == plain
    assert "2,480" not in plain
