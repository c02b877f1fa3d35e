//! Which model's format a body or a stream's payload is in.

use serde_json::{Map, Value, json};

use super::{finish, nova, plain};
use crate::codec::{self, EventDecoder, EventEncoder};
use crate::loose::{count_of, items, str_of};
use crate::openai::choice_index;
use crate::{Dialect, Finish};

/// A group of models that speak alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Anthropic Messages.
    Anthropic,
    /// Converse as Nova writes it.
    Nova,
    /// OpenAI Chat Completions.
    Chat,
    /// Text in a field or a list.
    Plain,
}

impl Family {
    /// Of an answer, or of a piece of one.
    pub(super) fn of(value: &Value) -> Self {
        let says = |choice: &Value| choice.get("message").is_some() || choice.get("delta").is_some();
        // A field of any name may stand beside what a format is told by: the surest come first.
        if value.get("completion").is_some() {
            Self::Plain
        } else if !str_of(value, "type").is_empty() {
            Self::Anthropic
        } else if let Some(Value::Array(choices)) = value.get("choices") {
            if choices.is_empty() || choices.iter().any(says) { Self::Chat } else { Self::Plain }
        } else if value.get("output").is_some() || nova::event(value).is_some() {
            Self::Nova
        } else {
            Self::Plain
        }
    }

    pub(super) fn decoder(self) -> Box<dyn EventDecoder> {
        match self {
            Self::Anthropic => codec::of(Dialect::AnthropicMessages).decoder(),
            Self::Chat => codec::of(Dialect::OpenaiChat).decoder(),
            Self::Nova => Box::<nova::Decoder>::default(),
            Self::Plain => Box::<plain::Decoder>::default(),
        }
    }

    pub(super) fn encoder(self) -> Box<dyn EventEncoder> {
        match self {
            Self::Anthropic => codec::of(Dialect::AnthropicMessages).encoder(),
            Self::Chat => codec::of(Dialect::OpenaiChat).encoder(),
            Self::Nova => Box::<nova::Encoder>::default(),
            Self::Plain => Box::<plain::Encoder>::default(),
        }
    }
}

/// Why choices ended, where they say so as Mistral's models do on Bedrock.
pub(super) fn stop_reasons(value: &Value) -> impl Iterator<Item = (u32, Finish)> {
    items(value, "choices").iter().filter_map(|choice| {
        let reason = finish(str_of(choice, "stop_reason"))?;
        Some((choice_index(count_of(choice, "index")), reason))
    })
}

/// Makes deltas of the messages in a stream's payload: without a delta beside it, a message there is a piece of one. Whether
/// there were any.
pub(super) fn messages_to_deltas(value: &mut Value) -> bool {
    rename(value, |choice| {
        let pieces = choice.contains_key("message") && !choice.contains_key("delta");
        let message = choice.get_mut("message").filter(|_| pieces).map(Value::take);
        message.map(|message| choice.insert("delta".to_owned(), message)).is_some()
    })
}

/// Makes messages of the deltas in a payload that ends a stream of messages.
pub(super) fn deltas_to_messages(value: &mut Value) {
    rename(value, |choice| {
        let reason = choice.get("finish_reason").cloned().unwrap_or_default();
        choice.insert("stop_reason".to_owned(), reason);
        choice.insert("message".to_owned(), json!({"role": "assistant", "content": ""}));
        choice.shift_remove("delta").is_some()
    });
}

fn rename(value: &mut Value, change: impl Fn(&mut Map<String, Value>) -> bool) -> bool {
    let choices = value.get_mut("choices").and_then(Value::as_array_mut).into_iter().flatten();
    choices.filter_map(Value::as_object_mut).fold(false, |changed, choice| change(choice) | changed)
}
