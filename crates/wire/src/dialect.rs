//! Which wire format an endpoint speaks, told from method and path alone.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

/// One LLM wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// OpenAI `POST /v1/chat/completions`; also Azure, Mistral, Groq, DeepSeek, xAI, vLLM and many more.
    OpenaiChat,
    /// OpenAI `POST /v1/responses`.
    OpenaiResponses,
    /// OpenAI legacy `POST /v1/completions`.
    OpenaiCompletions,
    /// Anthropic `POST /v1/messages`; also Vertex AI `:rawPredict` of Anthropic models.
    AnthropicMessages,
    /// Google `POST …:generateContent` and `…:streamGenerateContent` (Gemini API and Vertex AI).
    Gemini,
    /// Ollama `POST /api/chat`.
    OllamaChat,
    /// Ollama `POST /api/generate`.
    OllamaGenerate,
    /// Cohere `POST /v2/chat`.
    CohereChat,
    /// AWS Bedrock `POST /model/{id}/converse` and `…/converse-stream`.
    BedrockConverse,
    /// AWS Bedrock `POST /model/{id}/invoke` and `…/invoke-with-response-stream`: the model's own format inside.
    BedrockInvoke,
}

impl Dialect {
    /// Every dialect, for tables and tests.
    pub const ALL: [Self; 10] = [
        Self::OpenaiChat,
        Self::OpenaiResponses,
        Self::OpenaiCompletions,
        Self::AnthropicMessages,
        Self::Gemini,
        Self::OllamaChat,
        Self::OllamaGenerate,
        Self::CohereChat,
        Self::BedrockConverse,
        Self::BedrockInvoke,
    ];

    /// The name used in policies, metrics and verdicts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenaiChat => "openai_chat",
            Self::OpenaiResponses => "openai_responses",
            Self::OpenaiCompletions => "openai_completions",
            Self::AnthropicMessages => "anthropic_messages",
            Self::Gemini => "gemini",
            Self::OllamaChat => "ollama_chat",
            Self::OllamaGenerate => "ollama_generate",
            Self::CohereChat => "cohere_chat",
            Self::BedrockConverse => "bedrock_converse",
            Self::BedrockInvoke => "bedrock_invoke",
        }
    }
}

impl Dialect {
    /// Whether the dialect's clients skip SSE comment lines, as the standard asks. Google's own SDK does not: it reads every
    /// line as JSON and fails (seen with `google-genai` 3.4).
    #[must_use]
    pub fn skips_comments(self) -> bool {
        self != Self::Gemini
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a request line says before its body is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The wire format of request and response.
    pub dialect: Dialect,
    /// The model, where the path names it (Gemini, Azure deployments, Bedrock).
    pub model: Option<String>,
    /// Whether the path itself decides on streaming (Gemini `:streamGenerateContent`, Bedrock `/converse-stream`).
    pub stream: Option<bool>,
}

impl Endpoint {
    /// Recognises an LLM endpoint by method and path (query string allowed). `None`: pass through untouched.
    ///
    /// Matching is by path suffix, since gateways and clouds put prefixes before it
    /// (`/openai/deployments/NAME/chat/completions`, `/compatible-mode/v1/chat/completions`).
    #[must_use]
    pub fn detect(method: &str, path: &str) -> Option<Self> {
        if method != "POST" {
            return None;
        }
        let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        let named = |dialect| Some(Self { dialect, model: None, stream: None });
        if let Some((resource, verb)) = path.rsplit_once(':') {
            let model = || resource.rsplit('/').next().filter(|m| !m.is_empty()).map(str::to_owned);
            let at = |dialect, stream| Some(Self { dialect, model: model(), stream: Some(stream) });
            match verb {
                "generateContent" => return at(Dialect::Gemini, false),
                "streamGenerateContent" => return at(Dialect::Gemini, true),
                "rawPredict" if resource.contains("/publishers/anthropic/") => {
                    return at(Dialect::AnthropicMessages, false);
                }
                "streamRawPredict" if resource.contains("/publishers/anthropic/") => {
                    return at(Dialect::AnthropicMessages, true);
                }
                _ => {}
            }
        }
        if let Some(endpoint) = crate::bedrock::path::endpoint(path) {
            return Some(endpoint);
        }
        let azure = || {
            let (_, rest) = path.split_once("/deployments/")?;
            rest.split('/').next().map(str::to_owned)
        };
        let with_deployment = |dialect| Some(Self { dialect, model: azure(), stream: None });
        match path {
            p if p.ends_with("/chat/completions") => with_deployment(Dialect::OpenaiChat),
            // Mistral's agents answer as chat does; its fill-in-the-middle is code, and neither format.
            p if p.ends_with("/agents/completions") => named(Dialect::OpenaiChat),
            p if p.ends_with("/fim/completions") => None,
            p if p.ends_with("/completions") => with_deployment(Dialect::OpenaiCompletions),
            p if p.ends_with("/responses") => with_deployment(Dialect::OpenaiResponses),
            p if p.ends_with("/messages") && !p.contains("/threads/") => named(Dialect::AnthropicMessages),
            p if p.ends_with("/api/chat") => named(Dialect::OllamaChat),
            p if p.ends_with("/api/generate") => named(Dialect::OllamaGenerate),
            p if p.ends_with("/v2/chat") => named(Dialect::CohereChat),
            _ => None,
        }
    }
}
