"""Real traffic, recorded from the providers: recognised, and passed byte for byte. Needs AGENTGUARD_FIXTURES."""

import base64
import json
import os
import pathlib

import pytest
from conftest import fetch
from upstream import Scenario

FIXTURES = os.environ.get("AGENTGUARD_FIXTURES")
pytestmark = pytest.mark.skipif(not FIXTURES, reason="AGENTGUARD_FIXTURES does not name the folder of recorded traffic")

PROVIDERS = {"vertex": "gemini", "groq": "openai", "mistral": "openai", "deepseek": "openai", "openrouter": "openai", "bedrock": "openai"}
JUDGED = ("/chat/completions", "/responses", "/messages", ":generateContent", "/v2/chat")


def exchanges():
    lines = (pathlib.Path(FIXTURES) / "wire/recorded-exchanges.jsonl").read_text().splitlines() if FIXTURES else []
    return [json.loads(line) for line in lines]


def body_of(exchange) -> bytes:
    response = exchange["response"]
    match exchange["response_encoding"]:
        case "json":
            return json.dumps(response).encode()
        case "base64":
            return base64.b64decode(response)
        case _:
            return response.encode()


@pytest.mark.parametrize("mode", ["observe", "annotate"])
def test_every_exchange_passes_and_is_recognised(guards, upstream, mode, monkeypatch):
    guard = guards(mode)
    counted = {"judged": 0, "passed": 0}
    for exchange in exchanges():
        body = body_of(exchange)
        stream = "event-stream" in (exchange["content_type"] or "")
        step = max(1, len(body) // 7)
        chunks = [body[at : at + step] for at in range(0, len(body), step)] if stream else [body]
        scenario = Scenario(chunks, status=exchange["status"], content_type=exchange["content_type"] or "application/json", chunked=stream)
        monkeypatch.setattr("upstream.scenario_name", lambda *_: "recorded")
        upstream.add("recorded", scenario)
        request = exchange["request"]
        payload = (request if isinstance(request, str) else json.dumps(request)).encode()
        provider = PROVIDERS.get(exchange["provider"], exchange["provider"])
        status, _, got = fetch(guard.base, f"/{provider}{exchange['path']}", payload)
        if mode == "annotate" and b": agentguard" in got:
            before, _, rest = got.partition(b": agentguard")
            got = before + rest.partition(b"\n\n")[2]
        assert (status, got) == (exchange["status"], body), exchange["id"]
        llm = exchange["path"].split("?")[0].endswith(JUDGED)
        counted["judged" if llm and status == 200 else "passed"] += 1
    items = guard.newest(min(200, counted["judged"]))
    unknown = [i["path"] for i in items if i.get("reason") in ("unknown_dialect", "encoding", "judge_error")]
    assert not unknown, unknown
