"""`boto3` and the `anthropic` package's Bedrock client, unmodified, through AgentGuard."""

import json
import urllib.parse

import anthropic
import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions
import pytest
import wires
from upstream import Scenario

STREAM = dict(content_type="application/vnd.amazon.eventstream", chunked=True)
ASK = {"system": [{"text": wires.CONTEXT}], "messages": [{"role": "user", "content": [{"text": wires.QUESTION}]}]}
CLAUDE = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 200,
    "system": wires.CONTEXT,
    "messages": [{"role": "user", "content": wires.QUESTION}],
}
KEYS = dict(aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="wJalrXUtnFEMI", aws_session_token="IQoJb3Jp+/==")
# As long and as odd as they come: boto3 encodes the colon.
GOOD, BAD, TOOL, FIRST = (f"us.anthropic.claude-{name}-v1:0" for name in ("good", "bad", "tool", "first"))
SETTINGS = botocore.config.Config(retries={"max_attempts": 1}, read_timeout=20)


def client(guard=None, url=None):
    return boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url=url or guard.url("bedrock"), config=SETTINGS, **KEYS)


@pytest.fixture
def converse(upstream):
    call = ("get_weather", '{"city": "Harbour"}')
    upstream.add(GOOD, Scenario([wires.converse(wires.GOOD)]))
    upstream.add(BAD, Scenario([wires.converse(wires.BAD)]))
    upstream.add(GOOD + "-s", Scenario(wires.converse_stream(wires.GOOD), pause=0.002, **STREAM))
    upstream.add(BAD + "-s", Scenario(wires.converse_stream(wires.BAD), pause=0.002, **STREAM))
    upstream.add(TOOL + "-s", Scenario(wires.converse_stream("I will look.", tool=call), **STREAM))
    upstream.add(FIRST + "-s", Scenario(wires.converse_stream(wires.BAD_TAIL.strip() + " It carries eight lanes."), **STREAM))


@pytest.fixture
def claude(upstream):
    upstream.add(GOOD + "-i", Scenario([wires.anthropic(wires.GOOD)]))
    upstream.add(BAD + "-i", Scenario([wires.anthropic(wires.BAD)]))
    upstream.add(GOOD + "-is", Scenario(wires.invoke_stream(wires.GOOD), pause=0.002, **STREAM))
    upstream.add(BAD + "-is", Scenario(wires.invoke_stream(wires.BAD), pause=0.002, **STREAM))


def events(api, model):
    return list(api.converse_stream(modelId=model, **ASK)["stream"])


def text_of(events):
    return "".join(event["contentBlockDelta"]["delta"].get("text", "") for event in events if "contentBlockDelta" in event)


def chunks(api, model):
    stream = api.invoke_model_with_response_stream(modelId=model, body=json.dumps(CLAUDE))["body"]
    return [json.loads(event["chunk"]["bytes"]) for event in stream]


def text_in(chunks):
    return "".join(chunk["delta"].get("text", "") for chunk in chunks if chunk["type"] == "content_block_delta")


def leaked(text: str) -> bool:
    return any(secret in text for secret in wires.SECRETS)


@pytest.mark.parametrize("mode", ["observe", "annotate", "sentence-block", "sentence-redact", "full-block"])
def test_clean_answers_are_unchanged_in_every_mode(guards, converse, claude, mode):
    api = client(guards(mode))
    answer = api.converse(modelId=GOOD, **ASK)
    assert answer["output"]["message"]["content"] == [{"text": wires.GOOD}] and answer["usage"]["totalTokens"] == 95
    got = events(api, GOOD + "-s")
    assert text_of(got) == wires.GOOD
    assert got[-2]["messageStop"]["stopReason"] == "end_turn" and got[-1]["metadata"]["usage"]["outputTokens"] == 24
    got = events(api, TOOL + "-s")
    arguments = "".join(e["contentBlockDelta"]["delta"]["toolUse"]["input"] for e in got if "toolUse" in e.get("contentBlockDelta", {}).get("delta", {}))
    assert json.loads(arguments) == {"city": "Harbour"}
    answer = json.loads(api.invoke_model(modelId=GOOD + "-i", body=json.dumps(CLAUDE))["body"].read())
    assert answer["content"][0]["text"] == wires.GOOD
    got = chunks(api, GOOD + "-is")
    assert text_in(got) == wires.GOOD and got[-1]["amazon-bedrock-invocationMetrics"]["outputTokenCount"] == 24


@pytest.mark.parametrize("mode", ["sentence-block", "full-block"])
def test_block_before_the_head_is_a_client_error(guards, converse, claude, mode):
    api = client(guards(mode))
    calls = [
        lambda: api.converse(modelId=BAD, **ASK),
        lambda: events(api, FIRST + "-s"),
        lambda: api.invoke_model(modelId=BAD + "-i", body=json.dumps(CLAUDE)),
    ]
    for call in calls:
        with pytest.raises(api.exceptions.AccessDeniedException) as raised:
            call()
        error = raised.value
        assert isinstance(error, botocore.exceptions.ClientError)
        assert error.response["Error"]["Code"] == "AccessDeniedException"
        assert error.response["Error"]["Message"].startswith("AgentGuard blocked this response")
        meta = error.response["ResponseMetadata"]
        assert meta["HTTPStatusCode"] == 403 and meta["RequestId"] == meta["HTTPHeaders"]["x-agentguard-id"]
        assert not leaked(str(error))


def test_block_in_a_stream_ends_as_filtered_with_all_blocks_closed(guards, converse, claude):
    api = client(guards("sentence-block"))
    got = events(api, BAD + "-s")
    assert text_of(got).strip() == "The Harbour Bridge opened on 4 May 1931."
    assert not leaked(json.dumps(got))
    assert [next(iter(event)) for event in got[-2:]] == ["contentBlockStop", "messageStop"]
    stop = got[-1]["messageStop"]
    assert stop["stopReason"] == "content_filtered"
    assert stop["additionalModelResponseFields"]["agentguard"]["message"].startswith("AgentGuard blocked")
    got = chunks(api, BAD + "-is")
    assert text_in(got).strip() == "The Harbour Bridge opened on 4 May 1931." and not leaked(json.dumps(got))
    assert [chunk["type"] for chunk in got[-3:]] == ["content_block_stop", "message_delta", "message_stop"]
    assert got[-2]["delta"]["stop_reason"] == "refusal"


@pytest.mark.parametrize("mode", ["sentence-redact", "full-redact"])
def test_redaction_is_read_without_error(guards, converse, claude, mode):
    api = client(guards(mode))
    got = events(api, BAD + "-s")
    texts = [text_of(got), api.converse(modelId=BAD, **ASK)["output"]["message"]["content"][0]["text"]]
    assert got[-1]["metadata"]["usage"]["outputTokens"] == 24
    texts.append(text_in(chunks(api, BAD + "-is")))
    texts.append(json.loads(api.invoke_model(modelId=BAD + "-i", body=json.dumps(CLAUDE))["body"].read())["content"][0]["text"])
    assert len(set(texts)) == 1 and "[redacted]" in texts[0] and texts[0].endswith("It carries eight lanes."), texts
    assert not leaked(texts[0])


def test_anthropics_own_bedrock_client(guards, claude):
    def api(mode):
        return anthropic.AnthropicBedrock(
            base_url=guards(mode).url("bedrock"), aws_region="us-east-1", aws_access_key="AKID", aws_secret_key="secret", max_retries=0, timeout=20
        )

    ask = dict(max_tokens=200, system=wires.CONTEXT, messages=[{"role": "user", "content": wires.QUESTION}])
    assert api("observe").messages.create(model=GOOD + "-i", **ask).content[0].text == wires.GOOD
    with pytest.raises(anthropic.PermissionDeniedError):
        api("full-block").messages.create(model=BAD + "-i", **ask)
    text, reason = "", None
    for event in api("sentence-block").messages.create(model=BAD + "-is", stream=True, **ask):
        if event.type == "content_block_delta":
            text += event.delta.text
        elif event.type == "message_delta":
            reason = event.delta.stop_reason
    assert reason == "refusal" and not leaked(text)


def test_what_boto3_signed_goes_out_untouched(guards, upstream, converse):
    """The signature covers host, path and body. Signed for the upstream and sent to the proxy, it is still right there."""
    guard = guards("annotate")
    api = client(url=upstream.url)
    sent = []

    def divert(request, **_):
        sent.append((urllib.parse.urlsplit(request.url).path, {k.lower(): v for k, v in request.headers.items()}, request.body))
        request.url = request.url.replace(upstream.url, guard.url("bedrock"), 1)

    api.meta.events.register("before-send.bedrock-runtime.*", divert)
    assert text_of(events(api, GOOD + "-s")) == wires.GOOD
    method, path, headers, body = upstream.requests[-1]
    (signed_path, signed_headers, signed_body), text = sent[-1], lambda v: v.decode() if isinstance(v, bytes) else str(v)
    assert (method, path, body) == ("POST", signed_path, signed_body) and "%3A0-s/converse-stream" in path
    assert {k: headers.get(k) for k in signed_headers} == {k: text(v) for k, v in signed_headers.items()}

    # What arrived gives the same signature again.
    names = headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    assert "host" in names
    again = botocore.awsrequest.AWSRequest("POST", f"http://{headers['host']}{path}", {k: headers[k] for k in names if k != "host"}, body)
    again.context["timestamp"] = headers["x-amz-date"]
    again.context["payload_signing_enabled"] = True
    signer = botocore.auth.SigV4Auth(botocore.credentials.Credentials(*KEYS.values()), "bedrock", "us-east-1")
    signature = signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)
    assert headers["authorization"].endswith(f"Signature={signature}")


def test_an_api_key_needs_no_signature(guards, upstream, converse, monkeypatch):
    """boto3 gives a key to https only; it is sent where the address says when it is due."""
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "bedrock-api-key-example")
    api = boto3.client("bedrock-runtime", region_name="us-east-1", config=SETTINGS)

    def through_agentguard(request, **_):
        request.url = request.url.replace("https://bedrock-runtime.us-east-1.amazonaws.com", guards("annotate").url("bedrock"), 1)

    api.meta.events.register("before-send.bedrock-runtime.*", through_agentguard)
    answer = api.converse(modelId=GOOD, **ASK)
    assert answer["output"]["message"]["content"][0]["text"] == wires.GOOD
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-agentguard-verdict"] == "grounded"
    assert upstream.requests[-1][2]["authorization"] == "Bearer bedrock-api-key-example"
