//! `docs/policy.md` is kept true: its examples parse, its refusals are what is said, its defaults are the defaults.

use agentguard_judge::Signal;
use agentguard_policy::Policy;

const PAGE: &str = include_str!("../../../docs/policy.md");

/// The fenced blocks: what follows the fence, and the text.
fn blocks() -> Vec<(String, String)> {
    let parts: Vec<&str> = PAGE.split("```").collect();
    assert_eq!(parts.len() % 2, 1, "an open fence");
    let block = |part: &&str| part.split_once('\n').map(|(kind, text)| (kind.to_owned(), text.to_owned()));
    parts.iter().skip(1).step_by(2).filter_map(block).collect()
}

fn parse(text: &str) -> Policy {
    Policy::parse("policy.yaml", text).unwrap_or_else(|problems| panic!("{text}\n{problems}"))
}

#[test]
fn examples_parse() {
    let examples: Vec<Policy> =
        blocks().iter().filter(|(kind, _)| kind == "yaml").map(|(_, text)| parse(text)).collect();
    assert_eq!(examples.len(), 4);
    assert_eq!(examples[1].routes.len(), 4);
}

#[test]
fn refusals_say_what_the_page_says() {
    let blocks = blocks();
    let refused = blocks.windows(2).filter(|pair| pair[0].0 == "yaml refused");
    let mut seen = 0;
    for pair in refused {
        assert_eq!(pair[1].0, "text");
        let problems = Policy::parse("policy.yaml", &pair[0].1).expect_err("refused");
        assert_eq!(problems.to_string(), pair[1].1.trim_end());
        seen += 1;
    }
    assert_eq!(seen, 3);
}

#[test]
fn the_first_example_is_the_default_with_every_key() {
    let (_, text) = &blocks()[0];
    assert_eq!(parse(text), Policy::default());
    let document = serde_json::to_value(Policy::default()).expect("JSON");
    let rule = document["default"].as_object().expect("a map");
    let redaction = document["redaction"].as_object().expect("a map");
    let signals = Signal::ALL.map(Signal::as_str);
    for key in rule.keys().chain(redaction.keys()).map(String::as_str).chain(signals) {
        assert!(
            text.lines().any(|line| line.trim_start().starts_with(&format!("{key}:"))),
            "{key} is not there"
        );
    }
}
