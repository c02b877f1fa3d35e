//! Conversations written for this project: what is read from them, how they end when they are cut in the middle, and what
//! is left when words are taken out, held against reviewed snapshots.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fmt::Write;
use std::fs;
use std::path::Path;

use agentguard_wire::framing::Framing;
use agentguard_wire::framing::event_stream::Message;
use agentguard_wire::realtime::{Happening, Session};
use agentguard_wire::{
    Answer, Dialect, Edit, Edits, Endpoint, Notice, StreamDecoder, StreamEncoder, parse_answer, parse_request,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::json;

/// Reads the stream, cuts it after `cut` frames, and replaces `gone` in choice 0 by `[removed]`.
fn stream(dialect: Dialect, file: &str, cut: usize, gone: &str) {
    let framing = match Path::new(file).extension().and_then(|end| end.to_str()) {
        Some("ndjson") => Framing::Ndjson,
        Some("array") => Framing::JsonArray,
        Some("eventstream") => Framing::EventStream,
        _ => Framing::Sse,
    };
    let bytes = Bytes::from(fs::read(folder().join(file)).unwrap());
    let (mut decoder, mut frames) = (StreamDecoder::new(dialect, framing), Vec::new());
    decoder.feed(&bytes, &mut frames);
    decoder.finish(&mut frames);
    let mut out = String::from("# events\n");
    for (number, frame) in frames.iter().enumerate() {
        for event in &frame.events {
            writeln!(out, "{number}: {event:?}").unwrap();
        }
    }
    let answer: Answer = frames.iter().flat_map(|frame| &frame.events).collect();
    writeln!(out, "\n# answer\n{}", serde_json::to_string_pretty(&answer).unwrap()).unwrap();

    let mut encoder = StreamEncoder::new(dialect, framing);
    frames[..cut].iter().for_each(|frame| encoder.delivered(frame));
    let notice = Notice { id: "0197-gold".to_owned(), message: "Stopped by policy.".to_owned() };
    let end = encoder.cut(&notice);
    writeln!(out, "\n# cut after {cut} frames\n{}", shown(framing, &end)).unwrap();

    let text = &answer.choices[0].text;
    let start = text[..text.find(gone).unwrap()].chars().count();
    let mut edits = Edits::default();
    let end = start + gone.chars().count();
    edits.add(0, Edit { start, end, replacement: "[removed]".to_owned() });
    let mut encoder = StreamEncoder::new(dialect, framing);
    writeln!(out, "# frames changed without {gone:?}").unwrap();
    for (number, frame) in frames.iter().enumerate() {
        let raw = encoder.redact(frame, &edits);
        if raw != frame.raw {
            writeln!(out, "{number}: {}", shown(framing, &raw).trim_end()).unwrap();
        }
    }
    snapshot(file, &out);
}

/// Text as it is; of binary messages their headers and payloads, a chunk's own payload in the place of its base64.
fn shown(framing: Framing, mut bytes: &[u8]) -> String {
    if framing != Framing::EventStream {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut out = String::new();
    while let Some(length) = bytes.first_chunk::<4>() {
        let (raw, rest) = bytes.split_at(u32::from_be_bytes(*length) as usize);
        bytes = rest;
        let message = Message::parse(raw).unwrap();
        let headers: Vec<_> = message
            .headers
            .iter()
            .map(|(name, _)| format!("{name}={}", message.string(name).unwrap()))
            .collect();
        let mut payload: serde_json::Value = serde_json::from_slice(message.payload).unwrap();
        if let Some(chunk) = payload.get_mut("bytes") {
            let inner = STANDARD.decode(chunk.as_str().unwrap()).unwrap();
            *chunk = serde_json::from_slice(&inner).unwrap();
        }
        writeln!(out, "{} {payload}", headers.join(" ")).unwrap();
    }
    out
}

fn request(path: &str, file: &str) {
    let body = fs::read(folder().join(file)).unwrap();
    let request = parse_request(&Endpoint::detect("POST", path).unwrap(), &body).unwrap();
    snapshot(file, &serde_json::to_string_pretty(&request).unwrap());
}

fn answer(dialect: Dialect, file: &str) {
    let answer = parse_answer(dialect, &fs::read(folder().join(file)).unwrap()).unwrap();
    snapshot(file, &serde_json::to_string_pretty(&answer).unwrap());
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens")
}

fn snapshot(file: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder().join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(file.replace('/', "."), text));
}

#[test]
fn anthropic() {
    let dialect = Dialect::AnthropicMessages;
    stream(dialect, "anthropic/cited-answer-and-call.sse", 21, "3 März — 3 March");
    stream(dialect, "anthropic/server-tools.sse", 3, "06:10");
    request("/v1/messages", "anthropic/request.json");
}

#[test]
fn gemini() {
    stream(Dialect::Gemini, "gemini/two-candidates-grounded.sse", 2, "1.204,50 €");
    stream(Dialect::Gemini, "gemini/calls.array", 3, "book");
    request("/v1beta/models/gemini-example:streamGenerateContent?alt=sse", "gemini/request.json");
}

#[test]
fn ollama() {
    stream(Dialect::OllamaChat, "ollama/chat.ndjson", 3, "38 m");
    stream(Dialect::OllamaGenerate, "ollama/generate.ndjson", 2, "lit at 19:42");
    request("/api/chat", "ollama/request.json");
}

#[test]
fn cohere() {
    stream(Dialect::CohereChat, "cohere/cited-answer.sse", 5, "tallest");
    stream(Dialect::CohereChat, "cohere/plan-and-call.sse", 5, "");
    request("/v2/chat", "cohere/request.json");
}

/// The streams are written by `bedrock/build.py`, which has botocore read them.
#[test]
fn bedrock() {
    let (converse, invoke) = (Dialect::BedrockConverse, Dialect::BedrockInvoke);
    stream(converse, "bedrock/converse-cited-answer-and-call.eventstream", 10, "3 März — 3 March");
    stream(converse, "bedrock/converse-exception.eventstream", 2, "Half");
    stream(invoke, "bedrock/invoke-claude.eventstream", 4, "at 19:42");
    stream(invoke, "bedrock/invoke-nova.eventstream", 2, "at 19:42");
    stream(invoke, "bedrock/invoke-llama.eventstream", 2, "at 19:42");
    answer(converse, "bedrock/converse-answer.json");
    request(
        "/model/us.anthropic.claude-sonnet-4-20250514-v1%3A0/converse-stream",
        "bedrock/converse-request.json",
    );
}

#[test]
fn openai_chat() {
    let dialect = Dialect::OpenaiChat;
    stream(dialect, "openai/chat-two-choices.sse", 4, "fährt um 19:05");
    stream(dialect, "openai/chat-parallel-tools.sse", 4, "look");
    stream(dialect, "openai/chat-refusal-error.sse", 2, "");
    stream(dialect, "openai/chat-azure-filters.sse", 3, "24 months");
    stream(dialect, "openai/chat-mistral-thinking.sse", 2, "1,284 € as");
    stream(dialect, "openai/chat-reasoning.sse", 3, "cheaper");
    answer(dialect, "openai/chat-answer.json");
    request("/openai/deployments/d/chat/completions?api-version=1", "openai/chat-request.json");
}

#[test]
fn openai_responses() {
    let dialect = Dialect::OpenaiResponses;
    stream(dialect, "openai/responses-reasoning-text-call.sse", 12, "ends on 30 June");
    stream(dialect, "openai/responses-refusal.sse", 4, "");
    answer(dialect, "openai/responses-answer.json");
    request("/v1/responses", "openai/responses-request.json");
}

#[test]
fn openai_completions() {
    let dialect = Dialect::OpenaiCompletions;
    stream(dialect, "openai/completions-text.sse", 1, "upon a");
    answer(dialect, "openai/completions-echo-answer.json");
    request("/v1/completions", "openai/completions-request.json");
}

/// A Realtime session: `>` before what the client says, `<` before the server.
#[test]
fn openai_realtime() {
    let script = fs::read_to_string(folder().join("openai/realtime-session.events")).unwrap();
    let (mut session, mut out) = (Session::new("gpt-realtime", 1 << 20, 1 << 20), String::new());
    for (number, line) in script.lines().enumerate() {
        let mut happened = Vec::new();
        match line.split_at(2) {
            ("> ", message) => session.client(message.as_bytes(), &mut happened),
            (_, message) => session.server(message.as_bytes(), &mut happened),
        }
        for what in happened {
            let told = match what {
                Happening::Ended(done) => serde_json::to_string_pretty(&json!({
                    "number": done.number, "complete": done.complete, "over": done.over,
                    "request": done.request, "answer": done.answer,
                }))
                .unwrap(),
                other => format!("{other:?}"),
            };
            writeln!(out, "{}: {told}", number + 1).unwrap();
        }
    }
    assert!(session.end().is_empty());
    snapshot("openai/realtime-session", &out);
}
