//! `agentguard demo --exit --fast`: every conversation through the real proxy, and its verdict in the control plane.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::running::binary;

#[test]
fn the_demo_shows_a_verdict_for_every_conversation_and_its_exit_code_is_the_agreement() {
    let folder = tempfile::tempdir().unwrap();
    let listen = ["--control-listen", "127.0.0.1:0", "--base-url-listen", "127.0.0.1:0"];
    let output = binary()
        .args(["demo", "--exit", "--fast", "--data-dir", folder.path().to_str().unwrap()])
        .args(listen)
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let count = agentguard::demo::conversation::all().unwrap().len();
    let agree = told.lines().filter(|line| line.starts_with('✓')).count();
    let differ = told.lines().filter(|line| line.starts_with('✗')).count();
    assert_eq!(agree + differ, count, "{told}");
    assert!(told.contains(&format!("{agree} of {count} agree")), "{told}");
    assert_eq!(output.status.code(), Some(if differ == 0 { 0 } else { 3 }), "{told}");
    assert!(
        !told.contains("no verdict reached") && !told.contains("reached the client all the same"),
        "{told}"
    );
    for fate in ["annotated", "redacted", "cut", "refused", "passed"] {
        assert!(told.contains(fate), "{fate} is not among the fates: {told}");
    }
    assert!(told.contains("What the client got") && told.contains("[redacted]"), "{told}");
    assert!(!told.contains('\u{1b}') && !told.contains('\r'), "no terminal, no escape codes");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "nothing to complain about");
}

/// The progress bar is drawn by a thread of its own; it once waited for the terminal while the terminal waited for it.
#[test]
fn on_a_terminal_there_is_a_progress_bar_and_it_ends() {
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("skipped: script, which makes a terminal, is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let demo = "demo --exit --only ferry-sunday --control-listen 127.0.0.1:0 --base-url-listen 127.0.0.1:0";
    let command = format!("stty cols 80; '{}' {demo}", env!("CARGO_BIN_EXE_agentguard"));
    let shown = folder.path().join("shown");
    let mut child = Command::new("script")
        .args(["-qec", &command, shown.to_str().unwrap()])
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > until {
            child.kill().unwrap();
            panic!("it hangs");
        }
        std::thread::park_timeout(Duration::from_millis(20));
    };
    let shown = std::fs::read_to_string(shown).unwrap();
    assert_eq!(status.code(), Some(0), "{shown}");
    assert!(shown.contains("0/1") && shown.contains("\u{1b}[32m✓"), "{shown}");
}
