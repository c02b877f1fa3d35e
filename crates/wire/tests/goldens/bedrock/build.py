"""Writes the golden streams of this folder: message by message as the Amazon Event Stream Specification lays them out, with
nothing of this project's own encoder. botocore, where it is installed, reads every stream before it is written.

    python3 build.py
"""

import base64
import binascii
import json
import pathlib
import struct

FOLDER = pathlib.Path(__file__).parent


def message(payload: dict, **headers: str) -> bytes:
    head = b""
    for name, value in headers.items():
        name, value = (":" + name.replace("_", "-")).encode(), value.encode()
        head += struct.pack("!B", len(name)) + name + b"\x07" + struct.pack("!H", len(value)) + value
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    out = struct.pack("!II", 16 + len(head) + len(body), len(head))
    out += struct.pack("!I", binascii.crc32(out)) + head + body
    return out + struct.pack("!I", binascii.crc32(out))


def event(name: str, payload: dict) -> bytes:
    # Bedrock pads its payloads so that their length does not give the tokens away.
    padded = {**payload, "p": "abcdefghijklmnopqrstuvwxyz"[: 3 + len(name) % 7]}
    return message(padded, event_type=name, content_type="application/json", message_type="event")


def chunk(payload: dict) -> bytes:
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return event("chunk", {"bytes": base64.b64encode(text.encode()).decode()})


def delta(index: int, **what) -> bytes:
    return event("contentBlockDelta", {"contentBlockIndex": index, "delta": what})


def stop(index: int) -> bytes:
    return event("contentBlockStop", {"contentBlockIndex": index})


METRICS = {"inputTokenCount": 412, "outputTokenCount": 31, "invocationLatency": 1210, "firstByteLatency": 402}
CITATION = {
    "title": "Lighthouse log",
    "sourceContent": [{"text": "The lamp was lit at 19:42 on 3 March."}],
    "location": {"documentChar": {"documentIndex": 0, "start": 0, "end": 37}},
}

STREAMS = {
    "converse-cited-answer-and-call": [
        event("messageStart", {"role": "assistant"}),
        delta(0, reasoningContent={"text": "The log has two entries."}),
        delta(0, reasoningContent={"signature": "c2lnbmF0dXJl"}),
        stop(0),
        delta(1, text="According to the log, "),
        stop(1),
        delta(2, citation=CITATION),
        delta(2, text="the lamp was lit at 19:42 on 3 "),
        delta(2, text="März — 3 March"),
        stop(2),
        event("contentBlockStart", {"contentBlockIndex": 3, "start": {"toolUse": {"toolUseId": "tooluse_gold_01", "name": "tide_table"}}}),
        delta(3, toolUse={"input": '{"harbour": "Kil'}),
        delta(3, toolUse={"input": 'lala", "days": 2}'}),
        stop(3),
        event("messageStop", {"stopReason": "tool_use"}),
        event(
            "metadata",
            {
                "usage": {"inputTokens": 412, "outputTokens": 97, "totalTokens": 509},
                "metrics": {"latencyMs": 1210},
                "trace": {"guardrail": {"modelOutput": ["… lit at 19:42 on 3 März — 3 March"], "actionReason": "No action."}},
            },
        ),
    ],
    "converse-exception": [
        event("messageStart", {"role": "assistant"}),
        delta(0, text="Half an "),
        message({"message": "The model broke off."}, exception_type="modelStreamErrorException", content_type="application/json", message_type="exception"),
    ],
    "invoke-claude": [
        chunk({"type": "message_start", "message": {"id": "msg_bdrk_gold", "type": "message", "role": "assistant", "model": "claude-example", "content": [], "stop_reason": None, "usage": {"input_tokens": 412, "output_tokens": 2}}}),
        chunk({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        chunk({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "The lamp was lit "}}),
        chunk({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "at 19:42 🌊."}}),
        chunk({"type": "content_block_stop", "index": 0}),
        chunk({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 31}}),
        chunk({"type": "message_stop", "amazon-bedrock-invocationMetrics": METRICS}),
    ],
    "invoke-nova": [
        chunk({"messageStart": {"role": "assistant"}}),
        chunk({"contentBlockDelta": {"delta": {"text": "The lamp was lit "}, "contentBlockIndex": 0}}),
        chunk({"contentBlockDelta": {"delta": {"text": "at 19:42."}, "contentBlockIndex": 0}}),
        chunk({"contentBlockStop": {"contentBlockIndex": 0}}),
        chunk({"messageStop": {"stopReason": "end_turn"}}),
        chunk({"metadata": {"usage": {"inputTokens": 412, "outputTokens": 31}, "metrics": {}, "trace": {}}, "amazon-bedrock-invocationMetrics": METRICS}),
    ],
    "invoke-llama": [
        chunk({"generation": "The lamp was lit ", "prompt_token_count": 412, "generation_token_count": 5, "stop_reason": None}),
        chunk({"generation": "at 19:42.", "prompt_token_count": None, "generation_token_count": 31, "stop_reason": None}),
        chunk({"generation": "", "prompt_token_count": None, "generation_token_count": 31, "stop_reason": "stop", "amazon-bedrock-invocationMetrics": METRICS}),
    ],
}


def main():
    for name, messages in STREAMS.items():
        data = b"".join(messages)
        try:
            from botocore.eventstream import EventStreamBuffer
        except ImportError:
            print("botocore is not installed: not cross-checked")
        else:
            buffer = EventStreamBuffer()
            buffer.add_data(data)
            assert [m.payload for m in buffer] == [m[12 + struct.unpack("!I", m[4:8])[0] : -4] for m in messages]
        (FOLDER / f"{name}.eventstream").write_bytes(data)


main()
