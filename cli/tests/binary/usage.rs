//! Help, version, completions, and what is said about mistakes.

use std::fs;

use serde_json::Value;

use crate::running::{binary, run};

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn help_tells_exit_codes_and_examples() {
    let help = text(run(&["--help"]).stdout);
    for part in [
        "Exit codes:",
        "  3  done, and what was judged",
        "agentguard demo",
        "OPENAI_BASE_URL=http://127.0.0.1:19003/openai/v1",
    ] {
        assert!(help.contains(part), "{part}: {help}");
    }
    for command in ["up", "demo", "score", "eval", "check", "policy", "version", "completions"] {
        let output = run(&[command, "--help"]);
        assert!(output.status.success() && !output.stdout.is_empty(), "{command}");
        assert!(text(output.stdout).lines().all(|line| line.chars().count() <= 110), "{command}");
    }
}

#[test]
fn version_and_completions_print() {
    let version: Value = serde_json::from_slice(&run(&["version", "--json"]).stdout).unwrap();
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    assert!(text(run(&["version"]).stdout).starts_with("agentguard "));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = text(run(&["completions", shell]).stdout);
        assert!(script.contains("base-url-listen"), "{shell}");
    }
}

#[test]
fn a_wrong_command_line_starts_nothing() {
    for arguments in [
        &["up", "--no-such-flag"][..],
        &[],
        &["demo", "--only", "no such conversation"],
        &["completions", "tcsh"],
    ] {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn every_mistake_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agentguard.toml");
    fs::write(&file, "\nadmin_lisen = \"127.0.0.1:1\"\n").unwrap();
    let output = binary()
        .args(["up", "--drain", "soon", "--config", file.to_str().unwrap()])
        .env("AGENTGUARD_SPOOL_MAX", "lots")
        .output()
        .unwrap();
    let told = text(output.stderr).replace(&format!("{}/", folder.path().display()), "");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(told, "\
agentguard: 3 problems in the configuration:
  --drain: \"soon\" is not a time; allowed: a whole number and its unit (ms, s, m, h, d), like 25s or 30d
  AGENTGUARD_SPOOL_MAX: \"lots\" is not a size; allowed: a whole number and its unit (kB, KiB, MB, MiB, GB, GiB)
  agentguard.toml:2: admin_lisen: unknown key; did you mean admin_listen?
");
}

#[test]
fn a_policy_with_a_mistake_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.yaml");
    fs::write(&policy, "version: 1\ndefault: { delivery: sentance }\n").unwrap();
    let output =
        run(&["up", "--data-dir", folder.path().to_str().unwrap(), "--policy", policy.to_str().unwrap()]);
    let told = text(output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("policy.yaml:2:") && told.contains("pass, sentence, full"), "{told}");
}
