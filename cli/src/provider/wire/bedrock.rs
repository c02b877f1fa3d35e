//! AWS Bedrock: Converse, and Claude behind `InvokeModel`.

use agentguard_wire::Finish;
use agentguard_wire::framing::event_stream::{HeaderValue, Message};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Event, Scene, anthropic, json as text_of, object};
use crate::provider::script::Said;

pub(super) fn whole(scene: &mut Scene<'_>) -> Vec<u8> {
    let said = scene.first();
    let mut content = Vec::new();
    if !said.reasoning.is_empty() {
        let signature = scene.ids.alnum(64);
        let text = json!({"text": said.reasoning, "signature": signature});
        content.push(json!({"reasoningContent": {"reasoningText": text}}));
    }
    if !said.text.is_empty() || said.calls.is_empty() {
        content.push(json!({"text": said.text}));
    }
    for call in &said.calls {
        let id = format!("tooluse_{}", scene.ids.alnum(22));
        let call = json!({"toolUseId": id, "name": call.name, "input": object(&call.arguments)});
        content.push(json!({"toolUse": call}));
    }
    let body = json!({
        "metrics": {"latencyMs": 300 + scene.ids.below(900)},
        "output": {"message": {"content": content, "role": "assistant"}},
        "stopReason": stop_reason(&said),
        "usage": usage(scene),
    });
    text_of(&body).into_bytes()
}

pub(super) fn stream(scene: &mut Scene<'_>) -> Vec<Event> {
    let said = scene.first();
    let mut out = vec![event(scene, "messageStart", json!({"role": "assistant"}))];
    let mut index = 0;
    if !said.reasoning.is_empty() {
        let mut deltas: Vec<_> =
            scene.cut(&said.reasoning).into_iter().map(|piece| json!({"text": piece})).collect();
        deltas.push(json!({"signature": scene.ids.alnum(64)}));
        let deltas = deltas.into_iter().map(|delta| json!({"reasoningContent": delta})).collect();
        block(scene, &mut out, &mut index, None, deltas);
    }
    if !said.text.is_empty() || said.calls.is_empty() {
        let deltas = scene.cut(&said.text).into_iter().map(|piece| json!({"text": piece})).collect();
        block(scene, &mut out, &mut index, None, deltas);
    }
    for call in &said.calls {
        let id = format!("tooluse_{}", scene.ids.alnum(22));
        let start = json!({"toolUse": {"toolUseId": id, "name": call.name}});
        let deltas = scene
            .cut(&call.arguments)
            .into_iter()
            .map(|piece| json!({"toolUse": {"input": piece}}))
            .collect();
        block(scene, &mut out, &mut index, Some(start), deltas);
    }
    out.push(event(scene, "messageStop", json!({"stopReason": stop_reason(&said)})));
    let metadata = json!({"usage": usage(scene), "metrics": {"latencyMs": 300 + scene.ids.below(900)}});
    out.push(event(scene, "metadata", metadata));
    out
}

/// Claude's own events, each in a chunk. The last tells what the call took.
pub(super) fn stream_of_claude(scene: &mut Scene<'_>) -> Vec<Event> {
    let events = anthropic::stream(scene);
    let mut out = Vec::new();
    for said in events {
        let text = String::from_utf8_lossy(&said.bytes);
        let data = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or_default();
        let mut data: Value = serde_json::from_str(data).unwrap_or_default();
        match data["type"].as_str() {
            // Bedrock passes no pings on.
            None | Some("ping") => continue,
            Some("message_stop") => {
                data["amazon-bedrock-invocationMetrics"] = json!({
                    "inputTokenCount": scene.ask.input_tokens,
                    "outputTokenCount": scene.output_tokens(),
                    "invocationLatency": 700 + scene.ids.below(900),
                    "firstByteLatency": 100 + scene.ids.below(500),
                });
            }
            Some(_) => {}
        }
        let chunk = event(scene, "chunk", json!({"bytes": STANDARD.encode(text_of(&data))}));
        out.push(Event { paced: said.paced, ..chunk });
    }
    out
}

/// An exception inside a stream.
pub(super) fn exception(message: &str) -> Event {
    Event::raw(laid_out(
        ":exception-type",
        "modelStreamErrorException",
        "exception",
        &json!({"message": message}),
    ))
}

fn block(
    scene: &mut Scene<'_>,
    out: &mut Vec<Event>,
    index: &mut usize,
    start: Option<Value>,
    deltas: Vec<Value>,
) {
    if let Some(start) = start {
        out.push(event(scene, "contentBlockStart", json!({"contentBlockIndex": *index, "start": start})));
    }
    for delta in deltas {
        let delta = json!({"contentBlockIndex": *index, "delta": delta});
        out.push(event(scene, "contentBlockDelta", delta).paced());
    }
    out.push(event(scene, "contentBlockStop", json!({"contentBlockIndex": *index})));
    *index += 1;
}

/// An event with Bedrock's padding.
fn event(scene: &mut Scene<'_>, kind: &str, mut data: Value) -> Event {
    let padding = 1 + scene.ids.below(52) as usize;
    data["p"] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[..padding].into();
    Event::raw(laid_out(":event-type", kind, "event", &data))
}

fn laid_out(header: &str, name: &str, kind: &str, data: &Value) -> Vec<u8> {
    let headers = vec![
        (header, HeaderValue::String(name)),
        (":content-type", HeaderValue::String("application/json")),
        (":message-type", HeaderValue::String(kind)),
    ];
    let data = text_of(data);
    Message { headers, payload: data.as_bytes() }.to_bytes().expect("headers made here are short")
}

fn usage(scene: &Scene<'_>) -> Value {
    let (input, output) = (scene.ask.input_tokens, scene.output_tokens());
    json!({"inputTokens": input, "outputTokens": output, "totalTokens": input + output})
}

fn stop_reason(said: &Said) -> String {
    match Scene::finish(said) {
        Finish::Stop => "end_turn".to_owned(),
        Finish::Length => "max_tokens".to_owned(),
        Finish::ToolCalls => "tool_use".to_owned(),
        Finish::ContentFilter => "content_filtered".to_owned(),
        Finish::Other(word) => word,
    }
}
