//! A chunk of a stream and a whole answer as serde types: one shape, since an answer is a chunk with `message` for `delta`.
//!
//! Only what is read is named here. Strings are borrowed; what vendors vary is read leniently.

use serde::Deserialize;
use serde_json::Value;

use crate::loose::lenient::{Count, List, Obj, Text, TextOrList};
use crate::openai::shape::{Logprobs, Tokens};

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Chunk<'a> {
    pub(super) id: Text<'a>,
    pub(super) model: Text<'a>,
    pub(super) choices: Option<List<Obj<Choice<'a>>>>,
    pub(super) usage: Obj<Tokens>,
    /// Groq puts a stream's usage here.
    pub(super) x_groq: Obj<Groq>,
    pub(super) error: Value,
    /// xAI and Perplexity: the addresses that the answer cites, repeated in every chunk.
    pub(super) citations: List<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Groq {
    pub(super) usage: Obj<Tokens>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Choice<'a> {
    pub(super) index: Count,
    pub(super) delta: Obj<Message<'a>>,
    /// The message of an unstreamed answer. Perplexity repeats the whole text so far in it, beside the delta.
    pub(super) message: Obj<Message<'a>>,
    pub(super) finish_reason: Text<'a>,
    pub(super) logprobs: Obj<Logprobs<'a>>,
    /// OpenRouter reports a failed upstream so.
    pub(super) error: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Message<'a> {
    pub(super) content: TextOrList<'a, Obj<Part<'a>>>,
    pub(super) refusal: Text<'a>,
    /// DeepSeek, xAI, vLLM.
    reasoning_content: Text<'a>,
    /// Groq, OpenRouter, newer vLLM.
    reasoning: Text<'a>,
    /// GitHub Copilot.
    reasoning_text: Text<'a>,
    thinking: Text<'a>,
    pub(super) tool_calls: List<Obj<ToolCall<'a>>>,
    pub(super) function_call: Obj<Function<'a>>,
    pub(super) annotations: List<Obj<Annotation<'a>>>,
    /// Azure "on your data".
    pub(super) context: Obj<Context<'a>>,
}

impl Message<'_> {
    /// The reasoning under whichever name; vendors that send two names send the same text in both.
    pub(super) fn reasoning(&self) -> &str {
        [&self.reasoning_content, &self.reasoning, &self.reasoning_text, &self.thinking]
            .into_iter()
            .map(Text::as_str)
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct ToolCall<'a> {
    pub(super) index: Count,
    pub(super) id: Text<'a>,
    pub(super) function: Obj<Function<'a>>,
    /// A custom tool, whose input is free text.
    pub(super) custom: Obj<Function<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Function<'a> {
    pub(super) name: Text<'a>,
    /// JSON text; an object at some vendors.
    pub(super) arguments: Value,
    /// What a custom tool has for `arguments`.
    pub(super) input: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Annotation<'a> {
    pub(super) url_citation: Obj<Source<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Context<'a> {
    pub(super) citations: List<Obj<Source<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Source<'a> {
    pub(super) url: Text<'a>,
    pub(super) title: Text<'a>,
    pub(super) content: Text<'a>,
}

/// A part of `content` (Mistral).
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Part<'a> {
    pub(super) text: Text<'a>,
    pub(super) refusal: Text<'a>,
    pub(super) thinking: TextOrList<'a, Obj<Thought<'a>>>,
}

/// A part of `thinking` (Mistral).
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Thought<'a> {
    pub(super) text: Text<'a>,
}
