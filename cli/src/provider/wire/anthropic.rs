//! Anthropic Messages.

use agentguard_wire::Finish;
use serde_json::{Value, json};

use super::{Event, Scene, json as text_of, object};
use crate::provider::script::Said;

pub(super) fn whole(scene: &mut Scene<'_>) -> Vec<u8> {
    let said = scene.first();
    let mut content = Vec::new();
    if !said.reasoning.is_empty() {
        let signature = signature(scene);
        content.push(json!({"type": "thinking", "thinking": said.reasoning, "signature": signature}));
    }
    if !said.text.is_empty() || said.calls.is_empty() {
        content.push(json!({"type": "text", "text": said.text}));
    }
    for call in &said.calls {
        let id = format!("toolu_01{}", scene.ids.base58(22));
        content
            .push(json!({"type": "tool_use", "id": id, "name": call.name, "input": object(&call.arguments)}));
    }
    let output = scene.output_tokens();
    let body = message(scene, &content, Some(&stop_reason(&said)), output);
    text_of(&body).into_bytes()
}

pub(super) fn stream(scene: &mut Scene<'_>) -> Vec<Event> {
    let said = scene.first();
    let mut out = Vec::new();
    let start = message(scene, &[], None, 1);
    out.push(event(scene, "message_start", json!({"message": start})));
    let mut index = 0;
    if !said.reasoning.is_empty() {
        let block = json!({"type": "thinking", "thinking": "", "signature": ""});
        let mut deltas: Vec<Value> = scene
            .gathered(&said.reasoning, 5)
            .into_iter()
            .map(|piece| json!({"type": "thinking_delta", "thinking": piece}))
            .collect();
        deltas.push(json!({"type": "signature_delta", "signature": signature(scene)}));
        self::block(scene, &mut out, &mut index, &block, deltas);
    }
    if !said.text.is_empty() || said.calls.is_empty() {
        let deltas = scene
            .gathered(&said.text, 5)
            .into_iter()
            .map(|piece| json!({"type": "text_delta", "text": piece}))
            .collect();
        block(scene, &mut out, &mut index, &json!({"type": "text", "text": ""}), deltas);
    }
    for call in &said.calls {
        let id = format!("toolu_01{}", scene.ids.base58(22));
        let start = json!({"type": "tool_use", "id": id, "name": call.name, "input": {}});
        let mut pieces = vec![String::new()];
        pieces.extend(scene.gathered(&call.arguments, 4));
        let deltas = pieces
            .into_iter()
            .map(|piece| json!({"type": "input_json_delta", "partial_json": piece}))
            .collect();
        block(scene, &mut out, &mut index, &start, deltas);
    }
    let usage = json!({
        "input_tokens": scene.ask.input_tokens, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
        "output_tokens": scene.output_tokens(),
    });
    let delta = json!({"stop_reason": stop_reason(&said), "stop_sequence": null});
    out.push(event(scene, "message_delta", json!({"delta": delta, "usage": usage})));
    out.push(event(scene, "message_stop", json!({})));
    out
}

fn block(scene: &mut Scene<'_>, out: &mut Vec<Event>, index: &mut usize, start: &Value, deltas: Vec<Value>) {
    out.push(event(scene, "content_block_start", json!({"index": *index, "content_block": start})));
    if *index == 0 {
        out.push(Event::raw("event: ping\ndata: {\"type\": \"ping\"}\n\n"));
    }
    for delta in deltas {
        out.push(event(scene, "content_block_delta", json!({"index": *index, "delta": delta})).paced());
    }
    out.push(event(scene, "content_block_stop", json!({"index": *index})));
    *index += 1;
}

/// An event with Anthropic's filling of spaces before the last brace.
fn event(scene: &mut Scene<'_>, kind: &str, fields: Value) -> Event {
    let mut data = json!({"type": kind});
    if let (Value::Object(data), Value::Object(fields)) = (&mut data, fields) {
        data.extend(fields);
    }
    let mut data = text_of(&data);
    let padding = scene.ids.below(16) as usize;
    data.insert_str(data.len() - 1, &" ".repeat(padding));
    Event::raw(format!("event: {kind}\ndata: {data}\n\n"))
}

fn message(scene: &mut Scene<'_>, content: &[Value], stop_reason: Option<&str>, output: u64) -> Value {
    json!({
        "model": scene.model,
        "id": format!("msg_01{}", scene.ids.base58(22)),
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": null,
        "usage": {
            "input_tokens": scene.ask.input_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": output,
            "service_tier": "standard",
        },
    })
}

fn stop_reason(said: &Said) -> String {
    match Scene::finish(said) {
        Finish::Stop => "end_turn".to_owned(),
        Finish::Length => "max_tokens".to_owned(),
        Finish::ToolCalls => "tool_use".to_owned(),
        Finish::ContentFilter => "refusal".to_owned(),
        Finish::Other(word) => word,
    }
}

fn signature(scene: &mut Scene<'_>) -> String {
    format!("Eq{}==", scene.ids.alnum(180))
}
