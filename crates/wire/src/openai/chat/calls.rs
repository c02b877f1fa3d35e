//! The tool calls of one choice, put together from pieces. Most vendors number them and send id and name once; some
//! repeat both in every chunk, some send no numbers, some number all of them 0.

use super::shape::{Function, ToolCall};
use crate::Event;
use crate::event::Events;
use crate::loose::text_of;
use crate::response::MAX_TOOL_CALLS;

#[derive(Debug, Default)]
pub(super) struct Calls {
    begun: Vec<Call>,
    /// Calls before this one were ended.
    ended: usize,
}

#[derive(Debug, Default)]
struct Call {
    index: Option<u64>,
    id: String,
    name: String,
}

impl Calls {
    pub(super) fn is_empty(&self) -> bool {
        self.begun.is_empty()
    }

    /// A piece of a call.
    pub(super) fn part(&mut self, choice: u32, call: &ToolCall<'_>, out: &mut Events) {
        if let Some(function) = call.function.0.as_ref().or(call.custom.0.as_ref()) {
            let at = self.find(call.index.0, call.id.as_str());
            self.add(choice, at, call.id.as_str(), function, out);
        }
    }

    /// A piece of the one `function_call` of the legacy format.
    pub(super) fn legacy(&mut self, choice: u32, function: &Function<'_>, out: &mut Events) {
        let at = self.find(None, "");
        self.add(choice, at, "", function, out);
    }

    /// Ends every call that is open.
    pub(super) fn end(&mut self, choice: u32, out: &mut Events) {
        for call in self.ended..self.begun.len() {
            out.push(Event::ToolEnd { choice, call: call as u32 });
        }
        self.ended = self.begun.len();
    }

    /// The position of the call that this index and id mean. An id that is new begins a call, also under an old index.
    fn find(&mut self, index: Option<u64>, id: &str) -> usize {
        let known = self.begun.iter().rposition(|call| match index {
            Some(_) => call.index == index && (id.is_empty() || call.id.is_empty() || call.id == id),
            None => id.is_empty() || call.id == id,
        });
        known.unwrap_or_else(|| {
            if self.begun.len() < MAX_TOOL_CALLS {
                self.begun.push(Call { index, ..Call::default() });
            }
            self.begun.len() - 1
        })
    }

    fn add(&mut self, choice: u32, at: usize, id: &str, function: &Function<'_>, out: &mut Events) {
        let (known, call) = (&mut self.begun[at], at as u32);
        let id = if known.id.is_empty() { id } else { "" };
        let name = if known.name == function.name.as_str() { "" } else { function.name.as_str() };
        if !id.is_empty() || !name.is_empty() {
            known.id.push_str(id);
            known.name.push_str(name);
            out.push(Event::ToolStart { choice, call, id: id.to_owned(), name: name.to_owned() });
        }
        let given = if function.arguments.is_null() { &function.input } else { &function.arguments };
        let fragment = text_of(given);
        if !fragment.is_empty() {
            out.push(Event::ToolArguments { choice, call, fragment });
        }
    }
}
