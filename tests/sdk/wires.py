"""Answers in each provider's wire format, written the way the provider writes them."""

import base64
import binascii
import json
import struct

CONTEXT = (
    "The Harbour Bridge opened on 4 May 1931 after six years of work. It is 1,149 metres long and carries eight lanes. "
    "Its chief engineer was Ida Brandt. Maintenance costs 3.2 million euros a year."
)
QUESTION = "When did the Harbour Bridge open, and how long is it?"
GOOD = "The Harbour Bridge opened on 4 May 1931. It is 1,149 metres long."
# The second sentence is made up: a cut or a redaction must never let "2,480" or "Lindqvist" out.
BAD_TAIL = " It is 2,480 metres long and was designed by Oskar Lindqvist."
BAD = "The Harbour Bridge opened on 4 May 1931." + BAD_TAIL + " It carries eight lanes."
SECRETS = ("2,480", "Lindqvist")


def pieces(text: str) -> list[str]:
    """Token-like pieces: a word with the space before it."""
    out, word = [], ""
    for ch in text:
        if ch == " " and word:
            out.append(word)
            word = ""
        word += ch
    return out + [word]


def sse(data, event: str | None = None) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    return (f"event: {event}\n" if event else "").encode() + f"data: {text}\n\n".encode()


def openai_chat(texts: list[str], tool=None, logprobs=False) -> bytes:
    choices = []
    for index, text in enumerate(texts):
        message = {"role": "assistant", "content": None if tool else text, "refusal": None}
        if tool:
            message["tool_calls"] = [{"id": "call_1", "type": "function", "function": {"name": tool[0], "arguments": tool[1]}}]
        choice = {"index": index, "message": message, "logprobs": None, "finish_reason": "tool_calls" if tool else "stop"}
        if logprobs:
            choice["logprobs"] = {"content": [lp(piece) for piece in pieces(text)], "refusal": None}
        choices.append(choice)
    return json.dumps(
        {
            "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
            "object": "chat.completion",
            "created": 1764000000,
            "model": "gpt-4.1-mini-2025-04-14",
            "choices": choices,
            "usage": {"prompt_tokens": 71, "completion_tokens": 24, "total_tokens": 95},
            "service_tier": "default",
            "system_fingerprint": "fp_f7f584ab7d",
        },
        indent=2,
    ).encode()


def lp(piece: str) -> dict:
    return {"token": piece, "logprob": -0.01, "bytes": list(piece.encode()), "top_logprobs": []}


def openai_chat_stream(texts: list[str], tool=None, usage=False, logprobs=False) -> list[bytes]:
    def chunk(choices, **extra):
        return sse(
            {
                "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
                "object": "chat.completion.chunk",
                "created": 1764000000,
                "model": "gpt-4.1-mini-2025-04-14",
                "system_fingerprint": "fp_f7f584ab7d",
                "choices": choices,
                **({"usage": None} if usage else {}),
                **extra,
            }
        )

    def delta(index, value, finish=None, piece=None):
        logs = {"content": [lp(piece)], "refusal": None} if logprobs and piece else None
        return {"index": index, "delta": value, "logprobs": logs, "finish_reason": finish}

    out = [chunk([delta(i, {"role": "assistant", "content": "", "refusal": None})]) for i in range(len(texts))]
    if tool:
        call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": tool[0], "arguments": ""}}
        out.append(chunk([delta(0, {"tool_calls": [call]})]))
        for start in range(0, len(tool[1]), 5):
            out.append(chunk([delta(0, {"tool_calls": [{"index": 0, "function": {"arguments": tool[1][start : start + 5]}}]})]))
        out.append(chunk([delta(0, {}, "tool_calls")]))
    else:
        longest = max(len(pieces(t)) for t in texts)
        for at in range(longest):
            for index, text in enumerate(texts):
                if at < len(pieces(text)):
                    piece = pieces(text)[at]
                    out.append(chunk([delta(index, {"content": piece}, piece=piece)]))
        out += [chunk([delta(i, {}, "stop")]) for i in range(len(texts))]
    if usage:
        out.append(chunk([], usage={"prompt_tokens": 71, "completion_tokens": 24, "total_tokens": 95}))
    return out + [sse("[DONE]")]


def responses_body(text: str) -> dict:
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
    return {
        "id": "resp_67ccd2bed1ec8190b14f964abc054267",
        "object": "response",
        "created_at": 1764000000,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": "gpt-4.1-mini-2025-04-14",
        "output": [{"type": "message", "id": "msg_67ccd2bf17f0819081ff3bb2cf6508e6", "status": "completed", "role": "assistant", "content": [part]}],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {"input_tokens": 71, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 24, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 95},
    }


def responses(text: str) -> bytes:
    return json.dumps(responses_body(text), indent=2).encode()


def responses_stream(text: str) -> list[bytes]:
    done = responses_body(text)
    begun = {**done, "status": "in_progress", "output": [], "usage": None}
    item = done["output"][0]
    where = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    events = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "status": "in_progress", "content": []}},
        {"type": "response.content_part.added", **where, "part": {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}},
        *[{"type": "response.output_text.delta", **where, "delta": piece, "logprobs": []} for piece in pieces(text)],
        {"type": "response.output_text.done", **where, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **where, "part": item["content"][0]},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": done},
    ]
    return [sse({**event, "sequence_number": number}, event["type"]) for number, event in enumerate(events)]


def anthropic(text: str, tool=None) -> bytes:
    content = [{"type": "text", "text": text}]
    if tool:
        content.append({"type": "tool_use", "id": "toolu_01A09q90qw90lq917835lq9", "name": tool[0], "input": json.loads(tool[1])})
    return json.dumps(
        {
            "id": "msg_013Zva2CMHLNnXjNJJKqJ2EF",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-4-5-20250929",
            "content": content,
            "stop_reason": "tool_use" if tool else "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 71, "output_tokens": 24},
        }
    ).encode()


def anthropic_stream(text: str, tool=None) -> list[bytes]:
    message = json.loads(anthropic("")) | {"content": [], "stop_reason": None, "usage": {"input_tokens": 71, "output_tokens": 1}}
    events = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        *[{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}} for piece in pieces(text)],
        {"type": "content_block_stop", "index": 0},
    ]
    if tool:
        block = {"type": "tool_use", "id": "toolu_01A09q90qw90lq917835lq9", "name": tool[0], "input": {}}
        events.append({"type": "content_block_start", "index": 1, "content_block": block})
        events += [
            {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": tool[1][at : at + 5]}}
            for at in range(0, len(tool[1]), 5)
        ]
        events.append({"type": "content_block_stop", "index": 1})
    events += [
        {"type": "message_delta", "delta": {"stop_reason": "tool_use" if tool else "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 24}},
        {"type": "message_stop"},
    ]
    return [sse(event, event["type"]) for event in events]


def gemini_element(text: str, last: bool) -> dict:
    candidate = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
    if last:
        candidate["finishReason"] = "STOP"
    return {
        "candidates": [candidate],
        "usageMetadata": {"promptTokenCount": 71, "candidatesTokenCount": 24, "totalTokenCount": 95},
        "modelVersion": "gemini-2.5-flash",
        "responseId": "kT2LaZ6rJbWjnsEP1Zb1gQ4",
    }


def gemini(text: str) -> bytes:
    return json.dumps(gemini_element(text, True), indent=2).encode()


def gemini_stream(text: str) -> list[bytes]:
    parts = pieces(text)
    return [
        f"data: {json.dumps(gemini_element(piece, at == len(parts) - 1))}\r\n\r\n".encode() for at, piece in enumerate(parts)
    ]


def gemini_array(text: str) -> list[bytes]:
    parts = pieces(text)
    out = []
    for at, piece in enumerate(parts):
        out.append((b"[" if at == 0 else b",\r\n") + json.dumps(gemini_element(piece, at == len(parts) - 1), indent=2).encode())
    return out + [b"]"]


def ollama_line(text: str, done: bool) -> dict:
    line = {"model": "llama3.2", "created_at": "2026-11-20T10:00:00.000000Z", "message": {"role": "assistant", "content": text}, "done": done}
    if done:
        line |= {"done_reason": "stop", "total_duration": 512_000_000, "prompt_eval_count": 71, "eval_count": 24}
    return line


def ollama(text: str) -> bytes:
    return json.dumps(ollama_line(text, True)).encode()


def ollama_stream(text: str) -> list[bytes]:
    return [json.dumps(ollama_line(piece, False)).encode() + b"\n" for piece in pieces(text)] + [
        json.dumps(ollama_line("", True)).encode() + b"\n"
    ]


def cohere(text: str) -> bytes:
    return json.dumps(
        {
            "id": "c14c80c3-18eb-4519-9460-6c92edd8cfb4",
            "finish_reason": "COMPLETE",
            "message": {"role": "assistant", "content": [{"type": "text", "text": text}]},
            "usage": {"billed_units": {"input_tokens": 71, "output_tokens": 24}, "tokens": {"input_tokens": 71, "output_tokens": 24}},
        }
    ).encode()


def cohere_stream(text: str) -> list[bytes]:
    start = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    usage = {"billed_units": {"input_tokens": 71, "output_tokens": 24}, "tokens": {"input_tokens": 71, "output_tokens": 24}}
    events = [
        {"id": "c14c80c3-18eb-4519-9460-6c92edd8cfb4", "type": "message-start", "delta": {"message": start}},
        {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
        *[{"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": piece}}}} for piece in pieces(text)],
        {"type": "content-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": usage}},
    ]
    return [sse(event, event["type"]) for event in events] + [sse("[DONE]")]


def event_message(payload: dict, **headers: str) -> bytes:
    """One message of `application/vnd.amazon.eventstream`."""
    head = b""
    for name, value in headers.items():
        name, value = (":" + name.replace("_", "-")).encode(), value.encode()
        head += struct.pack("!B", len(name)) + name + b"\x07" + struct.pack("!H", len(value)) + value
    body = json.dumps(payload, separators=(",", ":")).encode()
    out = struct.pack("!II", 16 + len(head) + len(body), len(head))
    out += struct.pack("!I", binascii.crc32(out)) + head + body
    return out + struct.pack("!I", binascii.crc32(out))


def bedrock_event(name: str, payload: dict) -> bytes:
    return event_message({**payload, "p": "abcdefgh"}, event_type=name, content_type="application/json", message_type="event")


def converse(text: str, tool=None) -> bytes:
    content = [{"text": text}]
    if tool:
        content.append({"toolUse": {"toolUseId": "tooluse_A09q90qw90lq", "name": tool[0], "input": json.loads(tool[1])}})
    return json.dumps(
        {
            "metrics": {"latencyMs": 613},
            "output": {"message": {"content": content, "role": "assistant"}},
            "stopReason": "tool_use" if tool else "end_turn",
            "usage": {"inputTokens": 71, "outputTokens": 24, "totalTokens": 95},
        }
    ).encode()


def converse_stream(text: str, tool=None) -> list[bytes]:
    out = [bedrock_event("messageStart", {"role": "assistant"})]
    out += [bedrock_event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}}) for piece in pieces(text)]
    out.append(bedrock_event("contentBlockStop", {"contentBlockIndex": 0}))
    if tool:
        start = {"toolUse": {"toolUseId": "tooluse_A09q90qw90lq", "name": tool[0]}}
        out.append(bedrock_event("contentBlockStart", {"contentBlockIndex": 1, "start": start}))
        for at in range(0, len(tool[1]), 5):
            delta = {"toolUse": {"input": tool[1][at : at + 5]}}
            out.append(bedrock_event("contentBlockDelta", {"contentBlockIndex": 1, "delta": delta}))
        out.append(bedrock_event("contentBlockStop", {"contentBlockIndex": 1}))
    out.append(bedrock_event("messageStop", {"stopReason": "tool_use" if tool else "end_turn"}))
    usage = {"inputTokens": 71, "outputTokens": 24, "totalTokens": 95}
    return out + [bedrock_event("metadata", {"usage": usage, "metrics": {"latencyMs": 613}})]


def invoke_stream(text: str, tool=None) -> list[bytes]:
    """Anthropic's own events, each in a chunk."""
    out = []
    for block in b"".join(anthropic_stream(text, tool)).split(b"\n\n"):
        data = [line[5:].strip() for line in block.splitlines() if line.startswith(b"data:")]
        if not data or json.loads(data[0])["type"] == "ping":
            continue
        payload = json.loads(data[0])
        if payload["type"] == "message_stop":
            payload["amazon-bedrock-invocationMetrics"] = {"inputTokenCount": 71, "outputTokenCount": 24, "invocationLatency": 613, "firstByteLatency": 120}
        text_of = json.dumps(payload, separators=(",", ":")).encode()
        out.append(bedrock_event("chunk", {"bytes": base64.b64encode(text_of).decode()}))
    return out
