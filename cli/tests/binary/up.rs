//! `agentguard up`: what it prints is where it listens, a client is judged, signals do what they say.

use std::fs;
use std::time::{Duration, Instant};

use agentguard::provider::{Fault, Pace, Provider, Reply, Script};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::running::{Up, client, run};

const INVENTED: &str = "Details are at https://invented.example/page.";

fn question(stream: bool) -> Value {
    let context =
        "Context:\nThe library opens at 9:00 and closes at 18:00. It is closed on Sundays.\n\nQuestion: ";
    let content = format!("{context}When does the library open?");
    json!({"model": "gpt-4.1-mini", "stream": stream, "messages": [{"role": "user", "content": content}]})
}

async fn provider(reply: Reply) -> Provider {
    Provider::start("127.0.0.1:0", Script::always(reply)).await.unwrap()
}

#[tokio::test]
async fn an_answer_is_judged_and_its_verdict_is_stored() {
    let (folder, provider) = (tempfile::tempdir().unwrap(), provider(Reply::text(INVENTED)).await);
    let up = Up::start(folder.path(), &provider, &[]);
    for path in [format!("{}/readyz", up.control), format!("{}/ready", up.admin)] {
        assert!(client().get(format!("http://{path}")).send().await.unwrap().status().is_success(), "{path}");
    }
    let answer = client().post(up.chat()).json(&question(false)).send().await.unwrap();
    let id = answer.headers()["x-agentguard-id"].to_str().unwrap().to_owned();
    assert_eq!(answer.headers()["x-agentguard-verdict"], "ungrounded");
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], INVENTED);
    let stored = up.verdicts(1).await;
    assert_eq!((&stored[0]["id"], &stored[0]["verdict"]), (&json!(id), &json!("ungrounded")));
    let link =
        stored[0]["spans"].as_array().unwrap().iter().find(|span| span["kind"] == "fabricated_reference");
    assert_eq!((&link.unwrap()["start"], &link.unwrap()["end"]), (&json!(15), &json!(44)), "{}", stored[0]);
    up.signal("TERM");
    assert_eq!(up.ended().await.code(), Some(0));
}

#[tokio::test]
async fn verdicts_outlive_a_restart() {
    let (folder, provider) = (tempfile::tempdir().unwrap(), provider(Reply::text(INVENTED)).await);
    let up = Up::start(folder.path(), &provider, &[]);
    client().post(up.chat()).json(&question(true)).send().await.unwrap().bytes().await.unwrap();
    // At once: the verdict may still be in the spool.
    up.signal("TERM");
    assert_eq!(up.ended().await.code(), Some(0));
    let up = Up::start(folder.path(), &provider, &[]);
    assert_eq!(up.verdicts(1).await.len(), 1);
}

#[tokio::test]
async fn sighup_reads_the_policy_again_and_a_bad_one_changes_nothing() {
    let (folder, provider) = (tempfile::tempdir().unwrap(), provider(Reply::text(INVENTED)).await);
    let policy = folder.path().join("policy.yaml");
    fs::write(&policy, "version: 1\ndefault: { action: observe }\n").unwrap();
    let up = Up::start(folder.path(), &provider, &["--policy", policy.to_str().unwrap()]);
    let ask = || async { client().post(up.chat()).json(&question(false)).send().await.unwrap() };
    assert!(!ask().await.headers().contains_key("x-agentguard-verdict"), "observe adds nothing");

    fs::write(&policy, "version: 1\ndefault: { action: refuse }\n").unwrap();
    up.signal("HUP");
    let line = up.logged("the old policy stays in force");
    assert!(line.contains("policy.yaml:2:") && line.contains("observe, annotate, redact, block"), "{line}");
    assert!(!ask().await.headers().contains_key("x-agentguard-verdict"));

    fs::write(&policy, "version: 1\ndefault: { action: block, delivery: full }\n").unwrap();
    up.signal("HUP");
    up.logged("the new policy is in force");
    assert_eq!(ask().await.status(), 403);
    let url = format!("http://{}/api/v1/policy", up.control);
    let shown: Value = client().get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(shown["policy"]["default"]["action"], "block", "{shown}");
}

#[tokio::test]
async fn sigterm_lets_a_running_stream_end() {
    let slow = Pace { first: Duration::ZERO, gap: Duration::from_millis(60) };
    let text = "The library opens at 9:00. ".repeat(4);
    let (folder, provider) = (tempfile::tempdir().unwrap(), provider(Reply::text(&text).paced(slow)).await);
    let up = Up::start(folder.path(), &provider, &[]);
    let mut stream = client().post(up.chat()).json(&question(true)).send().await.unwrap().bytes_stream();
    stream.next().await.unwrap().unwrap();
    up.signal("INT");
    let mut rest = Vec::new();
    while let Some(chunk) = stream.next().await {
        rest.extend_from_slice(&chunk.unwrap());
    }
    assert!(String::from_utf8(rest).unwrap().ends_with("data: [DONE]\n\n"));
    assert_eq!(up.ended().await.code(), Some(0));
}

#[tokio::test]
async fn a_second_signal_ends_at_once() {
    let reply = Reply::text("The library opens at 9:00.").faulty(Fault::Stall(3));
    let (folder, provider) = (tempfile::tempdir().unwrap(), provider(reply).await);
    let up = Up::start(folder.path(), &provider, &[]);
    let mut stream = client().post(up.chat()).json(&question(true)).send().await.unwrap().bytes_stream();
    stream.next().await.unwrap().unwrap();
    up.signal("TERM");
    up.logged("draining");
    let second = Instant::now();
    up.signal("TERM");
    assert_eq!(up.ended().await.code(), Some(1));
    assert!(second.elapsed() < Duration::from_secs(3), "{:?}", second.elapsed());
}

#[tokio::test]
async fn what_is_in_the_way_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let output = run(&["up", "--data-dir", data, "--control-listen", &listen]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains(&listen), "{told}");
    assert_eq!(told.matches("in use").count(), 1, "each cause is told once: {told}");
}
