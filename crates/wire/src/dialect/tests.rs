//! Endpoints as clouds, gateways and vendors lay them out.

use super::{Dialect, Endpoint};

fn dialect(path: &str) -> Option<Dialect> {
    Endpoint::detect("POST", path).map(|endpoint| endpoint.dialect)
}

#[test]
fn paths_of_every_dialect() {
    for (path, expected) in [
        ("/v1/chat/completions", Dialect::OpenaiChat),
        ("/chat/completions", Dialect::OpenaiChat),
        ("/openai/v1/chat/completions", Dialect::OpenaiChat),
        ("/api/v1/chat/completions/", Dialect::OpenaiChat),
        ("/compatible-mode/v1/chat/completions?x=1#y", Dialect::OpenaiChat),
        ("/v1/agents/completions", Dialect::OpenaiChat),
        ("/v1/responses", Dialect::OpenaiResponses),
        ("/openai/responses?api-version=1", Dialect::OpenaiResponses),
        ("/v1/completions", Dialect::OpenaiCompletions),
        ("/v1/messages?beta=true", Dialect::AnthropicMessages),
        ("/v1beta/models/gemini-2.5-flash:generateContent", Dialect::Gemini),
        ("/api/chat", Dialect::OllamaChat),
        ("/api/generate", Dialect::OllamaGenerate),
        ("/v2/chat", Dialect::CohereChat),
    ] {
        assert_eq!(dialect(path), Some(expected), "{path}");
    }
}

#[test]
fn other_paths_are_opaque() {
    for path in [
        "/v1/embeddings",
        "/v1/fim/completions",
        "/v1/threads/t1/messages",
        "/v1/messages/count_tokens",
        "/v1/responses/r1/cancel",
        "/v1/chat/completions/c1",
        "/v1beta/models/m:countTokens",
        "/v1/projects/p/locations/l/publishers/meta/models/m:rawPredict",
        "/",
        "",
    ] {
        assert_eq!(dialect(path), None, "{path}");
    }
    assert_eq!(Endpoint::detect("GET", "/v1/chat/completions"), None);
}

#[test]
fn paths_that_name_the_model_or_the_stream() {
    let detect = |path| Endpoint::detect("POST", path).map(|endpoint| (endpoint.model, endpoint.stream));
    let some = |model: &str, stream| Some((Some(model.to_owned()), stream));
    assert_eq!(detect("/openai/deployments/gpt-4o/chat/completions?api-version=1"), some("gpt-4o", None));
    assert_eq!(
        detect("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"),
        some("gemini-2.5-flash", Some(true))
    );
    assert_eq!(
        detect("/v1/projects/p/locations/l/publishers/anthropic/models/claude@1:streamRawPredict"),
        some("claude@1", Some(true))
    );
    assert_eq!(detect("/v1/chat/completions"), Some((None, None)));
}
