//! Answers written out in each provider's wire format.

mod anthropic;
mod bedrock;
mod chat;
mod cohere;
mod completions;
mod errors;
mod gemini;
mod heads;
mod ollama;
mod responses;

use agentguard_wire::{Dialect, Finish};
use serde::Serialize;
use serde_json::Value;

use super::ask::Ask;
use super::ids::Ids;
use super::pieces;
use super::script::{Pieces, Said};

pub(crate) use errors::{
    body as error_body, event as error_event, headers as error_headers, status, unanswerable,
};
pub(crate) use heads::head;

/// One piece of a body that goes out at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) bytes: Vec<u8>,
    /// Whether it carries text, so that the pace holds it back.
    pub(crate) paced: bool,
}

impl Event {
    fn sse(name: Option<&str>, data: &impl Serialize) -> Self {
        let data = json(data);
        let name = name.map(|name| format!("event: {name}\n")).unwrap_or_default();
        Self { bytes: format!("{name}data: {data}\n\n").into_bytes(), paced: false }
    }

    fn raw(text: impl Into<Vec<u8>>) -> Self {
        Self { bytes: text.into(), paced: false }
    }

    fn paced(mut self) -> Self {
        self.paced = true;
        self
    }
}

/// Everything that an answer is written from.
pub(crate) struct Scene<'a> {
    pub(crate) ask: &'a Ask,
    /// As many as were asked for.
    pub(crate) choices: Vec<Said>,
    pub(crate) model: String,
    pub(crate) ids: Ids,
    /// Seconds since the Unix epoch.
    pub(crate) now: i64,
    pub(crate) pieces: Pieces,
}

/// A token with what the model thought of it.
#[derive(Clone, Debug)]
struct Token {
    text: String,
    logprob: f64,
    /// Alternatives, the token itself first.
    top: Vec<(String, f64)>,
}

impl Scene<'_> {
    fn cut(&self, text: &str) -> Vec<String> {
        pieces::cut(text, self.pieces)
    }

    fn gathered(&mut self, text: &str, most: u64) -> Vec<String> {
        let cut = self.cut(text);
        match self.pieces {
            Pieces::Tokens => pieces::gather(cut, most, &mut self.ids),
            Pieces::Chars(_) | Pieces::Whole => cut,
        }
    }

    /// The text's tokens with log-probabilities: the script's, then plausible ones (a sure model, now and then less so).
    fn tokens(&mut self, said: &Said) -> Vec<Token> {
        let alternatives = self.ask.logprobs.unwrap_or_default();
        let texts = self.cut(&said.text);
        texts
            .into_iter()
            .enumerate()
            .map(|(at, text)| {
                let drawn = -((self.ids.below(900) + 1) as f64) / 10_000.0;
                let logprob = said.logprobs.get(at).map_or(drawn, |given| f64::from(*given));
                let mut top = vec![(text.clone(), logprob)];
                top.extend(
                    (1..alternatives).map(|rank| (format!(" alt{rank}"), logprob - 2.5 * rank as f64)),
                );
                top.truncate(alternatives);
                Token { text, logprob, top }
            })
            .collect()
    }

    /// One token a piece of text, arguments and reasoning.
    fn output_tokens(&self) -> u64 {
        let count = |text: &str| pieces::cut(text, Pieces::Tokens).len() as u64;
        self.choices
            .iter()
            .map(|said| {
                let calls: u64 = said.calls.iter().map(|call| count(&call.arguments) + 6).sum();
                count(&said.text) + count(&said.reasoning) + count(&said.refusal) + calls
            })
            .sum::<u64>()
            .max(1)
    }

    /// Why a choice ends.
    fn finish(said: &Said) -> Finish {
        said.finish.clone().unwrap_or(if said.calls.is_empty() { Finish::Stop } else { Finish::ToolCalls })
    }

    fn first(&self) -> Said {
        self.choices.first().cloned().unwrap_or_default()
    }

    /// RFC 3339 in UTC with that fraction of a second.
    fn timestamp(&self, nanoseconds: u64) -> String {
        let at = i128::from(self.now) * 1_000_000_000 + i128::from(nanoseconds);
        jiff::Timestamp::from_nanosecond(at).map_or_else(|_| String::new(), |at| at.to_string())
    }
}

/// An unstreamed answer.
pub(crate) fn whole(scene: &mut Scene<'_>) -> Vec<u8> {
    match scene.ask.dialect {
        Dialect::OpenaiChat => chat::whole(scene),
        Dialect::OpenaiResponses => responses::whole(scene),
        Dialect::OpenaiCompletions => completions::whole(scene),
        Dialect::AnthropicMessages | Dialect::BedrockInvoke => anthropic::whole(scene),
        Dialect::BedrockConverse => bedrock::whole(scene),
        Dialect::Gemini => gemini::whole(scene),
        Dialect::OllamaChat | Dialect::OllamaGenerate => ollama::whole(scene),
        Dialect::CohereChat => cohere::whole(scene),
    }
}

/// A streamed answer, event by event.
pub(crate) fn stream(scene: &mut Scene<'_>) -> Vec<Event> {
    match scene.ask.dialect {
        Dialect::OpenaiChat => chat::stream(scene),
        Dialect::OpenaiResponses => responses::stream(scene),
        Dialect::OpenaiCompletions => completions::stream(scene),
        Dialect::AnthropicMessages => anthropic::stream(scene),
        Dialect::BedrockInvoke => bedrock::stream_of_claude(scene),
        Dialect::BedrockConverse => bedrock::stream(scene),
        Dialect::Gemini => gemini::stream(scene),
        Dialect::OllamaChat | Dialect::OllamaGenerate => ollama::stream(scene),
        Dialect::CohereChat => cohere::stream(scene),
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("values made here have string keys")
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("values made here have string keys")
}

/// Arguments as an object, for the formats that do not carry them as text.
fn object(arguments: &str) -> Value {
    serde_json::from_str(arguments).unwrap_or_else(|_| Value::Object(serde_json::Map::new()))
}
