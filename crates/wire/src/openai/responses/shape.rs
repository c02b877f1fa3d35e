//! Stream events and the response object as serde types. Only what is read is named; strings are borrowed.

use serde::Deserialize;
use serde_json::Value;

use crate::loose::lenient::{Count, List, Obj, Text};
use crate::openai::shape::Token;

/// One event of a stream; which fields are there depends on `type`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Payload<'a> {
    #[serde(rename = "type")]
    pub(super) kind: Text<'a>,
    pub(super) output_index: Count,
    pub(super) content_index: Count,
    pub(super) summary_index: Count,
    pub(super) delta: Text<'a>,
    pub(super) text: Text<'a>,
    /// What Realtime has for `text` where the model speaks.
    pub(super) transcript: Text<'a>,
    pub(super) refusal: Text<'a>,
    pub(super) arguments: Text<'a>,
    /// What a custom tool has for `arguments`.
    pub(super) input: Text<'a>,
    pub(super) logprobs: List<Obj<Token<'a>>>,
    pub(super) part: Obj<Part<'a>>,
    pub(super) item: Obj<Item<'a>>,
    pub(super) annotation: Obj<Annotation<'a>>,
    pub(super) response: Obj<Response<'a>>,
    pub(super) message: Text<'a>,
    pub(super) error: Value,
}

/// The response object: the whole body of an unstreamed answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Response<'a> {
    pub(super) id: Text<'a>,
    pub(super) model: Text<'a>,
    pub(super) status: Text<'a>,
    pub(super) output: Option<List<Obj<Item<'a>>>>,
    pub(super) usage: Obj<Usage>,
    pub(super) incomplete_details: Obj<Incomplete<'a>>,
    /// What Realtime has for `incomplete_details` and `error`.
    pub(super) status_details: Obj<Incomplete<'a>>,
    pub(super) error: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Incomplete<'a> {
    pub(super) reason: Text<'a>,
    /// Only in `status_details`.
    pub(super) error: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Usage {
    pub(super) input_tokens: Count,
    pub(super) output_tokens: Count,
}

/// An output item: a message, a call, reasoning, or one of many that are not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Item<'a> {
    #[serde(rename = "type")]
    pub(super) kind: Text<'a>,
    pub(super) id: Text<'a>,
    pub(super) call_id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) arguments: Text<'a>,
    /// What a custom tool has for `arguments`.
    pub(super) input: Text<'a>,
    pub(super) content: List<Obj<Part<'a>>>,
    pub(super) summary: List<Obj<Part<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Part<'a> {
    #[serde(rename = "type")]
    pub(super) kind: Text<'a>,
    pub(super) text: Text<'a>,
    /// What Realtime has for `text` where the model speaks.
    pub(super) transcript: Text<'a>,
    pub(super) refusal: Text<'a>,
    pub(super) annotations: List<Obj<Annotation<'a>>>,
    pub(super) logprobs: List<Obj<Token<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Annotation<'a> {
    pub(super) url: Text<'a>,
    pub(super) file_id: Text<'a>,
    pub(super) title: Text<'a>,
    pub(super) filename: Text<'a>,
}

impl Part<'_> {
    /// What it says, whatever its kind.
    pub(super) fn said(&self) -> &str {
        if self.transcript.as_str().is_empty() {
            either(&self.text, &self.refusal)
        } else {
            either(&self.text, &self.transcript)
        }
    }
}

impl Item<'_> {
    /// Whether it is a call that the client runs.
    pub(super) fn is_call(&self) -> bool {
        matches!(self.kind.as_str(), "function_call" | "custom_tool_call")
    }

    /// The arguments of a function call or the input of a custom tool.
    pub(super) fn arguments(&self) -> &str {
        either(&self.arguments, &self.input)
    }
}

/// The first unless it is empty.
pub(super) fn either<'t>(first: &'t Text<'_>, second: &'t Text<'_>) -> &'t str {
    if first.as_str().is_empty() { second.as_str() } else { first.as_str() }
}
