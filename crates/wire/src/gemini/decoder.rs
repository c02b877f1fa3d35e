//! Elements of a stream, and whole bodies, → events.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::DIALECT;
use super::calls::{Calls, FunctionCall};
use crate::codec::{EventDecoder, ParseError};
use crate::event::Events;
use crate::loose::lenient::{Count, Flag, List, Number, Obj, Text};
use crate::loose::{self, Reads};
use crate::offsets::Offsets;
use crate::response::MAX_CHOICES;
use crate::{Answer, Citation, Event, Finish, TokenLogprob, Usage};

/// More citations than an answer has; later ones are dropped rather than remembered for ever.
const MAX_CITATIONS: usize = 4096;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Response<'a> {
    candidates: List<Obj<Candidate<'a>>>,
    prompt_feedback: Obj<Feedback<'a>>,
    usage_metadata: Obj<Tokens>,
    model_version: Text<'a>,
    response_id: Text<'a>,
    error: Obj<Failure<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Candidate<'a> {
    index: Count,
    content: Obj<Content<'a>>,
    finish_reason: Text<'a>,
    finish_message: Text<'a>,
    logprobs_result: Obj<Logprobs<'a>>,
    grounding_metadata: Obj<Grounding<'a>>,
    citation_metadata: Obj<Citations<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Content<'a> {
    parts: List<Obj<Part<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Part<'a> {
    text: Text<'a>,
    thought: Flag,
    function_call: Obj<FunctionCall<'a>>,
    // Content that is neither text nor a call for the client; it parts the text around it.
    executable_code: Obj<IgnoredAny>,
    code_execution_result: Obj<IgnoredAny>,
    inline_data: Obj<IgnoredAny>,
    file_data: Obj<IgnoredAny>,
    tool_call: Obj<IgnoredAny>,
    tool_response: Obj<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Logprobs<'a> {
    chosen_candidates: List<Obj<Chosen<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Chosen<'a> {
    token: Text<'a>,
    log_probability: Number,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Grounding<'a> {
    grounding_chunks: List<Obj<Chunk<'a>>>,
}

/// Where grounding came from; one of them is set.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Chunk<'a> {
    web: Obj<Source<'a>>,
    retrieved_context: Obj<Source<'a>>,
    maps: Obj<Source<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Citations<'a> {
    /// Vertex AI's name.
    citations: List<Obj<Source<'a>>>,
    /// The Gemini API's name.
    #[serde(rename = "citationSources")]
    sources: List<Obj<Source<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Source<'a> {
    uri: Text<'a>,
    title: Text<'a>,
    text: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Feedback<'a> {
    block_reason: Text<'a>,
    block_reason_message: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Tokens {
    prompt_token_count: Count,
    candidates_token_count: Count,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Failure<'a> {
    message: Text<'a>,
    status: Text<'a>,
}

/// One stream's state.
#[derive(Default)]
pub(super) struct Decoder {
    /// Whether anything was a response of this dialect.
    recognised: bool,
    started: (String, String),
    offsets: Offsets,
    calls: Calls,
    cited: Vec<(u32, Citation)>,
    usage: Option<Usage>,
}

/// Reads a whole body, or a stream that something gathered into one array.
pub(super) fn answer(body: &[u8]) -> Result<Answer, ParseError> {
    let (mut decoder, mut events) = (Decoder::default(), Events::new());
    if body.trim_ascii_start().starts_with(b"[") {
        let gathered = loose::value(DIALECT, body)?;
        for element in gathered.as_array().into_iter().flatten() {
            let response = Obj::<Response<'_>>::deserialize(element);
            if let Obj(Some(response)) = response.map_err(|error| ParseError::json(DIALECT, &error))? {
                decoder.read(response, &mut events);
            }
        }
    } else {
        loose::decode_body(&mut decoder, DIALECT, body, &mut events)?;
    }
    if !decoder.recognised {
        return Err(ParseError::shape(DIALECT, "it has no candidates"));
    }
    decoder.finish(&mut events);
    Ok(Answer::from_iter(&events))
}

impl EventDecoder for Decoder {
    fn decode(&mut self, _name: Option<&str>, data: &[u8], out: &mut Events) {
        loose::decode(self, data, out);
    }

    fn finish(&mut self, out: &mut Events) {
        self.calls.finish(out);
    }
}

impl Reads for Decoder {
    type Payload<'a> = Response<'a>;

    fn read(&mut self, response: Response<'_>, out: &mut Events) {
        self.recognised |= !response.candidates.0.is_empty()
            || response.prompt_feedback.0.is_some()
            || response.usage_metadata.0.is_some()
            || response.error.0.is_some();
        self.start(&response, out);
        for (position, candidate) in (0..MAX_CHOICES as u64).zip(response.candidates.0) {
            let Some(candidate) = candidate.0 else { continue };
            // Vertex AI leaves the index of the only candidate out.
            let choice = candidate.index.0.unwrap_or(position).min(MAX_CHOICES as u64 - 1) as u32;
            self.candidate(choice, candidate, out);
        }
        if let Some(feedback) = response.prompt_feedback.0
            && feedback.block_reason.filled().is_some()
        {
            let message = feedback.block_reason_message.filled();
            out.extend(message.map(|text| Event::Refusal { choice: 0, text }));
            out.push(Event::Finish { choice: 0, reason: Finish::ContentFilter });
        }
        if let Some(tokens) = response.usage_metadata.0 {
            self.tokens(&tokens, out);
        }
        if let Some(error) = response.error.0 {
            let message = error.message.filled().or_else(|| error.status.filled());
            out.push(Event::Error { message: message.unwrap_or_else(|| "error".to_owned()) });
        }
    }
}

impl Decoder {
    /// Every element repeats id and model; only what is new is said again.
    fn start(&mut self, response: &Response<'_>, out: &mut Events) {
        let (id, model) = (response.response_id.as_str(), response.model_version.as_str());
        let known = (self.started.0 == id || id.is_empty()) && (self.started.1 == model || model.is_empty());
        if !known {
            self.started = (id.to_owned(), model.to_owned());
            out.push(Event::Start { id: id.to_owned(), model: model.to_owned() });
        }
    }

    fn candidate(&mut self, choice: u32, candidate: Candidate<'_>, out: &mut Events) {
        for part in candidate.content.0.into_iter().flat_map(|content| content.parts.0) {
            if let Some(part) = part.0 {
                self.part(choice, part, out);
            }
        }
        if let Some(logprobs) = candidate.logprobs_result.0 {
            let chosen = logprobs.chosen_candidates.0.into_iter().filter_map(|chosen| chosen.0);
            let tokens: Vec<_> = chosen.filter_map(token).collect();
            if !tokens.is_empty() {
                out.push(Event::Logprobs { choice, tokens });
            }
        }
        self.cite(choice, candidate.grounding_metadata.0, candidate.citation_metadata.0, out);
        if let Some(reason) = candidate.finish_reason.filled() {
            let reason = finish(reason);
            if reason == Finish::ContentFilter {
                let message = candidate.finish_message.filled();
                out.extend(message.map(|text| Event::Refusal { choice, text }));
            }
            out.push(Event::Finish { choice, reason });
        }
    }

    fn part(&mut self, choice: u32, part: Part<'_>, out: &mut Events) {
        let other = part.executable_code.0.is_some()
            || part.code_execution_result.0.is_some()
            || part.inline_data.0.is_some()
            || part.file_data.0.is_some()
            || part.tool_call.0.is_some()
            || part.tool_response.0.is_some();
        if let Some(call) = part.function_call.0 {
            self.offsets.gap(choice);
            self.calls.call(choice, call, out);
        } else if other {
            self.offsets.gap(choice);
        }
        match part.text.filled() {
            Some(text) if part.thought.0 => {
                self.offsets.gap(choice);
                out.push(Event::Reasoning { choice, text });
            }
            Some(text) => self.offsets.text(choice, text, out),
            None => {}
        }
    }

    /// Elements repeat the sources found so far: those of earlier elements are not said again.
    fn cite(
        &mut self,
        choice: u32,
        grounding: Option<Grounding<'_>>,
        quoted: Option<Citations<'_>>,
        out: &mut Events,
    ) {
        let chunks = grounding.into_iter().flat_map(|grounding| grounding.grounding_chunks.0);
        let grounded = chunks.filter_map(|chunk| {
            let chunk = chunk.0?;
            chunk.web.0.or(chunk.retrieved_context.0).or(chunk.maps.0)
        });
        let quoted =
            quoted.into_iter().flat_map(|quoted| quoted.citations.0.into_iter().chain(quoted.sources.0));
        let sources = grounded.chain(quoted.filter_map(|source| source.0));
        let before = self.cited.len();
        for source in sources {
            let citation = Citation {
                source: source.uri.into_string(),
                title: source.title.into_string(),
                quote: source.text.into_string(),
            };
            let known = self.cited[..before].iter().any(|(at, known)| *at == choice && *known == citation);
            if !known && self.cited.len() < MAX_CITATIONS {
                self.cited.push((choice, citation.clone()));
                out.push(Event::Citation { choice, citation });
            }
        }
    }

    fn tokens(&mut self, tokens: &Tokens, out: &mut Events) {
        let counts = (tokens.prompt_token_count.0, tokens.candidates_token_count.0);
        if counts == (None, None) {
            return;
        }
        let last = self.usage.unwrap_or_default();
        let usage = Usage { input: counts.0.unwrap_or(last.input), output: counts.1.unwrap_or(last.output) };
        self.usage = Some(usage);
        out.push(Event::Usage(usage));
    }
}

fn token(chosen: Chosen<'_>) -> Option<TokenLogprob> {
    let logprob = chosen.log_probability.0? as f32;
    Some(TokenLogprob { token: chosen.token.into_string(), logprob })
}

fn finish(reason: String) -> Finish {
    match reason.as_str() {
        "STOP" => Finish::Stop,
        "MAX_TOKENS" => Finish::Length,
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "MODEL_ARMOR"
        | "ESCALATION"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => Finish::ContentFilter,
        _ => Finish::Other(reason),
    }
}
