//! Answer lines → events.

use serde::Deserialize;
use serde_json::Value;

use crate::codec::EventDecoder;
use crate::event::Events;
use crate::loose::lenient::{Count, Flag, List, Number, Obj, Text};
use crate::loose::{self, Reads, text_of};
use crate::offsets::Offsets;
use crate::response::MAX_TOOL_CALLS;
use crate::{Event, Finish, TokenLogprob, Usage};

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Line<'a> {
    model: Text<'a>,
    /// Of `/api/chat`.
    message: Obj<Message<'a>>,
    /// Of `/api/generate`.
    response: Text<'a>,
    thinking: Text<'a>,
    tool_calls: List<Obj<Call<'a>>>,
    logprobs: List<Obj<Token<'a>>>,
    done: Flag,
    done_reason: Text<'a>,
    prompt_eval_count: Count,
    eval_count: Count,
    error: Value,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Message<'a> {
    content: Text<'a>,
    thinking: Text<'a>,
    tool_calls: List<Obj<Call<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Call<'a> {
    id: Text<'a>,
    function: Obj<Function<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Function<'a> {
    name: Text<'a>,
    arguments: Value,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Token<'a> {
    token: Text<'a>,
    logprob: Number,
}

/// One stream's state.
#[derive(Default)]
pub(super) struct Decoder {
    /// Whether anything was a line of this dialect.
    pub(super) recognised: bool,
    model: String,
    offsets: Offsets,
    calls: u32,
}

impl EventDecoder for Decoder {
    fn decode(&mut self, _name: Option<&str>, data: &[u8], out: &mut Events) {
        loose::decode(self, data, out);
    }

    /// Calls come whole: nothing stays open.
    fn finish(&mut self, _: &mut Events) {}
}

impl Reads for Decoder {
    type Payload<'a> = Line<'a>;

    fn read(&mut self, line: Line<'_>, out: &mut Events) {
        let failed = !line.error.is_null();
        self.recognised |= failed || line.message.0.is_some() || line.response.0.is_some();
        if line.model.as_str() != self.model && !line.model.as_str().is_empty() {
            self.model = line.model.into_string();
            out.push(Event::Start { id: String::new(), model: self.model.clone() });
        }
        let Message { content, thinking, tool_calls } = line.message.0.unwrap_or_default();
        for thinking in [thinking, line.thinking].into_iter().filter_map(Text::filled) {
            self.offsets.gap(0);
            out.push(Event::Reasoning { choice: 0, text: thinking });
        }
        self.offsets.text(0, content.into_string(), out);
        self.offsets.text(0, line.response.into_string(), out);
        for call in tool_calls.0.into_iter().chain(line.tool_calls.0).filter_map(|call| call.0) {
            self.call(call, out);
        }
        let tokens: Vec<_> = line.logprobs.0.into_iter().filter_map(|token| logprob(token.0?)).collect();
        if !tokens.is_empty() {
            out.push(Event::Logprobs { choice: 0, tokens });
        }
        if failed {
            let message = line.error.get("message").unwrap_or(&line.error);
            out.push(Event::Error { message: text_of(message) });
        }
        if line.done.0 {
            let counts = (line.prompt_eval_count.0, line.eval_count.0);
            if counts != (None, None) {
                let (input, output) = (counts.0.unwrap_or_default(), counts.1.unwrap_or_default());
                out.push(Event::Usage(Usage { input, output }));
            }
            out.push(Event::Finish { choice: 0, reason: finish(line.done_reason) });
            out.push(Event::End);
        }
    }
}

impl Decoder {
    fn call(&mut self, call: Call<'_>, out: &mut Events) {
        let Some(function) = call.function.0 else { return };
        self.offsets.gap(0);
        let (choice, number) = (0, self.calls);
        self.calls = (self.calls + 1).min(MAX_TOOL_CALLS as u32);
        let arguments = match function.arguments {
            Value::Null => "{}".to_owned(),
            given => text_of(&given),
        };
        out.push(Event::ToolStart {
            choice,
            call: number,
            id: call.id.into_string(),
            name: function.name.into_string(),
        });
        out.push(Event::ToolArguments { choice, call: number, fragment: arguments });
        out.push(Event::ToolEnd { choice, call: number });
    }
}

fn logprob(token: Token<'_>) -> Option<TokenLogprob> {
    let logprob = token.logprob.0? as f32;
    Some(TokenLogprob { token: token.token.into_string(), logprob })
}

/// Older versions gave no reason.
fn finish(reason: Text<'_>) -> Finish {
    match reason.as_str() {
        "" | "stop" => Finish::Stop,
        "length" => Finish::Length,
        "content_filter" => Finish::ContentFilter,
        _ => Finish::Other(reason.into_string()),
    }
}
