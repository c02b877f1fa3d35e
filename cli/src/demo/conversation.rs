//! The demo's conversations, read from the data files beside the sources (`cli/conversations/`).
//!
//! A setting holds what the model was shown; each of its cases asks one question by one provider and says what the
//! answer was written to be. All of it was written for this project.

use std::sync::Arc;

use agentguard_judge::{SpanKind, State};
use agentguard_wire::Dialect;
use serde::Deserialize;
use serde_json::Value;

use crate::provider::{Call, Reply, Said};

const FILES: &[(&str, &str)] = &[
    ("questions.yaml", include_str!("../../conversations/questions.yaml")),
    ("data.yaml", include_str!("../../conversations/data.yaml")),
    ("summaries.yaml", include_str!("../../conversations/summaries.yaml")),
    ("tools.yaml", include_str!("../../conversations/tools.yaml")),
    ("dialogues.yaml", include_str!("../../conversations/dialogues.yaml")),
];

/// A data file that cannot be read: only a changed file can cause it, and the tests read them all.
#[derive(Debug, thiserror::Error)]
#[error("conversations/{file}: {source}")]
pub struct DataError {
    file: &'static str,
    source: Box<serde_saphyr::Error>,
}

/// One question and its answer.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// What the model was shown.
    pub setting: Arc<Setting>,
    /// The question, the answer, and what it was written to be.
    pub case: Case,
}

/// What the model was shown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Name.
    pub id: String,
    /// For people.
    pub title: String,
    /// Operator's instructions.
    #[serde(default)]
    pub system: Option<String>,
    /// Text that the user pastes before the question.
    #[serde(default)]
    pub context: Option<String>,
    /// Documents, given as such where the wire format knows them.
    #[serde(default)]
    pub documents: Vec<Document>,
    /// Tools that the model may call.
    #[serde(default)]
    pub tools: Vec<ToolSpec>,
    /// Earlier turns.
    #[serde(default)]
    pub messages: Vec<Turn>,
    /// Whether a JSON answer is demanded.
    #[serde(default)]
    pub json: bool,
    /// Taken out when read.
    #[serde(default)]
    cases: Vec<Case>,
}

/// A document.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
}

/// A tool that the model may call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolSpec {
    /// Function name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Value,
}

/// An earlier turn.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "role", rename_all = "lowercase", deny_unknown_fields)]
pub enum Turn {
    /// The user speaks.
    User {
        /// What.
        text: String,
    },
    /// The model spoke or called tools.
    Assistant {
        /// What it said.
        #[serde(default)]
        text: String,
        /// What it called.
        #[serde(default)]
        calls: Vec<CallSpec>,
    },
    /// A tool's result.
    Tool {
        /// Which tool.
        name: String,
        /// What it returned.
        text: String,
    },
}

/// A call with its arguments as an object.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallSpec {
    /// Function name.
    pub name: String,
    /// Arguments.
    pub arguments: Value,
}

/// A question and its answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Name, unique among all.
    pub id: String,
    /// By which provider and model, and whether streamed.
    pub via: Via,
    /// The question.
    pub ask: String,
    /// The answer's text.
    #[serde(default)]
    pub answer: String,
    /// The answer's tool calls.
    #[serde(default)]
    pub calls: Vec<CallSpec>,
    /// What it was written to be.
    pub expect: Expect,
}

/// The way a question takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Via {
    /// Name in the base URL's path.
    pub provider: Provider,
    /// Which of the provider's APIs, where it has two.
    #[serde(default)]
    pub api: Api,
    /// The model asked for.
    pub model: String,
    /// Whether the answer is streamed.
    pub stream: bool,
}

/// A provider of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// OpenAI.
    Openai,
    /// Anthropic.
    Anthropic,
    /// Google.
    Gemini,
    /// Ollama.
    Ollama,
    /// Cohere.
    Cohere,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Openai, Self::Anthropic, Self::Gemini, Self::Ollama, Self::Cohere];

    /// Its name in the base URL's path.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
            Self::Cohere => "cohere",
        }
    }
}

/// Which of a provider's APIs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Api {
    /// The usual one.
    #[default]
    Chat,
    /// OpenAI Responses.
    Responses,
}

/// What an answer was written to be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The state.
    pub verdict: State,
    /// What was planted, in words.
    #[serde(default)]
    pub planted: Option<String>,
    /// Span kinds that name it rightly.
    #[serde(default)]
    pub kinds: Vec<SpanKind>,
    /// The planted words, as they stand in the answer, in the arguments or as a function's name.
    #[serde(default)]
    pub words: Vec<String>,
}

/// Every conversation, in the order of the files.
///
/// # Errors
/// [`DataError`].
pub fn all() -> Result<Vec<Conversation>, DataError> {
    let mut out = Vec::new();
    for (file, text) in FILES {
        let settings: Vec<Setting> =
            serde_saphyr::from_str(text).map_err(|source| DataError { file, source: Box::new(source) })?;
        for mut setting in settings {
            let cases = std::mem::take(&mut setting.cases);
            let setting = Arc::new(setting);
            out.extend(cases.into_iter().map(|case| Conversation { setting: Arc::clone(&setting), case }));
        }
    }
    Ok(out)
}

impl Conversation {
    /// The wire format that it is held in.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match (self.case.via.provider, self.case.via.api) {
            (Provider::Openai, Api::Chat) => Dialect::OpenaiChat,
            (Provider::Openai, Api::Responses) => Dialect::OpenaiResponses,
            (Provider::Anthropic, _) => Dialect::AnthropicMessages,
            (Provider::Gemini, _) => Dialect::Gemini,
            (Provider::Ollama, _) => Dialect::OllamaChat,
            (Provider::Cohere, _) => Dialect::CohereChat,
        }
    }

    /// What the provider answers.
    #[must_use]
    pub fn reply(&self) -> Reply {
        let call = |call: &CallSpec| Call { name: call.name.clone(), arguments: call.arguments.to_string() };
        let calls = self.case.calls.iter().map(call).collect();
        Reply::said(Said { text: self.case.answer.clone(), calls, ..Said::default() })
    }
}
