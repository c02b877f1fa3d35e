//! The conversation, item by item, as far as it is remembered.

use std::collections::VecDeque;

use serde_json::Value;

use crate::loose::str_of;
use crate::openai::responses::input_item;
use crate::request::Message;
use crate::{Dialect, Part, Request, Role};

/// What an item costs beside its text.
const OVERHEAD: usize = 256;
/// Items that are remembered at most, since they are looked for one by one.
const ITEMS: usize = 4096;

/// The items in order.
pub(super) struct Items {
    items: VecDeque<Item>,
    bytes: usize,
    limit: usize,
    /// The number of the next item to come.
    next: u64,
    forgotten: u64,
}

struct Item {
    /// Empty while the server has not given one.
    id: String,
    /// The client's event that asked for it, until the server has confirmed it.
    event: Option<String>,
    /// By arrival.
    number: u64,
    /// Type and role.
    kind: (String, String),
    turns: Vec<Message>,
}

impl Items {
    pub(super) fn new(limit: usize) -> Self {
        Self { items: VecDeque::new(), bytes: 0, limit, next: 0, forgotten: 0 }
    }

    /// The number of the next item: those below it have come.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Items that had to go.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// A client asks for an item.
    pub(super) fn propose(&mut self, event: &str, previous: &str, given: &Value) {
        let id = str_of(given, "id");
        if id.is_empty() || !self.replace(id, given) {
            self.insert(Some(event.to_owned()), previous, given);
        }
    }

    /// The server says what became an item, or what an item became.
    pub(super) fn confirm(&mut self, previous: &str, given: &Value) {
        let id = str_of(given, "id");
        if self.replace(id, given) {
            return;
        }
        let kind = kind(given);
        let waiting = self
            .items
            .iter_mut()
            .find(|item| item.event.is_some() && item.id.is_empty() && item.kind == kind);
        if let Some(item) = waiting {
            id.clone_into(&mut item.id);
            self.replace(id, given);
        } else {
            self.insert(None, previous, given);
        }
    }

    /// An item that is known has this content now. Whether it is known.
    pub(super) fn replace(&mut self, id: &str, given: &Value) -> bool {
        let Some(item) = self.items.iter_mut().find(|item| !id.is_empty() && item.id == id) else {
            return false;
        };
        item.event = None;
        // An item that is being written is told without its content.
        let turns = turns(given);
        if says(&turns) >= says(&item.turns) {
            self.set(id, turns);
        }
        true
    }

    /// What was spoken in an item of the user's.
    pub(super) fn transcribe(&mut self, id: &str, transcript: &str) {
        if !transcript.is_empty() {
            self.set(id, vec![Message { role: Role::User, parts: vec![Part::Text(transcript.to_owned())] }]);
        }
    }

    /// The item's text is gone, since nobody heard it.
    pub(super) fn silence(&mut self, id: &str) {
        self.set(id, Vec::new());
    }

    /// The item is gone.
    pub(super) fn remove(&mut self, id: &str) {
        self.drop_where(|item| !id.is_empty() && item.id == id);
    }

    /// The server refused what that event of the client's asked for.
    pub(super) fn withdraw(&mut self, event: &str) {
        self.drop_where(|item| !event.is_empty() && item.event.as_deref() == Some(event));
    }

    /// The turns of the items that came before that number.
    pub(super) fn before(&self, number: u64) -> impl Iterator<Item = Message> {
        self.items.iter().filter(move |item| item.number < number).flat_map(|item| item.turns.iter().cloned())
    }

    /// The turns of one item.
    pub(super) fn of(&self, id: &str) -> Vec<Message> {
        self.items.iter().find(|item| item.id == id).map(|item| item.turns.clone()).unwrap_or_default()
    }

    fn insert(&mut self, event: Option<String>, previous: &str, given: &Value) {
        let turns = turns(given);
        self.bytes += cost(&turns);
        let item =
            Item { id: str_of(given, "id").to_owned(), event, number: self.next, kind: kind(given), turns };
        self.next += 1;
        let after = self.items.iter().position(|item| !previous.is_empty() && item.id == previous);
        let place = match after {
            _ if previous == "root" => 0,
            Some(place) => place + 1,
            None => self.items.len(),
        };
        self.items.insert(place, item);
        self.shrink();
    }

    fn set(&mut self, id: &str, turns: Vec<Message>) {
        if let Some(item) = self.items.iter_mut().find(|item| !id.is_empty() && item.id == id) {
            self.bytes = self.bytes + cost(&turns) - cost(&item.turns);
            item.turns = turns;
            self.shrink();
        }
    }

    /// Lets the oldest go, however much the newest holds.
    fn shrink(&mut self) {
        while (self.bytes > self.limit || self.items.len() > ITEMS)
            && let Some(oldest) = self.items.pop_front()
        {
            self.bytes -= cost(&oldest.turns);
            self.forgotten += 1;
        }
    }

    fn drop_where(&mut self, gone: impl Fn(&Item) -> bool) {
        let bytes = &mut self.bytes;
        self.items.retain(|item| {
            let goes = gone(item);
            if goes {
                *bytes -= cost(&item.turns);
            }
            !goes
        });
    }
}

/// What an item says, as turns of a request.
pub(super) fn turns(given: &Value) -> Vec<Message> {
    let mut request = Request::new(Dialect::OpenaiResponses);
    input_item(Role::User, given, &mut request);
    request.messages
}

/// What turns cost to keep, in bytes.
pub(super) fn cost(turns: &[Message]) -> usize {
    OVERHEAD + says(turns)
}

fn says(turns: &[Message]) -> usize {
    turns.iter().flat_map(|turn| &turn.parts).map(length).sum()
}

fn length(part: &Part) -> usize {
    match part {
        Part::Text(text) | Part::Reasoning(text) | Part::Refusal(text) | Part::Media { kind: text } => {
            text.len()
        }
        Part::Document(document) => document.text.len() + document.title.len() + document.id.len(),
        Part::ToolCall(call) => call.id.len() + call.name.len() + call.arguments.len(),
        Part::ToolResult { call_id, name, text } => call_id.len() + name.len() + text.len(),
    }
}

fn kind(given: &Value) -> (String, String) {
    (str_of(given, "type").to_owned(), str_of(given, "role").to_owned())
}
