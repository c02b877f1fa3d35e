//! What an answer must say, in a form that does not depend on how JSON was written.

use agentguard_wire::{Answer, Finish};
use serde_json::Value;

/// One answer's content.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Expected {
    pub(crate) text: String,
    pub(crate) reasoning: String,
    pub(crate) refusal: String,
    /// Id, name, arguments.
    pub(crate) calls: Vec<(String, String, Value)>,
    /// Source and quote.
    pub(crate) citations: Vec<(String, String)>,
    pub(crate) finish: Option<Finish>,
}

impl Expected {
    /// Both answers as one, where a stream holds one after the other.
    pub(crate) fn followed_by(mut self, next: Self) -> Self {
        self.text += &next.text;
        self.reasoning += &next.reasoning;
        self.refusal += &next.refusal;
        self.calls.extend(next.calls);
        self.citations.extend(next.citations);
        self.finish = next.finish.or(self.finish);
        self
    }
}

/// The choices and token counts of an answer.
pub(crate) fn summary(answer: &Answer) -> (Vec<Expected>, Option<(u64, u64)>) {
    let choices = answer.choices.iter().map(|choice| Expected {
        text: choice.text.clone(),
        reasoning: choice.reasoning.clone(),
        refusal: choice.refusal.clone(),
        calls: choice
            .tool_calls
            .iter()
            .map(|call| {
                let arguments = serde_json::from_str(&call.arguments)
                    .unwrap_or_else(|_| Value::String(call.arguments.clone()));
                (call.id.clone(), call.name.clone(), arguments)
            })
            .collect(),
        citations: choice.citations.iter().map(|c| (c.source.clone(), c.quote.clone())).collect(),
        finish: choice.finish.clone(),
    });
    (choices.collect(), answer.usage.map(|usage| (usage.input, usage.output)))
}

/// The JSON in a text; null where it is none.
pub(crate) fn json_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// A string field, or empty.
pub(crate) fn string(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// The elements of an array field.
pub(crate) fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}
