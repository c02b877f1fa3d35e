//! Formats are told apart by their bodies, recorded streams are read like bodies, and words stand where the offsets say.

use agentguard_wire::Dialect;
use serde_json::{Value, json};

use super::*;
use crate::demo::{conversation, request};
use crate::provider::{Provider, Script};

/// Request and response bodies of every conversation, recorded from the demo's provider.
async fn recordings() -> Vec<(Dialect, Value, Vec<u8>)> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let all = conversation::all().unwrap();
    let mut script = Script::new();
    for conversation in &all {
        script = script.on_text(conversation.case.ask.clone(), conversation.reply());
    }
    let provider = Provider::start("127.0.0.1:0", script).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut out = Vec::new();
    for conversation in &all {
        let (path, body) = request::build(conversation);
        let url = format!("http://{}{path}", provider.address());
        let answer = client.post(url).json(&body).send().await.unwrap().bytes().await.unwrap();
        out.push((conversation.dialect(), body, answer.to_vec()));
    }
    out
}

#[tokio::test]
async fn the_format_of_every_recording_is_told_from_its_bodies() {
    for (dialect, request, response) in recordings().await {
        assert_eq!(
            detect::dialect(&request, &response),
            Some(dialect),
            "{}",
            String::from_utf8_lossy(&response)
        );
    }
}

#[tokio::test]
async fn recorded_event_streams_are_told_and_read() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let script = Script::always(crate::provider::Reply::text("The log has two entries."));
    let provider = Provider::start("127.0.0.1:0", script).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (verb, dialect) in [
        ("converse", Dialect::BedrockConverse),
        ("converse-stream", Dialect::BedrockConverse),
        ("invoke-with-response-stream", Dialect::BedrockInvoke),
    ] {
        let url = format!("http://{}/model/m/{verb}", provider.address());
        let answer = client.post(url).json(&json!({})).send().await.unwrap().bytes().await.unwrap().to_vec();
        assert_eq!(detect::dialect(&json!({}), &answer), Some(dialect), "{verb}");
        let (answer, streamed) = recorded::read(dialect, answer).unwrap();
        assert_eq!(
            (answer.choices[0].text.as_str(), streamed),
            ("The log has two entries.", verb != "converse")
        );
    }
}

#[test]
fn bodies_that_give_nothing_away_are_not_guessed() {
    assert_eq!(detect::dialect(&json!({"messages": []}), b"{\"text\": \"hello\"}"), None);
    assert_eq!(detect::dialect(&json!({"contents": []}), b"[{}]"), Some(Dialect::Gemini));
    assert_eq!(
        detect::dialect(&json!({"prompt": "x"}), b"{\"response\":\"y\",\"done\":true}"),
        Some(Dialect::OllamaGenerate)
    );
    assert_eq!(
        detect::dialect(&json!({"prompt": "x"}), b"data: {\"object\":\"text_completion\"}\n\n"),
        Some(Dialect::OpenaiCompletions)
    );
}

#[test]
fn a_file_that_cannot_be_judged_is_told_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (good, bad) = (at("good.json", "{\"messages\": []}"), at("bad.json", "{"));
    let fails = |request: &Path, response: &Path, dialect| {
        score(request, response, dialect, None, None).err().unwrap()
    };
    assert!(fails(&bad, &good, None).to_string().contains("bad.json is not JSON"));
    assert!(fails(Path::new("/nowhere"), &good, None).to_string().contains("/nowhere"));
    assert!(fails(&good, &good, None).to_string().contains("openai_chat, openai_responses"));
    let shape = fails(&good, &at("a.json", "{\"x\": 1}"), Some(Dialect::OpenaiChat));
    assert!(shape.to_string().contains("a.json cannot be read as openai_chat"), "{shape}");
    assert_eq!(shape.exit(), Exit::Usage);
}

#[test]
fn offsets_count_characters() {
    assert_eq!(slice("naïve – 漢字", 8, 10), "漢字");
    assert_eq!(slice("abc", 2, 99), "c");
    assert_eq!(slice("abc", 3, 1), "");
}

#[test]
fn a_recorded_stream_is_read_as_one() {
    let (answer, streamed) = recorded::read(
        Dialect::OpenaiChat,
        b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\ndata: [DONE]\n\n".to_vec(),
    )
    .unwrap();
    assert!(streamed);
    assert_eq!(answer.choices[0].text, "hi");
}
