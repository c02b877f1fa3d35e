//! A request's messages, documents and tool results as sources.

use std::collections::HashMap;

use agentguard_wire::{Document, Message, Part, Request, Role};

use super::{Source, SourceKind, Unseen, sections};
use crate::text::chars;

/// What a request shows the model.
pub(super) struct Gathered {
    pub sources: Vec<Source>,
    pub unseen: Unseen,
}

/// Collects the sources of a request in the order of the conversation.
pub(super) fn gather(request: &Request) -> Gathered {
    let mut gatherer = Gatherer { last_user: last_user(&request.messages), ..Gatherer::default() };
    for document in &request.documents {
        gatherer.document(document);
    }
    for (number, message) in request.messages.iter().enumerate() {
        gatherer.message(number, message);
    }
    let mut unseen = gatherer.unseen;
    unseen.hosted_tools = request.tools.iter().any(|tool| tool.hosted);
    unseen.earlier_response = request.continues.is_some();
    Gathered { sources: gatherer.sources, unseen }
}

fn last_user(messages: &[Message]) -> Option<usize> {
    let asks = |m: &Message| {
        m.role == Role::User
            && m.parts.iter().any(|part| matches!(part, Part::Text(text) if !text.trim().is_empty()))
    };
    messages.iter().rposition(asks)
}

#[derive(Default)]
struct Gatherer<'r> {
    sources: Vec<Source>,
    unseen: Unseen,
    last_user: Option<usize>,
    documents: usize,
    /// Call id → tool name.
    calls: HashMap<&'r str, &'r str>,
    labels: HashMap<String, usize>,
}

impl<'r> Gatherer<'r> {
    fn push(&mut self, kind: SourceKind, label: String, text: String) {
        if text.trim().is_empty() {
            return;
        }
        let seen = self.labels.entry(label.clone()).or_default();
        *seen += 1;
        let label = if *seen == 1 { label } else { format!("{label}#{seen}") };
        self.sources.push(Source { kind, label, text });
    }

    fn document(&mut self, document: &Document) {
        let label = format!("documents[{}]", self.documents);
        self.documents += 1;
        let text = if document.title.is_empty() {
            document.text.clone()
        } else {
            format!("{}\n{}", document.title, document.text)
        };
        self.push(SourceKind::Document, label, text);
    }

    fn message(&mut self, number: usize, message: &'r Message) {
        let label = format!("messages[{number}]");
        let mut text = String::new();
        for part in &message.parts {
            match part {
                Part::Text(piece) => join(&mut text, piece),
                Part::Document(document) => self.document(document),
                Part::ToolCall(call) => {
                    self.calls.insert(&call.id, &call.name);
                    join(&mut text, &call.arguments);
                }
                Part::ToolResult { call_id, name, text } => {
                    let named = if name.is_empty() {
                        self.calls.get(call_id.as_str()).copied()
                    } else {
                        Some(name.as_str())
                    };
                    let label = format!(
                        "tool:{}",
                        named.unwrap_or(if call_id.is_empty() { "result" } else { call_id })
                    );
                    self.push(SourceKind::ToolResult, label, text.clone());
                }
                // The model's own thoughts prove nothing and its refusals say nothing.
                Part::Reasoning(_) | Part::Refusal(_) => {}
                Part::Media { .. } => self.unseen.media = true,
            }
        }
        match message.role {
            Role::System | Role::Developer => self.push(SourceKind::Instructions, label, text),
            Role::Assistant => self.push(SourceKind::EarlierTurn, label, text),
            Role::Tool => self.push(SourceKind::ToolResult, label, text),
            Role::User => self.user(number, label, &text),
        }
    }

    fn user(&mut self, number: usize, label: String, text: &str) {
        let split = sections::split(text);
        let asks =
            if self.last_user == Some(number) { SourceKind::Question } else { SourceKind::EarlierTurn };
        if split.context.is_empty() {
            self.push(asks, label, text.to_owned());
            return;
        }
        let question = format!("{label}.question");
        self.push(SourceKind::UserContext, label, sections::joined(text, &split.context));
        self.push(asks, question, sections::joined(text, &split.question));
    }
}

fn join(text: &mut String, piece: &str) {
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(piece);
}

/// Shortens the sources to `budget` bytes together, the least telling first; returns the bytes left out.
pub(super) fn fit(sources: &mut Vec<Source>, budget: usize) -> usize {
    let total: usize = sources.iter().map(|s| s.text.len()).sum();
    if total <= budget {
        return 0;
    }
    let rank = |kind: SourceKind| match kind {
        SourceKind::Question => 0,
        SourceKind::ToolResult | SourceKind::AgentContext => 1,
        SourceKind::Document | SourceKind::UserContext => 2,
        SourceKind::Instructions => 3,
        SourceKind::EarlierTurn => 4,
    };
    let mut order: Vec<usize> = (0..sources.len()).collect();
    order.sort_by_key(|i| (rank(sources[*i].kind), usize::MAX - i));
    let mut left = budget;
    let mut omitted = 0;
    for i in order {
        let text = &mut sources[i].text;
        let keep = chars::floor(text, left);
        omitted += text.len() - keep;
        text.truncate(keep);
        left -= keep;
    }
    sources.retain(|s| !s.text.is_empty());
    omitted
}
