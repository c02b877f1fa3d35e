//! Cohere v2 chat.

use agentguard_wire::Finish;
use serde_json::{Value, json};

use super::{Event, Scene, json as text_of};
use crate::provider::script::Said;

pub(super) fn whole(scene: &mut Scene<'_>) -> Vec<u8> {
    let said = scene.first();
    let mut message = json!({"role": "assistant"});
    if said.calls.is_empty() {
        message["content"] = json!([{"type": "text", "text": said.text}]);
    } else {
        if !said.text.is_empty() {
            message["tool_plan"] = said.text.as_str().into();
        }
        let calls = said.calls.iter().map(|call| {
            json!({
                "id": format!("{}_{}", call.name, scene.ids.lower(12)),
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            })
        });
        message["tool_calls"] = calls.collect();
    }
    let body = json!({
        "id": scene.ids.uuid(),
        "message": message,
        "finish_reason": finish(&said),
        "usage": usage(scene),
    });
    text_of(&body).into_bytes()
}

pub(super) fn stream(scene: &mut Scene<'_>) -> Vec<Event> {
    let said = scene.first();
    let mut out = Vec::new();
    let id = scene.ids.uuid();
    let start = json!({
        "role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": [],
    });
    out.push(event(
        "message-start",
        &json!({"id": id, "type": "message-start", "delta": {"message": start}}),
    ));
    if said.calls.is_empty() {
        let part = json!({"message": {"content": {"type": "text", "text": ""}}});
        out.push(event("content-start", &json!({"type": "content-start", "index": 0, "delta": part})));
        for piece in scene.cut(&said.text) {
            let part = json!({"message": {"content": {"text": piece}}});
            let data = json!({"type": "content-delta", "index": 0, "delta": part});
            out.push(event("content-delta", &data).paced());
        }
        out.push(event("content-end", &json!({"type": "content-end", "index": 0})));
    } else {
        for piece in scene.cut(&said.text) {
            let data = json!({"type": "tool-plan-delta", "delta": {"message": {"tool_plan": piece}}});
            out.push(event("tool-plan-delta", &data).paced());
        }
    }
    for (index, call) in said.calls.iter().enumerate() {
        let id = format!("{}_{}", call.name, scene.ids.lower(12));
        let start = json!({"id": id, "type": "function", "function": {"name": call.name, "arguments": ""}});
        let data = json!({
            "type": "tool-call-start", "index": index, "delta": {"message": {"tool_calls": start}},
        });
        out.push(event("tool-call-start", &data));
        for piece in scene.cut(&call.arguments) {
            let part = json!({"message": {"tool_calls": {"function": {"arguments": piece}}}});
            let data = json!({"type": "tool-call-delta", "index": index, "delta": part});
            out.push(event("tool-call-delta", &data).paced());
        }
        out.push(event("tool-call-end", &json!({"type": "tool-call-end", "index": index})));
    }
    let delta = json!({"finish_reason": finish(&said), "usage": usage(scene)});
    out.push(event("message-end", &json!({"type": "message-end", "delta": delta})));
    out
}

fn event(name: &str, data: &Value) -> Event {
    Event::sse(Some(name), data)
}

fn usage(scene: &Scene<'_>) -> Value {
    let (input, output) = (scene.ask.input_tokens, scene.output_tokens());
    json!({
        "billed_units": {"input_tokens": input, "output_tokens": output},
        "tokens": {"input_tokens": input + 495, "output_tokens": output + 3},
    })
}

fn finish(said: &Said) -> String {
    match Scene::finish(said) {
        Finish::Stop => "COMPLETE".to_owned(),
        Finish::Length => "MAX_TOKENS".to_owned(),
        Finish::ToolCalls => "TOOL_CALL".to_owned(),
        Finish::ContentFilter => "ERROR".to_owned(),
        Finish::Other(word) => word,
    }
}
