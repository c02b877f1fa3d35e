//! `agentguard policy` against a running `agentguard up`: what it says, and that the proxy goes by it.

use std::fs;
use std::time::{Duration, Instant};

use agentguard::provider::{Provider, Reply, Script};
use serde_json::{Value, json};

use crate::running::{Up, client, run};

const BLOCK: &str = "version: 1\ndefault: { delivery: full, action: block, hold_budget: 30s, thresholds: { warn: 0.2, act: 0.2 } }\n";

/// The status of an answer that names an invented page.
async fn asked(up: &Up) -> u16 {
    let content = "Context:\nThe library opens at 9:00 and closes at 18:00. It is closed on Sundays.\n\n\
        Question: When does the library open?";
    let body = json!({ "model": "m", "messages": [{ "role": "user", "content": content }] });
    client().post(up.chat()).json(&body).send().await.unwrap().status().as_u16()
}

async fn until(up: &Up, status: u16) {
    let begun = Instant::now();
    while asked(up).await != status {
        assert!(begun.elapsed() < Duration::from_secs(20), "{status} does not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_tried_published_and_switched_off_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let reply = Reply::text("Details are at https://invented.example/page.");
    let provider = Provider::start("127.0.0.1:0", Script::always(reply)).await.unwrap();
    let up = Up::start(folder.path(), &provider, &[]);
    let url = format!("http://{}", up.control);
    let policy = |arguments: &[&str], code: i32| {
        let output = run(&[&["policy", "--url", &url], arguments].concat());
        let told =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        told
    };
    let (good, bad) = (folder.path().join("good.yaml"), folder.path().join("bad.yaml"));
    fs::write(&good, BLOCK).unwrap();
    fs::write(&bad, "version: 1\ndefault: { action: shout }\n").unwrap();
    let (good, bad) = (good.to_str().unwrap(), bad.to_str().unwrap());

    assert!(policy(&["list"], 0).starts_with("no policies"));
    assert!(policy(&["validate", good], 0).contains(": fine (revision "));
    let wrong = policy(&["validate", bad], 2);
    assert!(wrong.contains("bad.yaml:2:20: default.action: \"shout\" is not allowed"), "{wrong}");

    assert_eq!(asked(&up).await, 200);
    up.verdicts(1).await;
    let simulated = policy(&["simulate", good], 0);
    assert!(simulated.contains("1 would have been handled otherwise"), "{simulated}");

    let published = policy(&["publish", "answers", "--file", good, "--reason", "because"], 0);
    assert!(published.contains("version 1 in force everywhere else"), "{published}");
    until(&up, 403).await;
    assert!(policy(&["show", "answers"], 0).contains("because"));
    assert_eq!(policy(&["show", "answers", "--version", "1"], 0), BLOCK);
    policy(&["kill-switch", "on", "--reason", "orders"], 0);
    until(&up, 200).await;
    let on = policy(&["kill-switch"], 0);
    assert!(on.starts_with("on everywhere since ") && on.contains("by local: orders"), "{on}");
    assert!(policy(&["kill-switch", "off"], 0).contains("is off"));
    until(&up, 403).await;
    let refused = policy(&["rollback", "answers"], 1);
    assert!(refused.contains("no other version of \"answers\" was in force before"), "{refused}");
    policy(&["withdraw", "answers"], 0);
    until(&up, 200).await;
    let list: Value = serde_json::from_str(&policy(&["list", "--json"], 0)).unwrap();
    assert_eq!((&list[0]["name"], &list[0]["published"]), (&json!("answers"), &Value::Null));
    assert!(policy(&["show", "nobody"], 1).contains("there is no such policy"));
}

#[test]
fn a_control_plane_that_is_not_there_is_said_so() {
    let output = run(&["policy", "--url", "http://127.0.0.1:9", "list"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("the control plane at http://127.0.0.1:9/ cannot be reached"), "{told}");
    let output = run(&["policy", "--url", "file:///etc", "list"]);
    assert_eq!(output.status.code(), Some(2));
}
