//! The same pieces as OpenAI writes them in its three formats, as a stream and as a body.

use serde_json::{Value, json};

use super::pieces::{Piece, Written};

fn chunks(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(5).map(|part| part.iter().collect()).collect()
}

/// The body tells thoughts, text and calls, but not how they stood to each other.
pub(crate) fn chat(pieces: &[Piece]) -> Written {
    let (mut thoughts, mut texts, mut calls) = (String::new(), String::new(), Vec::new());
    let mut stream = Vec::new();
    let mut say = |delta: Value, reason: Value| {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": reason});
        stream.push(json!({"id": "c", "object": "chat.completion.chunk", "created": 7, "model": "m", "choices": [choice]}));
    };
    say(json!({"role": "assistant", "content": ""}), Value::Null);
    for piece in pieces {
        match piece {
            Piece::Text(said) => said.iter().for_each(|text| {
                texts += text;
                say(json!({"content": text}), Value::Null);
            }),
            Piece::Thought(said) => said.iter().for_each(|text| {
                thoughts += text;
                say(json!({"content": null, "reasoning_content": text}), Value::Null);
            }),
            Piece::Call(name, args) => {
                let (index, id) = (calls.len(), format!("call_{}", calls.len()));
                let text = json!(args).to_string();
                let call = |arguments: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
                let mut begin = call("");
                begin["index"] = index.into();
                say(json!({"tool_calls": [begin]}), Value::Null);
                for part in chunks(&text) {
                    say(
                        json!({"tool_calls": [{"index": index, "function": {"arguments": part}}]}),
                        Value::Null,
                    );
                }
                calls.push(call(&text));
            }
        }
    }
    let reason = if calls.is_empty() { "stop" } else { "tool_calls" };
    say(json!({}), reason.into());
    let usage = json!({"prompt_tokens": 3, "completion_tokens": 8, "total_tokens": 11});
    stream.push(json!({"id": "c", "model": "m", "choices": [], "usage": usage}));
    let message =
        json!({"role": "assistant", "content": texts, "reasoning_content": thoughts, "tool_calls": calls});
    let choice = json!({"index": 0, "message": message, "logprobs": null, "finish_reason": reason});
    (stream, json!({"id": "c", "model": "m", "choices": [choice], "usage": usage}))
}

pub(crate) fn completions(pieces: &[Piece]) -> Written {
    let texts: Vec<&String> = pieces
        .iter()
        .flat_map(|piece| match piece {
            Piece::Text(said) => said.as_slice(),
            _ => &[],
        })
        .collect();
    let choice = |text: &str, reason: Value| json!({"id": "c", "model": "m", "choices": [{"index": 0, "text": text, "finish_reason": reason}]});
    let whole: String = texts.iter().map(|text| text.as_str()).collect();
    let mut stream: Vec<Value> = texts.iter().map(|text| choice(text, Value::Null)).collect();
    stream.push(choice("", "stop".into()));
    (stream, choice(&whole, "stop".into()))
}

pub(crate) fn responses(pieces: &[Piece]) -> Written {
    let response = |status: &str, output: &[Value]| {
        json!({"id": "r", "object": "response", "model": "m", "status": status, "output": output,
            "usage": {"input_tokens": 3, "output_tokens": 8}})
    };
    let mut stream = vec![json!({"type": "response.created", "response": response("in_progress", &[])})];
    let mut output = Vec::new();
    for piece in pieces {
        let at = output.len();
        let mut say = |kind: &str, mut event: Value| {
            event["type"] = format!("response.{kind}").into();
            event["output_index"] = at.into();
            event["item_id"] = format!("i{at}").into();
            stream.push(event);
        };
        let item = match piece {
            Piece::Text(said) => {
                let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []});
                let message = |content: &[Value]| json!({"type": "message", "id": format!("i{at}"), "role": "assistant", "content": content});
                let text = said.concat();
                say("output_item.added", json!({"item": message(&[])}));
                say("content_part.added", json!({"content_index": 0, "part": part("")}));
                for piece in said {
                    say("output_text.delta", json!({"content_index": 0, "delta": piece, "logprobs": []}));
                }
                say("output_text.done", json!({"content_index": 0, "text": text}));
                say("content_part.done", json!({"content_index": 0, "part": part(&text)}));
                message(&[part(&text)])
            }
            Piece::Thought(said) => {
                let part = json!({"type": "summary_text", "text": said.concat()});
                say(
                    "output_item.added",
                    json!({"item": {"type": "reasoning", "id": format!("i{at}"), "summary": []}}),
                );
                say(
                    "reasoning_summary_part.added",
                    json!({"summary_index": 0, "part": {"type": "summary_text", "text": ""}}),
                );
                for piece in said {
                    say("reasoning_summary_text.delta", json!({"summary_index": 0, "delta": piece}));
                }
                say("reasoning_summary_text.done", json!({"summary_index": 0, "text": said.concat()}));
                say("reasoning_summary_part.done", json!({"summary_index": 0, "part": part}));
                json!({"type": "reasoning", "id": format!("i{at}"), "summary": [part]})
            }
            Piece::Call(name, args) => {
                let text = json!(args).to_string();
                let call = |arguments: &str| json!({"type": "function_call", "id": format!("i{at}"), "call_id": format!("c{at}"), "name": name, "arguments": arguments});
                say("output_item.added", json!({"item": call("")}));
                for part in chunks(&text) {
                    say("function_call_arguments.delta", json!({"delta": part}));
                }
                say("function_call_arguments.done", json!({"arguments": text}));
                call(&text)
            }
        };
        say("output_item.done", json!({"item": item}));
        output.push(item);
    }
    stream.push(json!({"type": "response.completed", "response": response("completed", &output)}));
    (stream, response("completed", &output))
}
