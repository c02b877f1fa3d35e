//! Legacy Completions: a prompt or several, answered with text. With `echo` the answer begins with the prompt.

#[cfg(test)]
mod tests;

use serde::Deserialize;
use serde_json::Value;

use super::shape::{Delivered, Logprobs, Tokens, choice_index};
use super::{error_message, finish};
use crate::codec::{Codec, EventDecoder, EventEncoder, ParseError, Payload, Refusal};
use crate::event::Events;
use crate::loose::lenient::{Count, List, Obj, Text};
use crate::loose::{self, Reads, count_of};
use crate::offsets::{Offsets, Rewrite, touched};
use crate::{Answer, Dialect, Edits, Endpoint, Event, Notice, Part, Request, Role, Sampling};

const COMPLETIONS: Dialect = Dialect::OpenaiCompletions;

pub(crate) struct Completions;

impl Codec for Completions {
    fn request(&self, endpoint: &Endpoint, body: &[u8]) -> Result<Request, ParseError> {
        let body = loose::object(COMPLETIONS, body)?;
        let prompts: Vec<Part> = match &body["prompt"] {
            Value::String(text) => vec![Part::Text(text.clone())],
            // A list of texts, of token lists, or of tokens.
            Value::Array(prompts) if prompts.first().is_some_and(|first| !first.is_number()) => {
                prompts.iter().map(prompt).collect()
            }
            Value::Array(_) => vec![prompt(&body["prompt"])],
            _ => return Err(ParseError::shape(COMPLETIONS, "it has no prompt")),
        };
        let named = loose::str_of(&body, "model");
        let n = count_of(&body, "n").unwrap_or(1).saturating_mul(prompts.len() as u64);
        let mut request = Request::new(COMPLETIONS);
        request.model =
            if named.is_empty() { endpoint.model.clone().unwrap_or_default() } else { named.to_owned() };
        request.stream = endpoint.stream.or(body["stream"].as_bool()).unwrap_or_default();
        request.choices = u32::try_from(n).unwrap_or(u32::MAX);
        request.sampling = Sampling {
            temperature: body["temperature"].as_f64(),
            top_p: body["top_p"].as_f64(),
            max_tokens: count_of(&body, "max_tokens"),
            logprobs: body["logprobs"].is_number(),
        };
        let suffix = body["suffix"].as_str().map(|text| Part::Text(text.to_owned()));
        request.push_turn(Role::User, prompts.into_iter().chain(suffix).collect());
        Ok(request)
    }

    fn answer(&self, body: &[u8]) -> Result<Answer, ParseError> {
        let (mut decoder, mut events) = (Decoder::default(), Events::new());
        loose::decode_body(&mut decoder, COMPLETIONS, body, &mut events)?;
        if !decoder.recognised {
            return Err(no_choices());
        }
        Ok(Answer::from_iter(&events))
    }

    fn redact(&self, body: &[u8], edits: &Edits) -> Result<Vec<u8>, ParseError> {
        let mut answer = loose::object(COMPLETIONS, body)?;
        let mut rewrite = Rewrite::body(edits);
        choices(&mut answer)?.iter_mut().for_each(|choice| edit(choice, &mut rewrite));
        Ok(loose::bytes(&answer))
    }

    fn replace(&self, body: &[u8], notice: &Notice) -> Result<Vec<u8>, ParseError> {
        let mut answer = loose::object(COMPLETIONS, body)?;
        for choice in choices(&mut answer)? {
            choice["text"] = notice.message.as_str().into();
            choice["logprobs"] = Value::Null;
            choice["finish_reason"] = "content_filter".into();
        }
        Ok(loose::bytes(&answer))
    }

    fn refuse(&self, notice: &Notice) -> Refusal {
        super::refuse(notice)
    }

    fn decoder(&self) -> Box<dyn EventDecoder> {
        Box::new(Decoder::default())
    }

    fn encoder(&self) -> Box<dyn EventEncoder> {
        Box::new(Encoder::default())
    }
}

fn prompt(given: &Value) -> Part {
    match given {
        Value::String(text) => Part::Text(text.clone()),
        _ => Part::Media { kind: "tokens".to_owned() },
    }
}

/// A chunk of a stream, or the whole answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Chunk<'a> {
    id: Text<'a>,
    model: Text<'a>,
    choices: Option<List<Obj<Choice<'a>>>>,
    usage: Obj<Tokens>,
    error: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Choice<'a> {
    index: Count,
    text: Text<'a>,
    logprobs: Obj<Logprobs<'a>>,
    finish_reason: Text<'a>,
}

#[derive(Debug, Default)]
struct Decoder {
    recognised: bool,
    started: bool,
    text: Offsets,
}

impl EventDecoder for Decoder {
    fn decode(&mut self, _: Option<&str>, data: &[u8], out: &mut Events) {
        if data.trim_ascii() == b"[DONE]" {
            out.push(Event::End);
        } else {
            loose::decode(self, data, out);
        }
    }

    fn finish(&mut self, _: &mut Events) {}
}

impl Reads for Decoder {
    type Payload<'a> = Chunk<'a>;

    fn read(&mut self, chunk: Chunk<'_>, out: &mut Events) {
        self.recognised |= chunk.choices.is_some() || !chunk.error.is_null();
        let (id, model) = (chunk.id.into_string(), chunk.model.into_string());
        if !self.started && (!id.is_empty() || !model.is_empty()) {
            self.started = true;
            out.push(Event::Start { id, model });
        }
        for given in chunk.choices.into_iter().flat_map(|choices| choices.0).filter_map(|choice| choice.0) {
            let choice = choice_index(given.index.0);
            self.text.text(choice, given.text.into_string(), out);
            given.logprobs.0.iter().for_each(|logprobs| logprobs.report(choice, out));
            out.extend(finish(given.finish_reason.as_str()).map(|reason| Event::Finish { choice, reason }));
        }
        chunk.usage.0.iter().for_each(|usage| usage.report(out));
        out.extend(error_message(&chunk.error).map(|message| Event::Error { message }));
    }
}

#[derive(Debug, Default)]
struct Encoder {
    delivered: Delivered,
}

impl EventEncoder for Encoder {
    fn delivered(&mut self, _: Option<&str>, data: &[u8], _: &Events) {
        self.delivered.note(data);
    }

    fn redact(&mut self, data: &[u8], events: &Events, edits: &Edits) -> Option<Vec<u8>> {
        if !touched(events, edits) {
            return None;
        }
        let mut chunk = loose::object(COMPLETIONS, data).ok()?;
        let mut rewrite = Rewrite::payload(edits, events);
        chunk.get_mut("choices")?.as_array_mut()?.iter_mut().for_each(|choice| edit(choice, &mut rewrite));
        rewrite.changed().then(|| loose::bytes(&chunk))
    }

    fn cut(&mut self, notice: &Notice) -> Vec<Payload> {
        self.delivered.cut(("text_completion", "cmpl-"), ("text", "".into()), notice)
    }
}

/// Edits the text of a choice; its log-probabilities go with what is removed.
fn edit(choice: &mut Value, rewrite: &mut Rewrite<'_>) {
    let index = choice_index(count_of(choice, "index"));
    if choice.get_mut("text").is_some_and(|text| rewrite.text(index, text)) {
        choice["logprobs"] = Value::Null;
    }
}

fn choices(answer: &mut Value) -> Result<&mut Vec<Value>, ParseError> {
    answer.get_mut("choices").and_then(Value::as_array_mut).ok_or_else(no_choices)
}

fn no_choices() -> ParseError {
    ParseError::shape(COMPLETIONS, "it has no list of choices")
}
