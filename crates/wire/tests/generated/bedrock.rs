//! The same pieces as Bedrock writes them. A payload stands in a field that is named after its event; that of a `chunk` is
//! the model's own.

use agentguard_wire::framing::event_stream::{HeaderValue, Message};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::others;
use super::pieces::{Piece, Written};

/// One message. A payload that names no event, as damage leaves it, comes as an event nobody knows.
pub(crate) fn message(payload: &Value) -> Vec<u8> {
    let named = payload.as_object().and_then(|fields| fields.iter().next());
    let (name, data) = named.map_or(("other", payload), |(name, data)| (name.as_str(), data));
    let data = match name {
        "chunk" => json!({"bytes": STANDARD.encode(data.to_string()), "p": "ab"}),
        _ => data.clone(),
    };
    let headers = vec![
        (":event-type", HeaderValue::String(name)),
        (":content-type", HeaderValue::String("application/json")),
        (":message-type", HeaderValue::String("event")),
    ];
    Message { headers, payload: data.to_string().as_bytes() }.to_bytes().unwrap()
}

pub(crate) fn converse(pieces: &[Piece]) -> Written {
    let (mut stream, mut blocks) = (vec![json!({"messageStart": {"role": "assistant"}})], Vec::new());
    for (index, piece) in pieces.iter().enumerate() {
        let mut say = |delta: Value| {
            stream.push(json!({"contentBlockDelta": {"contentBlockIndex": index, "delta": delta}}));
        };
        match piece {
            Piece::Text(said) => {
                said.iter().for_each(|text| say(json!({"text": text})));
                blocks.push(json!({"text": said.concat()}));
            }
            Piece::Thought(said) => {
                said.iter().for_each(|text| say(json!({"reasoningContent": {"text": text}})));
                say(json!({"reasoningContent": {"signature": "s"}}));
                blocks.push(
                    json!({"reasoningContent": {"reasoningText": {"text": said.concat(), "signature": "s"}}}),
                );
            }
            Piece::Call(name, args) => {
                let call = json!({"toolUse": {"toolUseId": "t", "name": name}});
                let text: Vec<char> = json!(args).to_string().chars().collect();
                stream.push(json!({"contentBlockStart": {"contentBlockIndex": index, "start": call}}));
                for part in text.chunks(5) {
                    let delta = json!({"toolUse": {"input": part.iter().collect::<String>()}});
                    stream.push(json!({"contentBlockDelta": {"contentBlockIndex": index, "delta": delta}}));
                }
                blocks.push(json!({"toolUse": {"toolUseId": "t", "name": name, "input": args}}));
            }
        }
        stream.push(json!({"contentBlockStop": {"contentBlockIndex": index}}));
    }
    let usage = json!({"inputTokens": 3, "outputTokens": 8, "totalTokens": 11});
    stream.push(json!({"messageStop": {"stopReason": "end_turn"}}));
    stream.push(json!({"metadata": {"usage": usage, "metrics": {"latencyMs": 1}}}));
    let message = json!({"role": "assistant", "content": blocks});
    (stream, json!({"output": {"message": message}, "stopReason": "end_turn", "usage": usage}))
}

fn chunks((stream, body): Written) -> Written {
    (stream.into_iter().map(|payload| json!({"chunk": payload})).collect(), body)
}

pub(crate) fn claude(pieces: &[Piece]) -> Written {
    chunks(others::anthropic(pieces))
}

pub(crate) fn nova(pieces: &[Piece]) -> Written {
    chunks(converse(pieces))
}

pub(crate) fn llama(pieces: &[Piece]) -> Written {
    let texts = pieces.iter().filter_map(|piece| match piece {
        Piece::Text(said) => Some(said.clone()),
        Piece::Thought(_) | Piece::Call(..) => None,
    });
    let texts: Vec<String> = texts.flatten().collect();
    let mut stream: Vec<_> = texts
        .iter()
        .map(|text| json!({"generation": text, "prompt_token_count": 3, "generation_token_count": 1, "stop_reason": null}))
        .collect();
    let end = |text: &str| json!({"generation": text, "prompt_token_count": 3, "generation_token_count": 8, "stop_reason": "stop"});
    stream.push(end(""));
    chunks((stream, end(&texts.concat())))
}
