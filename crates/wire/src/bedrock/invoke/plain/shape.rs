//! Where each model has its text, and how it says that it was filtered.

use serde_json::{Value, json};

use crate::loose::{count_of, items, str_of};
use crate::openai::choice_index;

/// Where the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `generation`: Llama.
    Generation,
    /// `outputText`: Titan's stream.
    OutputText,
    /// `results[].outputText`: Titan.
    Results,
    /// `outputs[].text`: Mistral.
    Outputs,
    /// `completion`: older Claude.
    Completion,
    /// `generations[].text`: Cohere Command.
    Generations,
    /// `choices[].text`: DeepSeek-R1.
    Choices,
    /// `event_type` with `text`: the stream of Cohere Command R.
    Events,
    /// `text`: Cohere Command R, and Command's stream.
    Text,
}

impl Shape {
    pub(super) fn of(value: &Value) -> Option<Self> {
        let fields = [
            ("generation", Self::Generation),
            ("outputText", Self::OutputText),
            ("results", Self::Results),
            ("outputs", Self::Outputs),
            ("completion", Self::Completion),
            ("generations", Self::Generations),
            ("choices", Self::Choices),
            ("event_type", Self::Events),
            ("text", Self::Text),
        ];
        fields.into_iter().find(|(name, _)| value.get(name).is_some()).map(|(_, shape)| shape)
    }

    /// The field that holds a list of answers, where there is one.
    pub(super) fn list(self) -> Option<&'static str> {
        match self {
            Self::Results => Some("results"),
            Self::Outputs => Some("outputs"),
            Self::Generations => Some("generations"),
            Self::Choices => Some("choices"),
            _ => None,
        }
    }

    /// The field of the text, in the payload or in an element of its list.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Generation => "generation",
            Self::OutputText | Self::Results => "outputText",
            Self::Completion => "completion",
            Self::Outputs | Self::Generations | Self::Choices | Self::Events | Self::Text => "text",
        }
    }

    /// An element of the list that ended as filtered. Llama, Mistral and DeepSeek have no word of their own for that.
    pub(super) fn item(self, text: &str) -> Value {
        match self {
            Self::Results => {
                json!({"tokenCount": 0, "outputText": text, "completionReason": "CONTENT_FILTERED"})
            }
            Self::Generations => json!({"text": text, "finish_reason": "ERROR_TOXIC"}),
            _ => json!({"text": text, "stop_reason": "content_filter"}),
        }
    }

    /// A payload without a list that ended as filtered.
    pub(super) fn ended(self, text: &str) -> Value {
        match self {
            Self::OutputText => {
                json!({"outputText": text, "index": 0, "completionReason": "CONTENT_FILTERED"})
            }
            Self::Completion => json!({"completion": text, "stop_reason": "content_filter", "stop": null}),
            Self::Events => {
                json!({"event_type": "stream-end", "is_finished": true, "finish_reason": "ERROR_TOXIC"})
            }
            Self::Text => json!({"text": text, "is_finished": true, "finish_reason": "ERROR_TOXIC"}),
            _ => json!({"generation": text, "stop_reason": "content_filter"}),
        }
    }
}

/// The answers in a payload: which choice, and what says its text and its end.
pub(super) fn answers(value: &Value) -> Vec<(u32, &Value)> {
    let Some(shape) = Shape::of(value) else { return Vec::new() };
    match shape.list() {
        Some(list) => (0..).zip(items(value, list)).map(|(at, item)| (index(item, at), item)).collect(),
        // What comes with an event besides text is not the answer's.
        None if shape == Shape::Events && str_of(value, "event_type") != "text-generation" => Vec::new(),
        None => vec![(index(value, 0), value)],
    }
}

/// The same, to be edited: the choice and its text.
pub(super) fn texts_mut(value: &mut Value) -> Vec<(u32, &mut Value)> {
    let Some(shape) = Shape::of(value) else { return Vec::new() };
    let name = shape.text();
    match shape.list() {
        Some(list) => {
            let items = value.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
            (0..).zip(items).filter_map(|(at, item)| Some((index(item, at), item.get_mut(name)?))).collect()
        }
        None if shape == Shape::Events && str_of(value, "event_type") != "text-generation" => Vec::new(),
        None => {
            let at = index(value, 0);
            value.get_mut(name).map(|text| (at, text)).into_iter().collect()
        }
    }
}

/// An answer's own index, or its place. Only Cohere's streams of several say it.
fn index(item: &Value, place: u64) -> u32 {
    choice_index(Some(count_of(item, "index").unwrap_or(place)))
}
