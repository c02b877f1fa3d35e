"""The `anthropic` package, unmodified, through AgentGuard."""

import json

import anthropic
import pytest
import wires
from upstream import Scenario

ASK = dict(max_tokens=200, system=wires.CONTEXT, messages=[{"role": "user", "content": wires.QUESTION}])
TOOL = {"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
STREAM = dict(content_type="text/event-stream; charset=utf-8", chunked=True)


def client(guard):
    return anthropic.Anthropic(api_key="sk-ant-test", base_url=guard.url("anthropic"), max_retries=0, timeout=20)


@pytest.fixture
def messages(upstream):
    upstream.add("a-good", Scenario([wires.anthropic(wires.GOOD)]))
    upstream.add("a-bad", Scenario([wires.anthropic(wires.BAD)]))
    upstream.add("a-good-s", Scenario(wires.anthropic_stream(wires.GOOD), pause=0.002, **STREAM))
    upstream.add("a-bad-s", Scenario(wires.anthropic_stream(wires.BAD), pause=0.002, **STREAM))
    upstream.add("a-tool-s", Scenario(wires.anthropic_stream("I will look.", tool=("get_weather", '{"city": "Harbour"}')), **STREAM))
    upstream.add("a-bad-tool-s", Scenario(wires.anthropic_stream("I will look.", tool=("get_wether", '{"town": 7}')), **STREAM))


@pytest.mark.parametrize("mode", ["observe", "annotate", "sentence-block", "sentence-redact", "full-block"])
def test_clean_answers_are_unchanged_in_every_mode(guards, messages, mode):
    api = client(guards(mode))
    assert api.messages.create(model="a-good", **ASK).content[0].text == wires.GOOD
    with api.messages.stream(model="a-good-s", **ASK) as stream:
        final = stream.get_final_message()
    assert (final.content[0].text, final.stop_reason, final.usage.output_tokens) == (wires.GOOD, "end_turn", 24)
    with api.messages.stream(model="a-tool-s", tools=[TOOL], **ASK) as stream:
        block = stream.get_final_message().content[1]
    assert (block.name, block.input) == ("get_weather", {"city": "Harbour"})


async def test_async_client(guards, messages):
    api = anthropic.AsyncAnthropic(api_key="x", base_url=guards("annotate").url("anthropic"), max_retries=0, timeout=20)
    async with api.messages.stream(model="a-bad-s", **ASK) as stream:
        assert (await stream.get_final_message()).content[0].text == wires.BAD


def test_block_before_the_head_is_a_permission_error(guards, messages):
    for mode in ("sentence-block", "full-block"):
        with pytest.raises(anthropic.PermissionDeniedError) as raised:
            client(guards(mode)).messages.create(model="a-bad", **ASK)
        assert raised.value.body["error"]["type"] == "permission_error"
        assert raised.value.request_id == raised.value.response.headers["x-agentguard-id"]
        assert not any(secret in str(raised.value) for secret in wires.SECRETS)


def test_block_in_a_stream_ends_as_refusal_with_all_blocks_closed(guards, messages):
    started, stopped, text = [], [], ""
    for event in client(guards("sentence-block")).messages.create(model="a-bad-s", stream=True, **ASK):
        if event.type == "content_block_start":
            started.append(event.index)
        if event.type == "content_block_stop":
            stopped.append(event.index)
        if event.type == "content_block_delta":
            text += event.delta.text
        if event.type == "message_delta":
            assert event.delta.stop_reason == "refusal"
    assert event.type == "message_stop" and started == stopped
    assert text.startswith("The Harbour Bridge opened on 4 May 1931.") and not any(secret in text for secret in wires.SECRETS)
    with client(guards("sentence-block")).messages.stream(model="a-bad-s", **ASK) as stream:
        assert stream.get_final_message().stop_reason == "refusal"


def test_redaction(guards, messages):
    api = client(guards("sentence-redact"))
    plain = api.messages.create(model="a-bad", **ASK).content[0].text
    with api.messages.stream(model="a-bad-s", **ASK) as stream:
        assert stream.get_final_message().content[0].text == plain
    assert "2,480" not in plain and plain.endswith("It carries eight lanes.")


def test_tool_calls_are_judged_in_streams(guards, messages, upstream):
    api = client(guards("sentence-block"))
    # "I will look." is settled only by what follows it, which is the bad call: the head is still ours.
    with pytest.raises(anthropic.PermissionDeniedError):
        list(api.messages.create(model="a-bad-tool-s", tools=[TOOL], stream=True, **ASK))
    said = wires.anthropic_stream(wires.GOOD + " I will look.", tool=("get_wether", '{"town": 7}'))
    upstream.add("a-late-tool-s", Scenario(said, pause=0.002, **STREAM))
    events = list(api.messages.create(model="a-late-tool-s", tools=[TOOL], stream=True, **ASK))
    assert events[-1].type == "message_stop" and wires.GOOD.split(".")[0] in "".join(e.delta.text for e in events if e.type == "content_block_delta")
    assert "get_wether" not in str(events), "a call that the schema does not know left in sentence delivery"


@pytest.mark.parametrize("mode", ["observe", "annotate", "sentence-block"])
@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (401, "authentication_error", anthropic.AuthenticationError),
        (429, "rate_limit_error", anthropic.RateLimitError),
        (529, "overloaded_error", anthropic.InternalServerError),
    ],
)
def test_provider_errors_pass_untouched(guards, upstream, mode, status, kind, error):
    body = json.dumps({"type": "error", "error": {"type": kind, "message": "no"}, "request_id": "req_1"}).encode()
    upstream.add(f"a-error-{status}", Scenario([body], status=status, headers={"retry-after": "7"}))
    for stream in (False, True):
        with pytest.raises(error) as raised:
            client(guards(mode)).messages.create(model=f"a-error-{status}", stream=stream, **ASK)
        assert raised.value.response.content == body and raised.value.response.headers["retry-after"] == "7"


def test_an_error_inside_the_stream_is_raised(guards, upstream):
    broken = wires.anthropic_stream(wires.GOOD)[:6]
    broken.append(wires.sse({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "error"))
    upstream.add("a-error-s", Scenario(broken, **STREAM))
    for mode in ("observe", "sentence-block"):
        with pytest.raises(anthropic.APIStatusError):
            list(client(guards(mode)).messages.create(model="a-error-s", stream=True, **ASK))
