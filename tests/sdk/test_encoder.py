"""The trained encoder, on as it is by default, in front of the unmodified `openai` package."""

import openai
import pytest
import wires
from conftest import Guard, policy
from upstream import Scenario

MESSAGES = [{"role": "system", "content": wires.CONTEXT}, {"role": "user", "content": wires.QUESTION}]
SUMMARY = [{"role": "user", "content": f"Summarize the following text in two sentences:\n\n{wires.CONTEXT}"}]
STREAM = dict(content_type="text/event-stream; charset=utf-8", chunked=True)


@pytest.fixture(scope="module")
def guard(upstream, tmp_path_factory):
    for name, text in (("read-good", wires.GOOD), ("read-bad", wires.BAD)):
        upstream.add(name, Scenario([wires.openai_chat([text])]))
        upstream.add(f"{name}-s", Scenario(wires.openai_chat_stream([text]), pause=0.002, **STREAM))
    running = Guard(tmp_path_factory.mktemp("encoder"), policy("sentence-redact"), upstream, model="builtin")
    yield running
    assert running.stop() == 0


def call(guard, model: str, messages=MESSAGES) -> str:
    api = openai.OpenAI(api_key="sk-test", base_url=guard.url("openai", "/v1"), max_retries=0, timeout=60)
    answer = api.chat.completions.create(model=model, messages=messages, stream=model.endswith("-s"))
    if not model.endswith("-s"):
        return answer.choices[0].message.content
    return "".join(choice.delta.content or "" for chunk in answer for choice in chunk.choices)


def test_an_answer_to_a_question_is_read_sentence_by_sentence(guard):
    said = {}
    for model in ("read-bad", "read-bad-s"):
        text = []
        verdict = guard.verdict(guard.verdict_after(lambda: text.append(call(guard, model)))["id"])
        assert "model" in verdict["signals"] and "+encoder-" in verdict["judge"], verdict
        assert not any(secret in text[0] for secret in wires.SECRETS), text
        said[model] = (verdict["verdict"], round(verdict["risk"], 4), [(s["start"], s["end"]) for s in verdict["spans"]])
    assert said["read-bad"] == said["read-bad-s"], "streamed and unstreamed are judged the same"


def test_a_clean_answer_is_left_alone(guard):
    for model in ("read-good", "read-good-s"):
        text = []
        verdict = guard.verdict_after(lambda: text.append(call(guard, model)))
        assert (text[0], verdict["verdict"]) == (wires.GOOD, "grounded")


def test_a_summary_is_the_rules_alone_and_the_verdict_says_so(guard):
    verdict = guard.verdict(guard.verdict_after(lambda: call(guard, "read-good", SUMMARY))["id"])
    assert "model" not in verdict["signals"] and "encoder" not in verdict["judge"], verdict
    assert "skipped" not in verdict["explanation"], verdict
