//! OpenAI Responses.

use agentguard_wire::Finish;
use serde_json::{Value, json};

use super::chat::{padding, token_json};
use super::{Event, Scene, pretty};
use crate::provider::script::Said;

pub(super) fn whole(scene: &mut Scene<'_>) -> Vec<u8> {
    let said = scene.first();
    let items = Items::new(scene, &said);
    let output = items.done();
    let body = envelope(scene, &items.response, &output, true);
    (pretty(&body) + "\n").into_bytes()
}

pub(super) fn stream(scene: &mut Scene<'_>) -> Vec<Event> {
    let said = scene.first();
    let items = Items::new(scene, &said);
    let mut out = Out { events: Vec::new() };
    for kind in ["response.created", "response.in_progress"] {
        let response = envelope(scene, &items.response, &[], false);
        out.push(kind, json!({"response": response}), false);
    }
    let mut at = 0;
    if let Some(id) = &items.message {
        message(scene, &mut out, at, id, &said);
        at += 1;
    }
    for ((id, call_id), call) in items.calls.iter().zip(&said.calls) {
        let item = |status: &str, arguments: &str| {
            json!({
                "id": id, "type": "function_call", "status": status, "arguments": arguments, "call_id": call_id,
                "name": call.name,
            })
        };
        out.push(
            "response.output_item.added",
            json!({"item": item("in_progress", ""), "output_index": at}),
            false,
        );
        for piece in scene.cut(&call.arguments) {
            let padding = padding(scene);
            let delta = json!({"delta": piece, "item_id": id, "obfuscation": padding, "output_index": at});
            out.push("response.function_call_arguments.delta", delta, true);
        }
        let done = json!({"arguments": call.arguments, "item_id": id, "output_index": at});
        out.push("response.function_call_arguments.done", done, false);
        let item = item("completed", &call.arguments);
        out.push("response.output_item.done", json!({"item": item, "output_index": at}), false);
        at += 1;
    }
    let output = items.done();
    let response = envelope(scene, &items.response, &output, true);
    let last = if response["status"] == "incomplete" { "response.incomplete" } else { "response.completed" };
    out.push(last, json!({"response": response}), false);
    out.events
}

struct Out {
    events: Vec<Event>,
}

impl Out {
    fn push(&mut self, kind: &str, fields: Value, paced: bool) {
        let mut data = json!({"type": kind});
        if let (Value::Object(data), Value::Object(fields)) = (&mut data, fields) {
            data.extend(fields);
        }
        data["sequence_number"] = self.events.len().into();
        let event = Event::sse(Some(kind), &data);
        self.events.push(if paced { event.paced() } else { event });
    }
}

fn message(scene: &mut Scene<'_>, out: &mut Out, at: usize, id: &str, said: &Said) {
    let item =
        json!({"id": id, "type": "message", "status": "in_progress", "content": [], "role": "assistant"});
    out.push("response.output_item.added", json!({"item": item, "output_index": at}), false);
    let place = |fields: Value| {
        let mut place = json!({"content_index": 0, "item_id": id, "output_index": at});
        if let (Value::Object(place), Value::Object(fields)) = (&mut place, fields) {
            place.extend(fields);
        }
        place
    };
    if said.text.is_empty() {
        let part = json!({"type": "refusal", "refusal": ""});
        out.push("response.content_part.added", place(json!({"part": part})), false);
        for piece in scene.cut(&said.refusal) {
            out.push("response.refusal.delta", place(json!({"delta": piece})), true);
        }
        out.push("response.refusal.done", place(json!({"refusal": said.refusal})), false);
    } else {
        let part = json!({"type": "output_text", "annotations": [], "logprobs": [], "text": ""});
        out.push("response.content_part.added", place(json!({"part": part})), false);
        for token in scene.tokens(said) {
            let logprobs = if scene.ask.logprobs.is_some() { json!([token_json(&token)]) } else { json!([]) };
            let padding = padding(scene);
            let delta = json!({"delta": token.text, "logprobs": logprobs, "obfuscation": padding});
            out.push("response.output_text.delta", place(delta), true);
        }
        out.push("response.output_text.done", place(json!({"text": said.text, "logprobs": []})), false);
    }
    let part = part(said);
    out.push("response.content_part.done", place(json!({"part": part})), false);
    let item =
        json!({"id": id, "type": "message", "status": "completed", "content": [part], "role": "assistant"});
    out.push("response.output_item.done", json!({"item": item, "output_index": at}), false);
}

fn part(said: &Said) -> Value {
    if said.text.is_empty() {
        json!({"type": "refusal", "refusal": said.refusal})
    } else {
        json!({"type": "output_text", "annotations": [], "logprobs": [], "text": said.text})
    }
}

/// The ids of a response's items.
struct Items {
    response: String,
    message: Option<String>,
    calls: Vec<(String, String)>,
    said: Said,
}

impl Items {
    fn new(scene: &mut Scene<'_>, said: &Said) -> Self {
        let tail = scene.ids.hex(18);
        let response = format!("resp_{tail}{}", scene.ids.hex(32));
        let spoken = !said.text.is_empty() || !said.refusal.is_empty() || said.calls.is_empty();
        let message = spoken.then(|| format!("msg_{tail}{}", scene.ids.hex(32)));
        let calls = said
            .calls
            .iter()
            .map(|_| (format!("fc_{tail}{}", scene.ids.hex(32)), format!("call_{}", scene.ids.alnum(24))))
            .collect();
        Self { response, message, calls, said: said.clone() }
    }

    /// The finished items.
    fn done(&self) -> Vec<Value> {
        let message = self.message.iter().map(|id| {
            json!({
                "id": id, "type": "message", "status": "completed", "content": [part(&self.said)], "role": "assistant",
            })
        });
        let calls = self.calls.iter().zip(&self.said.calls).map(|((id, call_id), call)| {
            json!({
                "id": id, "type": "function_call", "status": "completed", "arguments": call.arguments,
                "call_id": call_id, "name": call.name,
            })
        });
        message.chain(calls).collect()
    }
}

/// The response object around the items, echoing what was asked.
fn envelope(scene: &Scene<'_>, id: &str, output: &[Value], done: bool) -> Value {
    let asked = |field: &str, default: Value| scene.ask.body.get(field).cloned().unwrap_or(default);
    let (status, incomplete) = match Scene::finish(&scene.first()) {
        _ if !done => ("in_progress", Value::Null),
        Finish::Length => ("incomplete", json!({"reason": "max_output_tokens"})),
        Finish::ContentFilter => ("incomplete", json!({"reason": "content_filter"})),
        Finish::Stop | Finish::ToolCalls | Finish::Other(_) => ("completed", Value::Null),
    };
    let (input, out) = (scene.ask.input_tokens, scene.output_tokens());
    let usage = done.then(|| {
        json!({
            "input_tokens": input, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": out,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": input + out,
        })
    });
    json!({
        "id": id,
        "object": "response",
        "created_at": scene.now,
        "status": status,
        "background": false,
        "completed_at": done.then_some(scene.now),
        "error": null,
        "frequency_penalty": 0.0,
        "incomplete_details": incomplete,
        "instructions": asked("instructions", Value::Null),
        "max_output_tokens": asked("max_output_tokens", Value::Null),
        "max_tool_calls": null,
        "model": scene.model,
        "output": output,
        "parallel_tool_calls": true,
        "presence_penalty": 0.0,
        "previous_response_id": asked("previous_response_id", Value::Null),
        "prompt_cache_key": null,
        "reasoning": {"effort": null, "summary": null},
        "safety_identifier": null,
        "service_tier": "default",
        "store": asked("store", true.into()),
        "temperature": asked("temperature", json!(1.0)),
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": asked("tool_choice", "auto".into()),
        "tools": asked("tools", json!([])),
        "top_logprobs": asked("top_logprobs", 0.into()),
        "top_p": asked("top_p", json!(1.0)),
        "truncation": "disabled",
        "usage": usage,
        "user": null,
        "metadata": asked("metadata", json!({})),
    })
}
