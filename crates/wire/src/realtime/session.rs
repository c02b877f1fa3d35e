//! Messages of both directions → the model's responses.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::items::{Items, cost, turns};
use crate::event::Events;
use crate::loose::lenient::{Obj, Text};
use crate::loose::{items, str_of};
use crate::openai::responses::{Spoken, input_tools};
use crate::request::Message;
use crate::{Answer, Dialect, Event, Part, Request, Role, Tool};

/// Responses that run at once; what is said in more of them is read when they are done.
const OPEN: usize = 64;
/// Questions that the server has not begun to answer.
const ASKED: usize = 64;

/// One session, as far as it was heard.
pub struct Session {
    model: String,
    config: Arc<Config>,
    items: Items,
    asked: VecDeque<Asked>,
    /// Bytes that questions hold.
    held: usize,
    lost: u64,
    open: Vec<Open>,
    begun: u64,
    /// Bytes kept of the conversation, and of one response.
    limits: (usize, usize),
}

/// What happened.
#[derive(Debug, PartialEq)]
pub enum Happening {
    /// The model begins to respond.
    Began(u64),
    /// It says its first word, or makes its first call.
    Spoke(u64),
    /// It is done.
    Ended(Box<Finished>),
    /// The message could not be read. What it says was not checked.
    Unreadable,
}

/// A response, and what it was made of.
#[derive(Debug, PartialEq)]
pub struct Finished {
    /// The number that it began under.
    pub number: u64,
    /// What the model was shown, in the words of the Responses API.
    pub request: Request,
    /// What it said.
    pub answer: Answer,
    /// Bytes of what it was shown.
    pub size: usize,
    /// Whether the server said that it is done.
    pub complete: bool,
    /// Whether it was longer than is kept.
    pub over: bool,
}

/// What holds for every response. Its parts are shared: a change of one copies none of the others.
#[derive(Clone, Default)]
struct Config {
    instructions: Arc<str>,
    tools: Arc<[Tool]>,
    /// The stored prompt, which we cannot see.
    prompt: Option<String>,
    /// Bytes of the messages that the parts came in, which is all that can be kept of them.
    instructed: usize,
    equipped: usize,
}

/// A client's `response.create`.
#[derive(Default)]
struct Asked {
    event: String,
    metadata: Value,
    instructions: Option<String>,
    tools: Option<Vec<Tool>>,
    input: Option<Vec<Message>>,
    prompt: Option<String>,
    held: usize,
}

/// A response that is being made.
struct Open {
    id: String,
    number: u64,
    config: Arc<Config>,
    asked: Asked,
    /// Items from this number on came too late for it.
    before: u64,
    spoken: Spoken,
    answer: Answer,
    kept: usize,
    spoke: bool,
    over: bool,
}

/// What tells one message from another.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Head<'a> {
    #[serde(rename = "type")]
    kind: Text<'a>,
    response_id: Text<'a>,
    response: Obj<Named<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Named<'a> {
    id: Text<'a>,
}

impl Session {
    /// A session at its start. Of the conversation `evidence` bytes are kept, the newest; of a response, `answer` bytes.
    #[must_use]
    pub fn new(model: &str, evidence: usize, answer: usize) -> Self {
        Self {
            model: model.to_owned(),
            config: Arc::default(),
            items: Items::new(evidence),
            asked: VecDeque::new(),
            held: 0,
            lost: 0,
            open: Vec::new(),
            begun: 0,
            limits: (evidence, answer),
        }
    }

    /// The model that speaks.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Turns of the conversation that were let go to keep within the limit.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.items.forgotten() + self.lost
    }

    /// Takes a message of the client's.
    pub fn client(&mut self, message: &[u8], out: &mut Vec<Happening>) {
        let Some(head) = head(message, out) else { return };
        let kind = head.kind.as_str();
        if !matches!(kind, "session.update" | "conversation.item.create" | "response.create") {
            return;
        }
        let Ok(event) = serde_json::from_slice::<Value>(message) else { return };
        match kind {
            "session.update" => self.configure(&event["session"], message.len()),
            "response.create" => self.ask(&event, message.len()),
            _ => self.items.propose(
                str_of(&event, "event_id"),
                str_of(&event, "previous_item_id"),
                &event["item"],
            ),
        }
    }

    /// Takes a message of the server's.
    pub fn server(&mut self, message: &[u8], out: &mut Vec<Happening>) {
        let Some(head) = head(message, out) else { return };
        let kind = head.kind.as_str();
        match kind {
            // Sound: most of what is sent, and nothing to read.
            "response.output_audio.delta" | "response.audio.delta" => {}
            _ if kind.starts_with("response.") => {
                let id = match &head.response.0 {
                    Some(response) => response.id.as_str(),
                    None => head.response_id.as_str(),
                };
                self.respond(kind, id, message, out);
            }
            "session.created" | "session.updated" | "error" => {
                if let Ok(event) = serde_json::from_slice::<Value>(message) {
                    self.configure(&event["session"], message.len());
                    self.withdraw(str_of(&event["error"], "event_id"));
                }
            }
            _ if kind.starts_with("conversation.item.") => {
                if let Ok(event) = serde_json::from_slice::<Value>(message) {
                    self.item(kind, &event);
                }
            }
            _ => {}
        }
    }

    /// The connection is over: what is left of the responses that were being made.
    pub fn end(&mut self) -> Vec<Finished> {
        std::mem::take(&mut self.open).into_iter().map(|open| self.finish(open, false)).collect()
    }

    fn item(&mut self, kind: &str, event: &Value) {
        let id = str_of(event, "item_id");
        match kind {
            "conversation.item.created" | "conversation.item.added" | "conversation.item.done" => {
                self.items.confirm(str_of(event, "previous_item_id"), &event["item"]);
            }
            "conversation.item.input_audio_transcription.completed" => {
                self.items.transcribe(id, str_of(event, "transcript"));
            }
            "conversation.item.truncated" => self.items.silence(id),
            "conversation.item.deleted" => self.items.remove(id),
            _ => {}
        }
    }

    /// Only the fields that are there change. `size`: bytes of the message.
    fn configure(&mut self, session: &Value, size: usize) {
        if !session.is_object() {
            return;
        }
        let config = Arc::make_mut(&mut self.config);
        // A server repeats what its client has said: that is no change, and what runs shares it on.
        if let Some(instructions) = session["instructions"].as_str()
            && *config.instructions != *instructions
        {
            config.instructions = instructions.into();
            config.instructed = size;
        }
        if session["tools"].is_array() {
            let tools = input_tools(items(session, "tools"));
            if *config.tools != *tools {
                config.tools = tools.into();
                config.equipped = size;
            }
        }
        if let Some(prompt) = session.get("prompt") {
            config.prompt = prompt["id"].as_str().map(str::to_owned);
        }
        if let Some(model) = session["model"].as_str() {
            model.clone_into(&mut self.model);
        }
        self.let_go();
    }

    /// Responses that run keep what held when they began. Where that is too much beside what holds now, the oldest of them is judged
    /// as one of which not everything is known.
    fn let_go(&mut self) {
        while self.kept_for_open() > self.limits.0 {
            let current = self.config.clone();
            let Some(open) = self.open.iter_mut().find(|open| open.config.differs(&current)) else { return };
            let prompt = Some("forgotten".to_owned());
            open.config = Arc::new(Config { prompt, ..Config::default() });
            self.lost += 1;
        }
    }

    /// Bytes of the instructions and tools that running responses hold and that hold no longer.
    fn kept_for_open(&self) -> usize {
        let (mut instructions, mut tools) = (vec![&self.config.instructions], vec![&self.config.tools]);
        let mut bytes = 0;
        for open in &self.open {
            let config = &*open.config;
            if !instructions.iter().any(|known| Arc::ptr_eq(known, &config.instructions)) {
                instructions.push(&config.instructions);
                bytes += config.instructed;
            }
            if !tools.iter().any(|known| Arc::ptr_eq(known, &config.tools)) {
                tools.push(&config.tools);
                bytes += config.equipped;
            }
        }
        bytes
    }

    /// `size`: bytes of the message, which is all that can be kept of it.
    fn ask(&mut self, event: &Value, size: usize) {
        let given = &event["response"];
        let input = given["input"].as_array().map(|input| {
            let known = |item: &Value| match str_of(item, "type") {
                "item_reference" => self.items.of(str_of(item, "id")),
                _ => turns(item),
            };
            input.iter().flat_map(known).collect::<Vec<_>>()
        });
        // What it refers to is kept once more.
        let referred = input.as_deref().map_or(0, cost);
        let mut asked = Asked {
            event: str_of(event, "event_id").to_owned(),
            metadata: metadata(given),
            instructions: given["instructions"].as_str().map(str::to_owned),
            tools: given["tools"].as_array().map(|tools| input_tools(tools)),
            held: size + referred,
            input,
            prompt: given["prompt"]["id"].as_str().map(str::to_owned),
        };
        if self.held + asked.held > self.limits.0 {
            self.lost += 1;
            asked =
                Asked { input: Some(Vec::new()), prompt: Some("forgotten".to_owned()), ..Asked::default() };
        }
        self.held += asked.held;
        self.asked.push_back(asked);
        if self.asked.len() > ASKED
            && let Some(oldest) = self.asked.pop_front()
        {
            self.held -= oldest.held;
        }
    }

    /// The server refused what that event asked for.
    fn withdraw(&mut self, event: &str) {
        self.items.withdraw(event);
        if let Some(place) = self.asked.iter().position(|asked| !event.is_empty() && asked.event == event)
            && let Some(asked) = self.asked.remove(place)
        {
            self.held -= asked.held;
        }
    }

    fn respond(&mut self, kind: &str, id: &str, message: &[u8], out: &mut Vec<Happening>) {
        let done = kind == "response.done";
        let place = match self.open.iter().position(|open| open.id == id) {
            Some(place) => place,
            None if self.open.len() >= OPEN && !done => return,
            None => self.begin(id, message, out),
        };
        let mut events = Events::new();
        let open = &mut self.open[place];
        open.spoken.read(message, &mut events);
        if done {
            open.spoken.finish(&mut events);
        }
        if open.hear(&events, self.limits.1) {
            out.push(Happening::Spoke(open.number));
        }
        if kind == "response.output_item.done"
            && let Ok(event) = serde_json::from_slice::<Value>(message)
        {
            self.items.replace(str_of(&event["item"], "id"), &event["item"]);
        }
        if done {
            let open = self.open.swap_remove(place);
            out.push(Happening::Ended(Box::new(self.finish(open, true))));
        }
    }

    fn begin(&mut self, id: &str, message: &[u8], out: &mut Vec<Happening>) -> usize {
        let response = serde_json::from_slice::<Value>(message).unwrap_or_default();
        let metadata = metadata(&response["response"]);
        let place = self.asked.iter().position(|asked| asked.metadata == metadata);
        let asked = place.and_then(|place| self.asked.remove(place)).unwrap_or_default();
        let number = self.begun;
        self.begun += 1;
        self.open.push(Open {
            id: id.to_owned(),
            number,
            config: self.config.clone(),
            asked,
            before: self.items.next(),
            spoken: Spoken::default(),
            answer: Answer::default(),
            kept: 0,
            spoke: false,
            over: false,
        });
        out.push(Happening::Began(number));
        self.open.len() - 1
    }

    fn finish(&mut self, open: Open, complete: bool) -> Finished {
        let Open { number, config, asked, before, answer, over, .. } = open;
        self.held -= asked.held;
        let mut request = Request::new(Dialect::OpenaiResponses);
        request.model.clone_from(&self.model);
        request.stream = true;
        request.tools = asked.tools.unwrap_or_else(|| config.tools.to_vec());
        let instructions = asked.instructions.as_deref().unwrap_or(&config.instructions);
        if !instructions.is_empty() {
            request.push_turn(Role::System, vec![Part::Text(instructions.to_owned())]);
        }
        request.continues = asked.prompt.or_else(|| config.prompt.clone());
        match asked.input {
            Some(input) => request.messages.extend(input),
            None => {
                if self.items.forgotten() > 0 {
                    request.continues = Some("forgotten".to_owned());
                }
                request.messages.extend(self.items.before(before));
            }
        }
        request.name_tool_results();
        let size = cost(&request.messages);
        Finished { number, request, answer, size, complete, over }
    }
}

impl Config {
    /// Whether it holds instructions or tools that `other` does not.
    fn differs(&self, other: &Self) -> bool {
        let instructed = self.instructed > 0 && !Arc::ptr_eq(&self.instructions, &other.instructions);
        instructed || (self.equipped > 0 && !Arc::ptr_eq(&self.tools, &other.tools))
    }
}

impl Open {
    /// Adds events to the answer, text up to the limit. Whether these are its first words.
    fn hear(&mut self, events: &Events, limit: usize) -> bool {
        let mut speaks = false;
        for event in events {
            let length = match event {
                Event::Text { text, .. } | Event::Reasoning { text, .. } | Event::Refusal { text, .. } => {
                    speaks = true;
                    text.len()
                }
                Event::ToolStart { .. } => {
                    speaks = true;
                    0
                }
                Event::ToolArguments { fragment, .. } => fragment.len(),
                _ => 0,
            };
            self.kept += length;
            if length > 0 && self.kept > limit {
                self.over = true;
            } else {
                self.answer.apply(event);
            }
        }
        speaks && !std::mem::replace(&mut self.spoke, true)
    }
}

/// A response's metadata, where there is any.
fn metadata(response: &Value) -> Value {
    response.get("metadata").filter(|given| **given != Value::Object(Map::new())).cloned().unwrap_or_default()
}

/// The head of a message; nothing of JSON that is no object.
fn head<'m>(message: &'m [u8], out: &mut Vec<Happening>) -> Option<Head<'m>> {
    match serde_json::from_slice::<Obj<Head<'m>>>(message) {
        Ok(Obj(head)) => head,
        Err(_) => {
            out.push(Happening::Unreadable);
            None
        }
    }
}
