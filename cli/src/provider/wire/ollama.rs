//! Ollama `/api/chat` and `/api/generate`: one JSON object a line.

use agentguard_wire::{Dialect, Finish};
use serde_json::{Value, json};

use super::{Event, Scene, json as text_of, object};
use crate::provider::script::Said;

pub(super) fn whole(scene: &mut Scene<'_>) -> Vec<u8> {
    let said = scene.first();
    let mut body = line(scene, &said.text, 0);
    if chat(scene) {
        add_calls(&mut body, &said);
        if !said.reasoning.is_empty() {
            body["message"]["thinking"] = said.reasoning.as_str().into();
        }
    }
    end(scene, &mut body, &said);
    text_of(&body).into_bytes()
}

pub(super) fn stream(scene: &mut Scene<'_>) -> Vec<Event> {
    let said = scene.first();
    let mut out = Vec::new();
    let step = 27_413_507;
    let write = |value: &Value| Event::raw(format!("{}\n", text_of(value)));
    if chat(scene) {
        for piece in scene.cut(&said.reasoning) {
            let mut thinking = line(scene, "", out.len() as u64 * step);
            thinking["message"]["thinking"] = piece.into();
            out.push(write(&thinking).paced());
        }
    }
    for piece in scene.cut(&said.text) {
        out.push(write(&line(scene, &piece, out.len() as u64 * step)).paced());
    }
    if chat(scene) && !said.calls.is_empty() {
        let mut calls = line(scene, "", out.len() as u64 * step);
        add_calls(&mut calls, &said);
        out.push(write(&calls).paced());
    }
    let mut last = line(scene, "", out.len() as u64 * step);
    end(scene, &mut last, &said);
    out.push(write(&last));
    out
}

fn chat(scene: &Scene<'_>) -> bool {
    scene.ask.dialect == Dialect::OllamaChat
}

fn line(scene: &Scene<'_>, text: &str, after: u64) -> Value {
    let mut line = json!({"model": scene.model, "created_at": scene.timestamp(104_207_331 + after)});
    if chat(scene) {
        line["message"] = json!({"role": "assistant", "content": text});
    } else {
        line["response"] = text.into();
    }
    line["done"] = false.into();
    line
}

fn add_calls(line: &mut Value, said: &Said) {
    if said.calls.is_empty() {
        return;
    }
    let calls = said.calls.iter().enumerate().map(|(index, call)| {
        json!({"function": {"index": index, "name": call.name, "arguments": object(&call.arguments)}})
    });
    line["message"]["tool_calls"] = calls.collect();
}

fn end(scene: &mut Scene<'_>, line: &mut Value, said: &Said) {
    let output = scene.output_tokens();
    line["done"] = true.into();
    line["done_reason"] = match Scene::finish(said) {
        Finish::Length => "length".into(),
        Finish::Other(word) => word.into(),
        Finish::Stop | Finish::ToolCalls | Finish::ContentFilter => "stop".into(),
    };
    if !chat(scene) {
        let context: Vec<u64> = (0..output.min(64)).map(|_| scene.ids.below(128_000)).collect();
        line["context"] = context.into();
    }
    line["total_duration"] = (1_204_113_000 + output * 27_413_507).into();
    line["load_duration"] = 58_112_459_u64.into();
    line["prompt_eval_count"] = scene.ask.input_tokens.into();
    line["prompt_eval_duration"] = 312_900_000_u64.into();
    line["eval_count"] = output.into();
    line["eval_duration"] = (output * 27_413_507).into();
}
