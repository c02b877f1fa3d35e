//! What a request asks of the wire format: dialect, streaming, choices, log-probabilities, usage.
//!
//! Read here from the JSON itself, apart from the product's own request reader, so that the two check each other.

use agentguard_wire::{Dialect, Endpoint};
use serde_json::Value;

use super::Seen;

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) dialect: Dialect,
    pub(crate) model: String,
    pub(crate) stream: bool,
    /// Gemini streams a JSON array unless `alt=sse` asks for events.
    pub(crate) sse: bool,
    pub(crate) choices: usize,
    /// How many alternatives for each token, when log-probabilities are asked for.
    pub(crate) logprobs: Option<usize>,
    pub(crate) include_usage: bool,
    /// Tools, instructions and the like, to be echoed (OpenAI Responses does).
    pub(crate) body: Value,
    /// An estimate: four characters a token.
    pub(crate) input_tokens: u64,
}

/// Why a request cannot be answered, in the words that OpenAI uses.
pub(crate) enum Unanswerable {
    UnknownUrl,
    NotJson,
}

impl Ask {
    pub(crate) fn of(seen: &Seen) -> Result<Self, Unanswerable> {
        let endpoint = Endpoint::detect(&seen.method, &seen.path).ok_or(Unanswerable::UnknownUrl)?;
        let body: Value = serde_json::from_slice(&seen.body).map_err(|_| Unanswerable::NotJson)?;
        let dialect = endpoint.dialect;
        let ollama = matches!(dialect, Dialect::OllamaChat | Dialect::OllamaGenerate);
        let flag = |pointer: &str| body.pointer(pointer).and_then(Value::as_bool);
        let count = |pointer: &str| body.pointer(pointer).and_then(Value::as_u64).map(|n| n as usize);
        let choices = count("/n").or_else(|| count("/generationConfig/candidateCount"));
        let logprobs = match dialect {
            Dialect::OpenaiCompletions => count("/logprobs"),
            Dialect::OpenaiResponses => includes(&body, "message.output_text.logprobs")
                .then(|| count("/top_logprobs").unwrap_or_default()),
            Dialect::Gemini => flag("/generationConfig/responseLogprobs")
                .filter(|on| *on)
                .map(|_| count("/generationConfig/logprobs").unwrap_or_default()),
            _ => flag("/logprobs").filter(|on| *on).map(|_| count("/top_logprobs").unwrap_or_default()),
        };
        Ok(Self {
            dialect,
            model: body
                .get("model")
                .and_then(Value::as_str)
                .map(str::to_owned)
                .or(endpoint.model)
                .unwrap_or_default(),
            stream: endpoint.stream.or_else(|| flag("/stream")).unwrap_or(ollama),
            sse: seen.query.split('&').any(|pair| pair == "alt=sse"),
            choices: choices.unwrap_or(1).clamp(1, 8),
            logprobs,
            include_usage: flag("/stream_options/include_usage").unwrap_or(false),
            input_tokens: characters(&body) / 4 + 7,
            body,
        })
    }
}

fn includes(body: &Value, what: &str) -> bool {
    body.get("include").and_then(Value::as_array).is_some_and(|list| list.iter().any(|v| v == what))
}

fn characters(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.chars().count() as u64,
        Value::Array(items) => items.iter().map(characters).sum(),
        Value::Object(fields) => fields.values().map(characters).sum(),
        _ => 0,
    }
}
