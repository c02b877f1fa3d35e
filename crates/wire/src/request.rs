//! A request, read into one provider-neutral shape. Read-only: requests are never re-encoded.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::Dialect;
use crate::response::ToolCall;

/// What the client asked, as far as the judge needs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The format it was read from.
    pub dialect: Dialect,
    /// The model asked for; empty when neither body nor path names one.
    pub model: String,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// How many answers are asked for (`n`, `candidateCount`).
    pub choices: u32,
    /// The conversation in order. System and developer text comes as messages of those roles, first.
    pub messages: Vec<Message>,
    /// Documents given apart from the messages (Cohere `documents`).
    pub documents: Vec<Document>,
    /// The tools that the model may call.
    pub tools: Vec<Tool>,
    /// How the answer is sampled.
    pub sampling: Sampling,
    /// Whether a JSON answer is demanded (`response_format`, `format`, `responseMimeType`).
    pub wants_json: bool,
    /// The earlier response that this one continues on the provider's side (OpenAI Responses): evidence we cannot see.
    pub continues: Option<String>,
}

impl Request {
    /// An empty request of that dialect, to be filled by a parser or a test.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            model: String::new(),
            stream: false,
            choices: 1,
            messages: Vec::new(),
            documents: Vec::new(),
            tools: Vec::new(),
            sampling: Sampling::default(),
            wants_json: false,
            continues: None,
        }
    }

    /// Adds a turn, unless it says nothing.
    pub(crate) fn push_turn(&mut self, role: Role, parts: Vec<Part>) {
        if !parts.is_empty() {
            self.messages.push(Message { role, parts });
        }
    }

    /// Adds the parts of one wire message, as a turn for every run of the same role.
    pub(crate) fn push_parts(&mut self, parts: Vec<(Role, Part)>) {
        let mut open = None;
        for (role, part) in parts {
            if open != Some(role) {
                open = Some(role);
                self.messages.push(Message { role, parts: Vec::new() });
            }
            if let Some(turn) = self.messages.last_mut() {
                turn.parts.push(part);
            }
        }
    }

    /// Names tool results after the calls they answer, where the format gives only the call's id.
    pub(crate) fn name_tool_results(&mut self) {
        let mut names = HashMap::new();
        for part in self.messages.iter_mut().flat_map(|message| &mut message.parts) {
            match part {
                Part::ToolCall(call) if !call.id.is_empty() => {
                    names.insert(call.id.clone(), call.name.clone());
                }
                Part::ToolResult { call_id, name, .. } if name.is_empty() => {
                    if let Some(known) = names.get(call_id) {
                        name.clone_from(known);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Operator instructions (`system`, top-level `system`, `instructions`, `systemInstruction`).
    System,
    /// Operator instructions under their newer OpenAI name.
    Developer,
    /// The person or program asking.
    User,
    /// The model in an earlier turn.
    Assistant,
    /// A tool's result.
    Tool,
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub parts: Vec<Part>,
}

/// A piece of a turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Plain text.
    Text(String),
    /// A document block (Anthropic `document`, OpenAI `input_file` with text, search results).
    Document(Document),
    /// A tool call that the model made earlier.
    ToolCall(ToolCall),
    /// What a tool returned.
    ToolResult {
        /// The call it answers; empty when the format has no ids.
        call_id: String,
        /// The tool, when the format says it.
        name: String,
        /// The result as text (JSON results are kept as their JSON text).
        text: String,
    },
    /// The model's reasoning from an earlier turn, shown back to it. Never evidence.
    Reasoning(String),
    /// The model's refusal from an earlier turn.
    Refusal(String),
    /// An image, audio or file that is not text; the judge cannot read it and says so.
    Media {
        /// The format's own name of the block: `image_url`, `input_audio`, `inlineData`, …
        kind: String,
    },
}

/// A document offered as evidence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The client's id of it, or empty.
    pub id: String,
    /// The title, or empty.
    pub title: String,
    /// Its text; structured documents are kept as JSON text.
    pub text: String,
}

/// A tool that the model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Function name.
    pub name: String,
    /// What the client says it does, or empty.
    pub description: String,
    /// JSON Schema of the arguments; `None` for free-form and provider-run tools.
    pub parameters: Option<serde_json::Value>,
    /// Whether the provider runs it itself (web search, code interpreter): its calls are not the agent's.
    pub hosted: bool,
}

/// Sampling settings, as given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// `temperature`.
    pub temperature: Option<f64>,
    /// `top_p`.
    pub top_p: Option<f64>,
    /// The limit on output tokens.
    pub max_tokens: Option<u64>,
    /// Whether token log-probabilities are asked for.
    pub logprobs: bool,
}
