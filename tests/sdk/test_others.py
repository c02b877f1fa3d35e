"""The `google-genai`, `cohere` and `ollama` packages, unmodified, through AgentGuard."""

import cohere
import ollama
import pytest
import wires
from google import genai
from google.genai import errors, types
from upstream import Scenario

SSE = dict(content_type="text/event-stream", chunked=True)
MESSAGES = [{"role": "system", "content": wires.CONTEXT}, {"role": "user", "content": wires.QUESTION}]


def leaked(text: str) -> bool:
    return any(secret in text for secret in wires.SECRETS)


def test_gemini(guards, upstream):
    upstream.add("g-good", Scenario([wires.gemini(wires.GOOD)]))
    upstream.add("g-bad", Scenario([wires.gemini(wires.BAD)]))
    upstream.add("g-good-s", Scenario(wires.gemini_stream(wires.GOOD), **SSE))
    upstream.add("g-bad-s", Scenario(wires.gemini_stream(wires.BAD), **SSE))
    config = types.GenerateContentConfig(system_instruction=wires.CONTEXT)

    def models(mode):
        # The client closes its connections when it is collected: keep it.
        models.kept = genai.Client(api_key="test", http_options=types.HttpOptions(base_url=guards(mode).url("gemini")))
        return models.kept.models

    for mode in ("observe", "annotate", "sentence-block"):
        assert models(mode).generate_content(model="g-good", contents=wires.QUESTION, config=config).text == wires.GOOD
        stream = models(mode).generate_content_stream(model="g-good-s", contents=wires.QUESTION, config=config)
        assert "".join(chunk.text or "" for chunk in stream) == wires.GOOD
    with pytest.raises(errors.ClientError) as raised:
        models("full-block").generate_content(model="g-bad", contents=wires.QUESTION, config=config)
    assert raised.value.code == 403 and raised.value.status == "PERMISSION_DENIED"
    chunks = list(models("sentence-block").generate_content_stream(model="g-bad-s", contents=wires.QUESTION, config=config))
    assert not leaked("".join(chunk.text or "" for chunk in chunks))
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.SAFETY


def test_cohere(guards, upstream):
    upstream.add("c-good", Scenario([wires.cohere(wires.GOOD)]))
    upstream.add("c-bad", Scenario([wires.cohere(wires.BAD)]))
    upstream.add("c-good-s", Scenario(wires.cohere_stream(wires.GOOD), **SSE))
    upstream.add("c-bad-s", Scenario(wires.cohere_stream(wires.BAD), **SSE))

    def api(mode):
        return cohere.ClientV2(api_key="test", base_url=guards(mode).url("cohere"))

    def streamed(mode, model):
        events = list(api(mode).chat_stream(model=model, messages=MESSAGES))
        return events, "".join(e.delta.message.content.text for e in events if e.type == "content-delta")

    for mode in ("observe", "annotate", "sentence-block"):
        assert api(mode).chat(model="c-good", messages=MESSAGES).message.content[0].text == wires.GOOD
        assert streamed(mode, "c-good-s")[1] == wires.GOOD
    with pytest.raises(cohere.errors.ForbiddenError):
        api("full-block").chat(model="c-bad", messages=MESSAGES)
    events, text = streamed("sentence-block", "c-bad-s")
    assert events[-1].type == "message-end" and not leaked(text)


def test_ollama(guards, upstream):
    ndjson = dict(content_type="application/x-ndjson", chunked=True)
    upstream.add("o-good", Scenario([wires.ollama(wires.GOOD)]))
    upstream.add("o-bad", Scenario([wires.ollama(wires.BAD)]))
    upstream.add("o-good-s", Scenario(wires.ollama_stream(wires.GOOD), **ndjson))
    upstream.add("o-bad-s", Scenario(wires.ollama_stream(wires.BAD), **ndjson))

    def api(mode):
        return ollama.Client(host=guards(mode).url("ollama"))

    def streamed(mode, model):
        chunks = list(api(mode).chat(model=model, messages=MESSAGES, stream=True))
        return chunks, "".join(c.message.content for c in chunks)

    for mode in ("observe", "annotate", "sentence-block"):
        assert api(mode).chat(model="o-good", messages=MESSAGES).message.content == wires.GOOD
        assert streamed(mode, "o-good-s")[1] == wires.GOOD
    with pytest.raises(ollama.ResponseError) as raised:
        api("full-block").chat(model="o-bad", messages=MESSAGES)
    assert raised.value.status_code == 403
    chunks, text = streamed("sentence-block", "o-bad-s")
    assert chunks[-1].done and not leaked(text)
