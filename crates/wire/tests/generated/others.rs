//! The same pieces as Anthropic, Gemini, Ollama and Cohere write them, as a stream and as a body.

use serde_json::{Value, json};

use super::pieces::{Piece, Written};

pub(crate) fn anthropic(pieces: &[Piece]) -> Written {
    let head = json!({"id": "msg", "type": "message", "model": "m", "content": [], "usage": {"input_tokens": 3, "output_tokens": 1}});
    let (mut stream, mut blocks) = (vec![json!({"type": "message_start", "message": head})], Vec::new());
    for (index, piece) in pieces.iter().enumerate() {
        let (open, deltas, whole) = match piece {
            Piece::Text(said) => (
                json!({"type": "text", "text": ""}),
                said.iter().map(|text| json!({"type": "text_delta", "text": text})).collect::<Vec<_>>(),
                json!({"type": "text", "text": said.concat()}),
            ),
            Piece::Thought(said) => (
                json!({"type": "thinking", "thinking": ""}),
                said.iter().map(|text| json!({"type": "thinking_delta", "thinking": text})).collect(),
                json!({"type": "thinking", "thinking": said.concat(), "signature": "s"}),
            ),
            Piece::Call(name, args) => {
                let text: Vec<char> = json!(args).to_string().chars().collect();
                (
                    json!({"type": "tool_use", "id": "t", "name": name, "input": {}}),
                    text.chunks(5)
                        .map(|part| json!({"type": "input_json_delta", "partial_json": part.iter().collect::<String>()}))
                        .collect(),
                    json!({"type": "tool_use", "id": "t", "name": name, "input": args}),
                )
            }
        };
        stream.push(json!({"type": "content_block_start", "index": index, "content_block": open}));
        stream.extend(
            deltas.iter().map(|delta| json!({"type": "content_block_delta", "index": index, "delta": delta})),
        );
        stream.push(json!({"type": "content_block_stop", "index": index}));
        blocks.push(whole);
    }
    stream.push(
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 8}}),
    );
    stream.push(json!({"type": "message_stop"}));
    let body = json!({"id": "msg", "type": "message", "model": "m", "content": blocks, "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 8}});
    (stream, body)
}

pub(crate) fn gemini(pieces: &[Piece]) -> Written {
    let usage = json!({"promptTokenCount": 3, "candidatesTokenCount": 8});
    let (mut stream, mut whole) = (Vec::new(), Vec::new());
    let mut say = |part: Value| {
        let candidate = json!({"content": {"parts": [part], "role": "model"}, "index": 0});
        stream.push(json!({"candidates": [candidate], "modelVersion": "m", "responseId": "r"}));
    };
    for piece in pieces {
        match piece {
            Piece::Text(said) => {
                said.iter().for_each(|text| say(json!({"text": text})));
                whole.push(json!({"text": said.concat()}));
            }
            Piece::Thought(said) => {
                said.iter().for_each(|text| say(json!({"text": text, "thought": true})));
                whole.push(json!({"text": said.concat(), "thought": true}));
            }
            Piece::Call(name, args) => {
                say(json!({"functionCall": {"name": name, "willContinue": true}}));
                for (key, value) in args {
                    let text = value.as_str().unwrap();
                    let path = format!("$['{key}']");
                    let (one, two) = text.split_at(text.char_indices().nth(1).map_or(0, |(at, _)| at));
                    for (text, more) in [(one, true), (two, false)] {
                        let arg = json!({"jsonPath": path, "stringValue": text, "willContinue": more});
                        say(json!({"functionCall": {"partialArgs": [arg], "willContinue": true}}));
                    }
                }
                say(json!({"functionCall": {}}));
                whole.push(json!({"functionCall": {"name": name, "args": args}}));
            }
        }
    }
    let last = json!({"content": {"parts": [{"text": ""}]}, "finishReason": "STOP", "index": 0});
    stream
        .push(json!({"candidates": [last], "usageMetadata": usage, "modelVersion": "m", "responseId": "r"}));
    let candidate = json!({"content": {"parts": whole, "role": "model"}, "finishReason": "STOP", "index": 0});
    (
        stream,
        json!({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m", "responseId": "r"}),
    )
}

/// Ollama's body tells thoughts, text and calls, but not how they stood to each other: one of each, in its order.
fn ollama(pieces: &[Piece], line: impl Fn(Value) -> Value) -> Written {
    let (mut thoughts, mut texts, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Thought(said) => thoughts.extend(said.clone()),
            Piece::Text(said) => texts.extend(said.clone()),
            Piece::Call(name, args) => calls.push(json!({"function": {"name": name, "arguments": args}})),
        }
    }
    let mut stream = Vec::new();
    stream.extend(thoughts.iter().map(|text| line(json!({"content": "", "thinking": text}))));
    stream.extend(texts.iter().map(|text| line(json!({"content": text}))));
    stream.extend(calls.iter().map(|call| line(json!({"content": "", "tool_calls": [call]}))));
    let end = |message: Value| {
        let mut line = line(message);
        line["done"] = true.into();
        line["done_reason"] = "stop".into();
        line["eval_count"] = 8.into();
        line
    };
    stream.push(end(json!({"content": ""})));
    (stream, end(json!({"content": texts.concat(), "thinking": thoughts.concat(), "tool_calls": calls})))
}

pub(crate) fn ollama_chat(pieces: &[Piece]) -> Written {
    ollama(pieces, |message| json!({"model": "m", "created_at": "t", "message": message, "done": false}))
}

pub(crate) fn ollama_generate(pieces: &[Piece]) -> Written {
    let pieces: Vec<_> = pieces.iter().filter(|piece| !matches!(piece, Piece::Call(..))).cloned().collect();
    ollama(
        &pieces,
        |message| json!({"model": "m", "response": message["content"], "thinking": message["thinking"], "done": false}),
    )
}

/// Cohere's calls stand beside its content, after it.
pub(crate) fn cohere(pieces: &[Piece]) -> Written {
    let head = json!({"role": "assistant", "content": [], "tool_calls": []});
    let mut stream = vec![json!({"type": "message-start", "id": "r", "delta": {"message": head}})];
    let (mut content, mut calls) = (Vec::new(), Vec::new());
    for piece in pieces {
        let (kind, said) = match piece {
            Piece::Text(said) => ("text", said),
            Piece::Thought(said) => ("thinking", said),
            Piece::Call(..) => continue,
        };
        let at = |event: &str, block: Value| json!({"type": event, "index": content.len(), "delta": {"message": {"content": block}}});
        stream.push(at("content-start", json!({"type": kind, kind: ""})));
        stream.extend(said.iter().map(|text| at("content-delta", json!({kind: text}))));
        stream.push(json!({"type": "content-end", "index": content.len()}));
        content.push(json!({"type": kind, kind: said.concat()}));
    }
    for piece in pieces {
        let Piece::Call(name, args) = piece else { continue };
        let call = |arguments: &str| json!({"id": "c", "type": "function", "function": {"name": name, "arguments": arguments}});
        let at = |event: &str, call: Value| json!({"type": event, "index": calls.len(), "delta": {"message": {"tool_calls": call}}});
        let text = json!(args).to_string();
        let (one, two) = text.split_at(1);
        stream.push(at("tool-call-start", call("")));
        stream.push(at("tool-call-delta", json!({"function": {"arguments": one}})));
        stream.push(at("tool-call-delta", json!({"function": {"arguments": two}})));
        stream.push(json!({"type": "tool-call-end", "index": calls.len()}));
        calls.push(call(&text));
    }
    let usage = json!({"tokens": {"input_tokens": 3, "output_tokens": 8}});
    stream.push(json!({"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": usage}}));
    let message = json!({"role": "assistant", "content": content, "tool_calls": calls});
    (stream, json!({"id": "r", "message": message, "finish_reason": "COMPLETE", "usage": usage}))
}
