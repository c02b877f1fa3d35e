//! OpenAI legacy Completions.

use serde_json::{Value, json};

use super::chat::{finish, usage};
use super::{Event, Scene, pretty};

pub(super) fn whole(scene: &mut Scene<'_>) -> Vec<u8> {
    let choices: Vec<Value> = scene
        .choices
        .clone()
        .iter()
        .enumerate()
        .map(|(index, said)| {
            let logprobs = scene.ask.logprobs.map(|_| {
                let tokens = scene.tokens(said);
                let mut at = 0;
                let offsets: Vec<usize> = tokens
                    .iter()
                    .map(|token| {
                        let here = at;
                        at += token.text.chars().count();
                        here
                    })
                    .collect();
                let top: Vec<Value> = tokens
                    .iter()
                    .map(|token| token.top.iter().map(|(text, p)| (text.clone(), Value::from(*p))).collect())
                    .collect();
                json!({
                    "tokens": tokens.iter().map(|token| &token.text).collect::<Vec<_>>(),
                    "token_logprobs": tokens.iter().map(|token| token.logprob).collect::<Vec<_>>(),
                    "top_logprobs": top,
                    "text_offset": offsets,
                })
            });
            json!({"text": said.text, "index": index, "logprobs": logprobs, "finish_reason": finish(said)})
        })
        .collect();
    let body = json!({
        "id": format!("cmpl-{}", scene.ids.alnum(29)),
        "object": "text_completion",
        "created": scene.now,
        "model": scene.model,
        "choices": choices,
        "usage": usage(scene),
    });
    (pretty(&body) + "\n").into_bytes()
}

pub(super) fn stream(scene: &mut Scene<'_>) -> Vec<Event> {
    let id = format!("cmpl-{}", scene.ids.alnum(29));
    let choices = scene.choices.clone();
    let chunk = |scene: &Scene<'_>, index: usize, text: &str, finish: Value| {
        let mut chunk = json!({
            "id": id,
            "object": "text_completion",
            "created": scene.now,
            "choices": [{"text": text, "index": index, "logprobs": null, "finish_reason": finish}],
            "model": scene.model,
        });
        if scene.ask.include_usage {
            chunk["usage"] = Value::Null;
        }
        Event::sse(None, &chunk)
    };
    let mut out = Vec::new();
    for (index, said) in choices.iter().enumerate() {
        for piece in scene.cut(&said.text) {
            out.push(chunk(scene, index, &piece, Value::Null).paced());
        }
        out.push(chunk(scene, index, "", finish(said).into()));
    }
    if scene.ask.include_usage {
        let last = json!({
            "id": id, "object": "text_completion", "created": scene.now, "choices": [], "model": scene.model,
            "usage": usage(scene),
        });
        out.push(Event::sse(None, &last));
    }
    out.push(Event::raw("data: [DONE]\n\n"));
    out
}
