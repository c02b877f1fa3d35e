//! The events that end a stream early: what is open is closed with what went out of it, then `response.incomplete`.
//!
//! A call that is open is closed without an event that says its arguments were whole: nobody shall run it.

use serde_json::{Value, json};

use super::delivered::{Delivered, Sent, Steps};
use super::parts::{Key, Kind};
use crate::Notice;
use crate::codec::Payload;
use crate::loose::{bytes, str_of};

/// Events being written, numbered on from those that went out.
struct Closing {
    out: Vec<Payload>,
    sequence: u64,
}

impl Closing {
    fn add(&mut self, kind: &'static str, mut event: Value) {
        event["type"] = kind.into();
        event["sequence_number"] = self.sequence.into();
        self.sequence += 1;
        self.out.push((Some(kind), bytes(&event)));
    }
}

impl Delivered {
    pub(super) fn close(mut self, notice: &Notice) -> Vec<Payload> {
        let mut closing = Closing { out: Vec::new(), sequence: self.sequence.map_or(0, |last| last + 1) };
        let mut response = self.response.take().filter(Value::is_object).unwrap_or_else(|| {
            let response = new_response(notice);
            closing.add("response.created", json!({"response": response}));
            response
        });
        let mut output = Vec::new();
        for (position, mut sent) in std::mem::take(&mut self.items) {
            if !sent.item.is_object() {
                continue;
            }
            if !sent.done {
                self.close_parts(position, &sent.item, &mut closing);
                self.complete(position, &mut sent);
                closing
                    .add("response.output_item.done", json!({"output_index": position, "item": sent.item}));
            }
            output.push(sent.item);
        }
        response["output"] = output.into();
        response["status"] = "incomplete".into();
        response["incomplete_details"] = json!({"reason": "content_filter"});
        response["agentguard"] = json!({"id": notice.id, "message": notice.message});
        closing.add("response.incomplete", json!({"response": response}));
        closing.out
    }

    fn close_parts(&self, position: u64, item: &Value, closing: &mut Closing) {
        let open = self.parts.iter().filter(|(key, steps)| key.item == position && !steps.done);
        for (key, steps) in open {
            let text = self.texts.get(key).map_or("", String::as_str);
            let at = |index: &str| json!({"item_id": item["id"], "output_index": position, index: key.index});
            let (place, said, done, field) = match key.kind {
                Kind::Text => {
                    ("content_index", "response.output_text.done", "response.content_part.done", "text")
                }
                Kind::Refusal => {
                    ("content_index", "response.refusal.done", "response.content_part.done", "refusal")
                }
                Kind::Reasoning => {
                    ("content_index", "response.reasoning_text.done", "response.content_part.done", "text")
                }
                Kind::Summary => (
                    "summary_index",
                    "response.reasoning_summary_text.done",
                    "response.reasoning_summary_part.done",
                    "text",
                ),
            };
            let Steps { added, said: already_said, .. } = steps;
            if !already_said {
                let mut event = at(place);
                event[field] = text.into();
                if key.kind == Kind::Text {
                    event["logprobs"] = json!([]);
                }
                closing.add(said, event);
            }
            if *added {
                let mut event = at(place);
                event["part"] = part(key.kind, text);
                closing.add(done, event);
            }
        }
    }

    /// Puts into an item what went out of it.
    fn complete(&self, position: u64, sent: &mut Sent) {
        let item = &mut sent.item;
        let said = |kinds: &[Kind]| -> Value {
            let mut found: Vec<(&Key, Value)> = self
                .texts
                .iter()
                .filter(|(key, _)| key.item == position && kinds.contains(&key.kind))
                .map(|(key, text)| (key, part(key.kind, text)))
                .collect();
            found.sort_by_key(|(key, _)| key.index);
            found.into_iter().map(|(_, part)| part).collect::<Vec<_>>().into()
        };
        let status = match str_of(item, "type") {
            "message" => {
                item["content"] = said(&[Kind::Text, Kind::Refusal]);
                "incomplete"
            }
            "reasoning" => {
                item["summary"] = said(&[Kind::Summary]);
                item["content"] = said(&[Kind::Reasoning]);
                "incomplete"
            }
            "function_call" => {
                item["arguments"] = std::mem::take(&mut sent.arguments).into();
                "incomplete"
            }
            "custom_tool_call" => {
                item["input"] = std::mem::take(&mut sent.arguments).into();
                "incomplete"
            }
            "shell_call" | "local_shell_call" | "computer_call" => "incomplete",
            // What the provider runs itself has no other word for having been stopped.
            _ => "failed",
        };
        if item.get("status").is_some() {
            item["status"] = status.into();
        }
    }
}

fn part(kind: Kind, text: &str) -> Value {
    match kind {
        Kind::Text => json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []}),
        Kind::Refusal => json!({"type": "refusal", "refusal": text}),
        Kind::Reasoning => json!({"type": "reasoning_text", "text": text}),
        Kind::Summary => json!({"type": "summary_text", "text": text}),
    }
}

/// A response of which nothing went out.
fn new_response(notice: &Notice) -> Value {
    json!({
        "id": format!("resp_{}", notice.id), "object": "response", "created_at": 0, "status": "in_progress", "error": null,
        "incomplete_details": null, "instructions": null, "model": "", "output": [], "parallel_tool_calls": true,
        "tool_choice": "auto", "tools": [], "temperature": null, "top_p": null, "metadata": {}, "usage": null,
    })
}
