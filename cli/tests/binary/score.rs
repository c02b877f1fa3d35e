//! `agentguard score` on recorded answers: what people see, what programs read, what scripts decide by.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::running::{binary, run};

fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded").join(name)
}

fn score(name: &str, more: &[&str]) -> Output {
    let (request, response) =
        (recorded(&format!("{name}.request.json")), recorded(&format!("{name}.response.txt")));
    let mut arguments =
        vec!["score", "--request", request.to_str().unwrap(), "--response", response.to_str().unwrap()];
    arguments.extend(more);
    run(&arguments)
}

/// Risks are the judge's business and move with its weights; the golden files hold `#.##` for them.
fn without_risks(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let risk = |at: usize| {
        let word = chars[at..].iter().take_while(|c| !c.is_whitespace()).collect::<String>();
        (at == 0 || chars[at - 1] == ' ')
            && word.len() == 4
            && word.parse::<f32>().is_ok_and(|risk| risk <= 1.0)
    };
    let mut out = String::new();
    let mut at = 0;
    while at < chars.len() {
        if risk(at) {
            out.push_str("#.##");
            at += 4;
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out
}

fn golden(name: &str, more: &[&str]) {
    let output = score(name, more);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let file = recorded(&format!("{name}.golden.txt"));
    assert_eq!(without_risks(&told), std::fs::read_to_string(&file).unwrap(), "{}", file.display());
}

#[test]
fn a_stream_with_an_invented_link_is_shown_with_its_words_marked() {
    golden("invented-link", &[]);
}

#[test]
fn a_tool_call_with_a_value_outside_its_schema_is_shown() {
    golden("platinum", &[]);
}

#[test]
fn a_good_answer_is_shown_as_it_is() {
    golden("deposit", &[]);
}

#[test]
fn json_holds_the_words_beside_the_offsets() {
    let output = score("invented-link", &["--json"]);
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&verdict["dialect"], &verdict["streamed"]), (&"openai_responses".into(), &true.into()));
    assert_eq!(verdict["verdict"], "ungrounded");
    let span = &verdict["spans"][0];
    assert_eq!(span["text"], "https://docs.tidegrid.example/guides/cursor-cookbook");
    assert_eq!(span["end"].as_u64().unwrap() - span["start"].as_u64().unwrap(), 52);
}

#[test]
fn fail_on_decides_the_exit_code() {
    assert_eq!(score("invented-link", &["--fail-on", "0.5"]).status.code(), Some(3));
    assert_eq!(score("deposit", &["--fail-on", "0.5"]).status.code(), Some(0));
    let output = score("deposit", &["--fail-on", "half"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("--fail-on: \"half\" is not a risk; allowed: 0 to 1")
    );
}

#[test]
fn colours_only_when_wanted() {
    let (request, response) = (recorded("platinum.request.json"), recorded("platinum.response.txt"));
    let with = |name: &str, value: &str| {
        let output = binary()
            .arg("score")
            .arg("--request")
            .arg(&request)
            .arg("--response")
            .arg(&response)
            .env(name, value)
            .output();
        String::from_utf8(output.unwrap().stdout).unwrap().contains('\u{1b}')
    };
    assert!(with("CLICOLOR_FORCE", "1") && !with("NO_COLOR", "1"));
}

#[test]
fn a_file_that_is_missing_or_not_json_is_named() {
    let output = run(&["score", "--request", "/nowhere.json", "--response", "/nowhere.json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot read /nowhere.json"));
}
