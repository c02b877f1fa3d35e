//! Chunks → events. An unstreamed answer is read as a stream of one chunk, so both give the same.

use super::calls::Calls;
use super::shape::{Choice, Chunk, Message, Source};
use crate::Event;
use crate::codec::EventDecoder;
use crate::event::Events;
use crate::loose::lenient::TextOrList;
use crate::loose::{self, Reads};
use crate::offsets::Offsets;
use crate::openai::shape::choice_index;
use crate::openai::{error_message, finish};
use crate::response::Citation;

/// What is known of a stream so far.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// Whether anything was a chunk of this dialect.
    pub(super) recognised: bool,
    id: bool,
    model: bool,
    /// How many of the repeated top-level citations were reported.
    citations: usize,
    text: Offsets,
    /// The tool calls of each choice.
    calls: Vec<Calls>,
}

impl EventDecoder for Decoder {
    fn decode(&mut self, _: Option<&str>, data: &[u8], out: &mut Events) {
        if data.trim_ascii() == b"[DONE]" {
            out.push(Event::End);
        } else {
            loose::decode(self, data, out);
        }
    }

    fn finish(&mut self, out: &mut Events) {
        for (choice, calls) in (0..).zip(&mut self.calls) {
            calls.end(choice, out);
        }
    }
}

impl Reads for Decoder {
    type Payload<'a> = Chunk<'a>;

    fn read(&mut self, chunk: Chunk<'_>, out: &mut Events) {
        self.recognised |= chunk.choices.is_some() || !chunk.error.is_null();
        self.start(&chunk, out);
        for choice in
            chunk.choices.iter().flat_map(|choices| &choices.0).filter_map(|choice| choice.0.as_ref())
        {
            self.choice(choice, out);
        }
        self.cited(&chunk, out);
        let groq = || chunk.x_groq.0.as_ref().and_then(|groq| groq.usage.0.as_ref());
        chunk.usage.0.as_ref().or_else(groq).iter().for_each(|usage| usage.report(out));
        out.extend(error_message(&chunk.error).map(|message| Event::Error { message }));
    }
}

impl Decoder {
    /// The first id and the first model that are said: Azure's first chunk has neither, GitHub Copilot changes the id.
    fn start(&mut self, chunk: &Chunk<'_>, out: &mut Events) {
        let new = |known: &mut bool, said: &str| {
            let first = !*known && !said.is_empty();
            *known |= first;
            if first { said.to_owned() } else { String::new() }
        };
        let (id, model) = (new(&mut self.id, chunk.id.as_str()), new(&mut self.model, chunk.model.as_str()));
        if !id.is_empty() || !model.is_empty() {
            out.push(Event::Start { id, model });
        }
    }

    fn choice(&mut self, given: &Choice<'_>, out: &mut Events) {
        let choice = choice_index(given.index.0);
        if self.calls.len() <= choice as usize {
            self.calls.resize_with(choice as usize + 1, Calls::default);
        }
        match (&given.delta.0, &given.message.0) {
            (Some(message), None) => self.message(choice, message, out),
            (None, Some(message)) if self.is_new(choice) => self.message(choice, message, out),
            (delta, Some(_)) => {
                if let Some(delta) = delta {
                    self.message(choice, delta, out);
                }
                out.push(Event::Snapshot { choice });
            }
            (None, None) => {}
        }
        given.logprobs.0.iter().for_each(|logprobs| logprobs.report(choice, out));
        if let Some(reason) = finish(given.finish_reason.as_str()) {
            self.calls[choice as usize].end(choice, out);
            out.push(Event::Finish { choice, reason });
        }
        out.extend(error_message(&given.error).map(|message| Event::Error { message }));
    }

    fn is_new(&self, choice: u32) -> bool {
        self.text.length(choice) == 0 && self.calls[choice as usize].is_empty()
    }

    fn message(&mut self, choice: u32, message: &Message<'_>, out: &mut Events) {
        reasoning(choice, message.reasoning(), out);
        match &message.content {
            TextOrList::None => {}
            TextOrList::Text(text) => self.text.text(choice, text.as_ref().to_owned(), out),
            TextOrList::List(parts) => {
                for part in parts.iter().filter_map(|part| part.0.as_ref()) {
                    match &part.thinking {
                        TextOrList::None => {}
                        TextOrList::Text(text) => reasoning(choice, text, out),
                        TextOrList::List(thoughts) => {
                            let thoughts = thoughts.iter().filter_map(|thought| thought.0.as_ref());
                            thoughts.for_each(|thought| reasoning(choice, thought.text.as_str(), out));
                        }
                    }
                    self.text.text(choice, part.text.as_str().to_owned(), out);
                    refusal(choice, part.refusal.as_str(), out);
                }
            }
        }
        refusal(choice, message.refusal.as_str(), out);
        let calls = &mut self.calls[choice as usize];
        for call in message.tool_calls.0.iter().filter_map(|call| call.0.as_ref()) {
            calls.part(choice, call, out);
        }
        if let Some(function) = &message.function_call.0 {
            calls.legacy(choice, function, out);
        }
        let annotated =
            message.annotations.0.iter().filter_map(|given| given.0.as_ref()?.url_citation.0.as_ref());
        let retrieved = message.context.0.iter().flat_map(|context| &context.citations.0);
        for source in annotated.chain(retrieved.filter_map(|source| source.0.as_ref())) {
            out.push(Event::Citation { choice, citation: citation(source) });
        }
    }

    fn cited(&mut self, chunk: &Chunk<'_>, out: &mut Events) {
        for source in chunk.citations.0.iter().skip(self.citations).map(|source| source.as_str()) {
            let citation = Citation { source: source.to_owned(), ..Citation::default() };
            out.push(Event::Citation { choice: 0, citation });
        }
        self.citations = self.citations.max(chunk.citations.0.len());
    }
}

fn reasoning(choice: u32, text: &str, out: &mut Events) {
    if !text.is_empty() {
        out.push(Event::Reasoning { choice, text: text.to_owned() });
    }
}

fn refusal(choice: u32, text: &str, out: &mut Events) {
    if !text.is_empty() {
        out.push(Event::Refusal { choice, text: text.to_owned() });
    }
}

fn citation(source: &Source<'_>) -> Citation {
    Citation {
        source: source.url.as_str().to_owned(),
        title: source.title.as_str().to_owned(),
        quote: source.content.as_str().to_owned(),
    }
}
