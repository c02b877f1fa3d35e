//! What the formats' typed shapes share: token counts of chunks, log-probabilities, choices that begin and end.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::codec::Payload;
use crate::event::Events;
use crate::loose::bytes;
use crate::loose::lenient::{Count, List, Number, Obj, Text};
use crate::response::{MAX_CHOICES, TokenLogprob, Usage};
use crate::{Event, Notice};

/// `usage` of Chat Completions and legacy Completions.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tokens {
    prompt_tokens: Count,
    completion_tokens: Count,
}

impl Tokens {
    /// The counts, if there are any.
    pub(super) fn report(&self, out: &mut Events) {
        report(self.prompt_tokens, self.completion_tokens, out);
    }
}

/// Token counts as an event, if there are any.
pub(super) fn report(input: Count, output: Count, out: &mut Events) {
    if input.0.is_some() || output.0.is_some() {
        let (input, output) = (input.0.unwrap_or_default(), output.0.unwrap_or_default());
        out.push(Event::Usage(Usage { input, output }));
    }
}

/// Log-probabilities of a choice: a list of tokens, or the parallel lists of the legacy format.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Logprobs<'a> {
    content: List<Obj<Token<'a>>>,
    tokens: List<Text<'a>>,
    token_logprobs: List<Number>,
}

impl Logprobs<'_> {
    /// The tokens as an event, if there are any. A token without a number (the first of an echoed prompt) counts as certain.
    pub(super) fn report(&self, choice: u32, out: &mut Events) {
        let parallel = self.tokens.0.iter().zip(&self.token_logprobs.0);
        let parallel = parallel.map(|(token, logprob)| read(token, *logprob));
        let tokens: Vec<TokenLogprob> = tokens(&self.content).into_iter().chain(parallel).collect();
        if !tokens.is_empty() {
            out.push(Event::Logprobs { choice, tokens });
        }
    }
}

/// One token of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Token<'a> {
    token: Text<'a>,
    logprob: Number,
}

/// The log-probabilities of a list of tokens.
pub(super) fn tokens(list: &List<Obj<Token<'_>>>) -> Vec<TokenLogprob> {
    list.0
        .iter()
        .filter_map(|token| token.0.as_ref())
        .map(|given| read(&given.token, given.logprob))
        .collect()
}

fn read(token: &Text<'_>, logprob: Number) -> TokenLogprob {
    TokenLogprob { token: token.as_str().to_owned(), logprob: logprob.0.unwrap_or_default() as f32 }
}

/// Index of a choice, bounded: what lies beyond is read as the last.
pub(crate) fn choice_index(index: Option<u64>) -> u32 {
    index.unwrap_or_default().min(MAX_CHOICES as u64 - 1) as u32
}

/// What the client was given of a stream of chunks, as far as a chunk that ends it needs it.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    id: String,
    model: String,
    created: u64,
    /// Every choice that began, with whether it ended.
    choices: BTreeMap<u64, bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Head<'a> {
    id: Text<'a>,
    model: Text<'a>,
    created: Count,
    choices: List<Obj<Begun<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Begun<'a> {
    index: Count,
    finish_reason: Text<'a>,
}

impl Delivered {
    /// Notes a chunk that went out.
    pub(super) fn note(&mut self, data: &[u8]) {
        let Ok(Obj(Some(head))) = serde_json::from_slice::<Obj<Head<'_>>>(data) else {
            return;
        };
        if self.id.is_empty() {
            self.id = head.id.into_string();
        }
        if self.model.is_empty() {
            self.model = head.model.into_string();
        }
        if self.created == 0 {
            self.created = head.created.0.unwrap_or_default();
        }
        for choice in head.choices.0.into_iter().filter_map(|choice| choice.0) {
            let index = choice.index.0.unwrap_or_default();
            let ended = !choice.finish_reason.as_str().is_empty();
            if self.choices.len() < MAX_CHOICES || self.choices.contains_key(&index) {
                *self.choices.entry(index).or_default() |= ended;
            }
        }
    }

    /// A chunk for every choice that began and did not end, and the end of the stream. `kind` is the chunk's `object` and the
    /// prefix of an id, where none was given; `nothing` is the empty content of a choice.
    pub(super) fn cut(
        &mut self,
        kind: (&str, &str),
        nothing: (&str, Value),
        notice: &Notice,
    ) -> Vec<Payload> {
        let (object, prefix) = kind;
        if self.id.is_empty() {
            self.id = format!("{prefix}{}", notice.id);
        }
        if self.choices.is_empty() {
            self.choices.insert(0, false);
        }
        let (field, content) = nothing;
        let chunk = |index: &u64| {
            let choice =
                json!({"index": index, field: content, "logprobs": null, "finish_reason": "content_filter"});
            let chunk = json!({
                "id": self.id,
                "object": object,
                "created": self.created,
                "model": self.model,
                "choices": [choice],
                "agentguard": {"id": notice.id, "message": notice.message},
            });
            (None, bytes(&chunk))
        };
        let open = self.choices.iter().filter(|(_, ended)| !**ended).map(|(index, _)| index);
        open.map(chunk).chain([(None, b"[DONE]".to_vec())]).collect()
    }
}
