//! Google `generateContent` and `streamGenerateContent`, as events (`alt=sse`) or as one JSON array.

use agentguard_wire::Finish;
use serde_json::{Value, json};

use super::{Event, Scene, json as text_of, object, pretty};
use crate::provider::script::Said;

pub(super) fn whole(scene: &mut Scene<'_>) -> Vec<u8> {
    let candidates: Vec<Value> = scene
        .choices
        .iter()
        .enumerate()
        .map(|(index, said)| candidate(index, &all_parts(said), Some(said)))
        .collect();
    let id = response_id(scene);
    let body = frame(scene, &candidates, scene.output_tokens(), &id);
    (pretty(&body) + "\n").into_bytes()
}

pub(super) fn stream(scene: &mut Scene<'_>) -> Vec<Event> {
    let id = response_id(scene);
    let mut frames = Vec::new();
    let mut told = 0;
    for (index, said) in scene.choices.clone().iter().enumerate() {
        let mut parts: Vec<Value> = scene
            .gathered(&said.reasoning, 24)
            .into_iter()
            .map(|text| json!({"text": text, "thought": true}))
            .collect();
        parts.extend(scene.gathered(&said.text, 14).into_iter().map(|text| json!({"text": text})));
        parts.extend(calls(said));
        for part in parts {
            told += 9;
            let told = told.min(scene.output_tokens());
            frames.push((frame(scene, &[candidate(index, &[part], None)], told, &id), true));
        }
        let last = candidate(index, &[json!({"text": ""})], Some(said));
        frames.push((frame(scene, &[last], scene.output_tokens(), &id), false));
    }
    let count = frames.len();
    frames
        .into_iter()
        .enumerate()
        .map(|(at, (frame, paced))| {
            let event = if scene.ask.sse {
                Event::raw(format!("data: {}\r\n\r\n", text_of(&frame)))
            } else {
                let open = if at == 0 { "[" } else { ",\r\n" };
                let close = if at + 1 == count { "\n]\n" } else { "\n" };
                Event::raw(format!("{open}{}{close}", pretty(&frame)))
            };
            if paced { event.paced() } else { event }
        })
        .collect()
}

fn all_parts(said: &Said) -> Vec<Value> {
    let mut parts = Vec::new();
    if !said.reasoning.is_empty() {
        parts.push(json!({"text": said.reasoning, "thought": true}));
    }
    if !said.text.is_empty() || said.calls.is_empty() {
        parts.push(json!({"text": said.text}));
    }
    parts.extend(calls(said));
    parts
}

fn calls(said: &Said) -> Vec<Value> {
    let call =
        |name: &str, arguments: &str| json!({"functionCall": {"name": name, "args": object(arguments)}});
    said.calls.iter().map(|c| call(&c.name, &c.arguments)).collect()
}

fn candidate(index: usize, parts: &[Value], ended: Option<&Said>) -> Value {
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}});
    if let Some(said) = ended {
        candidate["finishReason"] = finish(said).into();
    }
    candidate["index"] = index.into();
    candidate
}

fn frame(scene: &Scene<'_>, candidates: &[Value], output: u64, id: &str) -> Value {
    let input = scene.ask.input_tokens;
    json!({
        "candidates": candidates,
        "usageMetadata": {
            "promptTokenCount": input,
            "candidatesTokenCount": output,
            "totalTokenCount": input + output,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": input}],
        },
        "modelVersion": scene.model,
        "responseId": id,
    })
}

fn response_id(scene: &mut Scene<'_>) -> String {
    scene.ids.alnum(22)
}

fn finish(said: &Said) -> String {
    match Scene::finish(said) {
        Finish::Stop | Finish::ToolCalls => "STOP".to_owned(),
        Finish::Length => "MAX_TOKENS".to_owned(),
        Finish::ContentFilter => "SAFETY".to_owned(),
        Finish::Other(word) => word,
    }
}
