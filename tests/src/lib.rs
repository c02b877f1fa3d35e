//! Helpers of the cross-crate tests: an answer asked for in every dialect, streamed and not, from the scripted provider.

use std::sync::Arc;

use agentguard::provider::{Pieces, Provider, Reply, Script, Writes};
use agentguard_judge::{Evidence, Session, Settings, Verdict};
use agentguard_wire::{Answer, Dialect, Endpoint, Framing, StreamDecoder};
use bytes::Bytes;
use serde_json::{Value, json};

/// A conversation to be judged: what the model is shown, what is asked, what it answers.
#[derive(Clone, Debug)]
pub struct Case {
    /// Evidence.
    pub context: String,
    /// Question.
    pub question: String,
    /// Answer.
    pub answer: String,
}

/// The request body and path of a case in a dialect.
#[must_use]
pub fn request(dialect: Dialect, case: &Case, stream: bool) -> (String, Value) {
    let messages =
        json!([{"role": "system", "content": case.context}, {"role": "user", "content": case.question}]);
    let user = json!([{"role": "user", "content": case.question}]);
    let (path, body) = match dialect {
        Dialect::OpenaiChat => ("/v1/chat/completions", json!({"messages": messages})),
        Dialect::OpenaiResponses => {
            ("/v1/responses", json!({"instructions": case.context, "input": case.question}))
        }
        Dialect::OpenaiCompletions => {
            ("/v1/completions", json!({"prompt": format!("{}\n\n{}", case.context, case.question)}))
        }
        Dialect::AnthropicMessages => {
            ("/v1/messages", json!({"system": case.context, "messages": user, "max_tokens": 4096}))
        }
        Dialect::Gemini => {
            let body = json!({
                "systemInstruction": {"parts": [{"text": case.context}]},
                "contents": [{"role": "user", "parts": [{"text": case.question}]}]
            });
            let verb = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
            return (format!("/v1beta/models/m:{verb}"), body);
        }
        Dialect::OllamaChat => ("/api/chat", json!({"messages": messages})),
        Dialect::OllamaGenerate => {
            ("/api/generate", json!({"system": case.context, "prompt": case.question}))
        }
        Dialect::CohereChat => ("/v2/chat", json!({"messages": messages})),
        Dialect::BedrockConverse => {
            let body = json!({
                "system": [{"text": case.context}],
                "messages": [{"role": "user", "content": [{"text": case.question}]}]
            });
            return (format!("/model/m%3A0/{}", if stream { "converse-stream" } else { "converse" }), body);
        }
        Dialect::BedrockInvoke => {
            let body = json!({
                "anthropic_version": "bedrock-2023-05-31",
                "max_tokens": 4096,
                "system": case.context,
                "messages": user
            });
            let verb = if stream { "invoke-with-response-stream" } else { "invoke" };
            return (format!("/model/m%3A0/{verb}"), body);
        }
    };
    let mut body = body;
    body["model"] = json!("m");
    body["stream"] = json!(stream);
    (path.to_owned(), body)
}

/// Asks the provider and decodes its answer, feeding a stream to the decoder in pieces of `step` bytes.
pub async fn ask(
    client: &reqwest::Client,
    provider: &Provider,
    dialect: Dialect,
    case: &Case,
    stream: Option<usize>,
) -> (Answer, Verdict) {
    let (path, body) = request(dialect, case, stream.is_some());
    let url = format!("http://{}{path}", provider.address());
    let response = client.post(url).json(&body).send().await.expect("the provider answers");
    assert!(response.status().is_success(), "{dialect}: {}", response.status());
    let content_type = response.headers()["content-type"].to_str().expect("ascii").to_owned();
    let bytes = response.bytes().await.expect("a body");

    let endpoint = Endpoint::detect("POST", &path).expect("an LLM endpoint");
    let payload = serde_json::to_vec(&body).expect("JSON");
    let asked = agentguard_wire::parse_request(&endpoint, &payload).expect("a request");
    assert_eq!(asked.stream, stream.is_some(), "{dialect}");
    let evidence = Arc::new(Evidence::gather(&asked));
    let Some(step) = stream else {
        let answer = agentguard_wire::parse_answer(dialect, &bytes).expect("an answer");
        let verdict = Session::judge(evidence, Settings::default(), &answer);
        return (answer, verdict);
    };
    let framing = Framing::of(dialect, &content_type, true).expect("a stream");
    let (mut decoder, mut frames) = (StreamDecoder::new(dialect, framing), Vec::new());
    for piece in bytes.chunks(step.max(1)) {
        decoder.feed(&Bytes::copy_from_slice(piece), &mut frames);
    }
    decoder.finish(&mut frames);
    let (mut answer, mut session) = (Answer::default(), Session::new(evidence, Settings::default()));
    for event in frames.iter().flat_map(|frame| &frame.events) {
        answer.apply(event);
        session.event(event);
    }
    (answer, session.finish())
}

/// An HTTP client; ring is the process's crypto provider.
///
/// # Panics
/// Never: a second installation is refused, which is as good.
#[must_use]
pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

/// A provider that answers every question with that text, cut into pieces and writes as told.
pub async fn provider(answer: &str, pieces: Pieces) -> Provider {
    let reply = Reply::text(answer).cut(pieces, Writes::Events);
    Provider::start("127.0.0.1:0", Script::always(reply)).await.expect("a free port")
}
