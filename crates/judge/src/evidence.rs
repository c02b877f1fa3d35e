//! What the model was shown: the text that its answer is held against.

use agentguard_wire::{Request, Tool};
use serde::{Deserialize, Serialize};

/// Where a piece of evidence comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// System or developer text.
    Instructions,
    /// A document given as such.
    Document,
    /// Context that the user pasted beside the question.
    UserContext,
    /// The user's question itself: names and numbers in it are known, but it proves nothing.
    Question,
    /// A tool's result.
    ToolResult,
    /// An earlier turn of the conversation.
    EarlierTurn,
    /// What the agent saw in its own calls while answering (inbound judging).
    AgentContext,
}

/// One source of evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// What it is.
    pub kind: SourceKind,
    /// A stable label: `messages[1]`, `documents[0]`, `tool:get_weather`.
    pub label: String,
    /// Its text.
    pub text: String,
}

/// Everything an answer is held against, prepared once per exchange.
#[derive(Debug, Default)]
pub struct Evidence {
    sources: Vec<Source>,
    tools: Vec<Tool>,
}

impl Evidence {
    /// Gathers and prepares the evidence that a request carries. Costs time in proportion to its text: start it
    /// while the provider thinks.
    #[must_use]
    pub fn gather(_request: &Request) -> Self {
        todo!()
    }

    /// Evidence from parts, for agent context and tests.
    #[must_use]
    pub fn from_sources(_sources: Vec<Source>, _tools: Vec<Tool>) -> Self {
        todo!()
    }

    /// The sources, in order.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The tools that may be called.
    #[must_use]
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// Whether anything is there that a claim could follow from (a bare question is not).
    #[must_use]
    pub fn is_checkable(&self) -> bool {
        todo!()
    }
}
