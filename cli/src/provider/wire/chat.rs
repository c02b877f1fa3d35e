//! OpenAI Chat Completions.

use agentguard_wire::Finish;
use serde_json::{Value, json};

use super::{Event, Scene, Token, pretty};
use crate::provider::script::Said;

pub(super) fn whole(scene: &mut Scene<'_>) -> Vec<u8> {
    let choices: Vec<Value> = scene
        .choices
        .clone()
        .iter()
        .enumerate()
        .map(|(index, said)| {
            let mut message = json!({
                "role": "assistant",
                "content": content(said),
                "refusal": Some(&said.refusal).filter(|text| !text.is_empty()),
                "annotations": [],
            });
            if !said.reasoning.is_empty() {
                message["reasoning_content"] = said.reasoning.as_str().into();
            }
            if !said.calls.is_empty() {
                let calls = said.calls.iter().map(|call| {
                    json!({
                        "id": format!("call_{}", scene.ids.alnum(24)),
                        "type": "function",
                        "function": {"name": call.name, "arguments": call.arguments},
                    })
                });
                message["tool_calls"] = calls.collect();
            }
            json!({
                "index": index,
                "message": message,
                "logprobs": logprobs(scene, said),
                "finish_reason": finish(said),
            })
        })
        .collect();
    let body = json!({
        "id": format!("chatcmpl-{}", scene.ids.alnum(29)),
        "object": "chat.completion",
        "created": scene.now,
        "model": scene.model,
        "choices": choices,
        "usage": usage(scene),
        "service_tier": "default",
        "system_fingerprint": format!("fp_{}", scene.ids.hex(10)),
    });
    (pretty(&body) + "\n").into_bytes()
}

pub(super) fn stream(scene: &mut Scene<'_>) -> Vec<Event> {
    let mut chunks = Chunks {
        id: format!("chatcmpl-{}", scene.ids.alnum(29)),
        fingerprint: format!("fp_{}", scene.ids.hex(10)),
    };
    let mut out = Vec::new();
    let choices = scene.choices.clone();
    let mut queues: Vec<_> = choices.iter().map(|said| deltas(scene, said).into_iter()).collect();
    for (index, said) in choices.iter().enumerate() {
        let empty = if said.text.is_empty() { Value::Null } else { "".into() };
        let delta = json!({"role": "assistant", "content": empty, "refusal": null});
        out.push(chunks.event(scene, index, &delta, &Value::Null, &Value::Null));
    }
    loop {
        let round: Vec<_> = queues
            .iter_mut()
            .enumerate()
            .filter_map(|(index, queue)| queue.next().map(|next| (index, next)))
            .collect();
        if round.is_empty() {
            break;
        }
        for (index, (delta, logprobs)) in round {
            out.push(chunks.event(scene, index, &delta, &logprobs, &Value::Null).paced());
        }
    }
    for (index, said) in choices.iter().enumerate() {
        out.push(chunks.event(scene, index, &json!({}), &Value::Null, &finish(said).into()));
    }
    if scene.ask.include_usage {
        let mut last = chunks.frame(scene);
        last["choices"] = json!([]);
        last["usage"] = usage(scene);
        last["obfuscation"] = padding(scene).into();
        out.push(Event::sse(None, &last));
    }
    out.push(Event::raw("data: [DONE]\n\n"));
    out
}

struct Chunks {
    id: String,
    fingerprint: String,
}

impl Chunks {
    fn frame(&self, scene: &Scene<'_>) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": scene.now,
            "model": scene.model,
            "service_tier": "default",
            "system_fingerprint": self.fingerprint,
        })
    }

    fn event(
        &mut self,
        scene: &mut Scene<'_>,
        index: usize,
        delta: &Value,
        logprobs: &Value,
        finish: &Value,
    ) -> Event {
        let mut frame = self.frame(scene);
        frame["choices"] =
            json!([{"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}]);
        if scene.ask.include_usage {
            frame["usage"] = Value::Null;
        }
        frame["obfuscation"] = padding(scene).into();
        Event::sse(None, &frame)
    }
}

/// The deltas of one choice, each with its log-probabilities.
fn deltas(scene: &mut Scene<'_>, said: &Said) -> Vec<(Value, Value)> {
    let mut out = Vec::new();
    for piece in scene.cut(&said.reasoning) {
        out.push((json!({"reasoning_content": piece}), Value::Null));
    }
    for token in scene.tokens(said) {
        let logprobs = match scene.ask.logprobs {
            Some(_) => json!({"content": [token_json(&token)], "refusal": null}),
            None => Value::Null,
        };
        out.push((json!({"content": token.text}), logprobs));
    }
    for piece in scene.cut(&said.refusal) {
        out.push((json!({"refusal": piece}), Value::Null));
    }
    for (at, call) in said.calls.iter().enumerate() {
        let id = format!("call_{}", scene.ids.alnum(24));
        let first = json!({"tool_calls": [{
            "index": at, "id": id, "type": "function", "function": {"name": call.name, "arguments": ""},
        }]});
        out.push((first, Value::Null));
        for piece in scene.cut(&call.arguments) {
            let delta = json!({"tool_calls": [{"index": at, "function": {"arguments": piece}}]});
            out.push((delta, Value::Null));
        }
    }
    out
}

fn logprobs(scene: &mut Scene<'_>, said: &Said) -> Value {
    if scene.ask.logprobs.is_none() {
        return Value::Null;
    }
    let content: Vec<Value> = scene.tokens(said).iter().map(token_json).collect();
    json!({"content": content, "refusal": null})
}

pub(super) fn token_json(token: &Token) -> Value {
    let one = |text: &str, logprob: f64| json!({"token": text, "logprob": logprob, "bytes": text.as_bytes()});
    let mut value = one(&token.text, token.logprob);
    value["top_logprobs"] = token.top.iter().map(|(text, logprob)| one(text, *logprob)).collect();
    value
}

fn content(said: &Said) -> Option<&str> {
    Some(said.text.as_str()).filter(|text| !text.is_empty())
}

pub(super) fn finish(said: &Said) -> String {
    match Scene::finish(said) {
        Finish::Stop => "stop".to_owned(),
        Finish::Length => "length".to_owned(),
        Finish::ToolCalls => "tool_calls".to_owned(),
        Finish::ContentFilter => "content_filter".to_owned(),
        Finish::Other(word) => word,
    }
}

pub(super) fn usage(scene: &Scene<'_>) -> Value {
    let (input, output) = (scene.ask.input_tokens, scene.output_tokens());
    json!({
        "prompt_tokens": input,
        "completion_tokens": output,
        "total_tokens": input + output,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    })
}

/// Random filling against guessing words from packet sizes, as OpenAI adds it.
pub(super) fn padding(scene: &mut Scene<'_>) -> String {
    let length = 3 + scene.ids.below(12) as usize;
    scene.ids.alnum(length)
}
