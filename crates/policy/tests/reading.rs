//! What policies may look like, and that they survive being written and read again.

use std::time::Duration;

use agentguard_judge::Signal;
use agentguard_policy::{Action, Capture, Delivery, Direction, Exchange, FailMode, Policy, Rule};

fn parse(text: &str) -> Policy {
    Policy::parse("policy.yaml", text).unwrap_or_else(|problems| panic!("{problems}"))
}

fn exchange<'a>(provider: &'a str, path: &'a str, model: &'a str) -> Exchange<'a> {
    Exchange { direction: Direction::Outbound, provider, host: "api.example.com", path, model }
}

const FULL: &str = r#"
version: 1
default:
  delivery: sentence
  action: annotate
  shadow: true
  thresholds: { warn: 0.25, act: 0.75 }
  hold_budget: 1.5s
  on_timeout: closed
  on_error: closed
  on_overload: closed
  capture: none
  signals: { numbers: false, tool_calls: true }
routes:
  - name: support bot
    match: { direction: inbound, path: "/chat*" }
    action: block
    shadow: false
    thresholds: { act: 0.9 }
    signals: { logprobs: false }
  - match:
      provider: openai
      host: "*.example.com"
      path: /v1/*
      model: "gpt-4{o,.1}*"
    capture: all
    hold_budget: 250ms
  - match: { provider: cohere }
    capture: hash
redaction:
  emails: false
  patterns:
    - { name: badge, pattern: "EMP-[0-9]{6}" }
"#;

#[test]
fn every_key_is_read() {
    let policy = parse(FULL);
    let rule = &policy.default;
    assert_eq!((rule.delivery, rule.action, rule.shadow), (Delivery::Sentence, Action::Annotate, true));
    assert_eq!((rule.thresholds.warn, rule.thresholds.act), (0.25, 0.75));
    assert_eq!(rule.hold_budget, Duration::from_millis(1500));
    assert_eq!([rule.on_timeout, rule.on_error, rule.on_overload], [FailMode::Closed; 3]);
    assert_eq!(rule.capture, Capture::None);
    assert_eq!(policy.routes[2].rule.capture, Capture::Hash);
    let redaction = policy.redaction.settings();
    assert!(!redaction.emails && redaction.cards);
    assert_eq!(
        (redaction.own[0].name.as_str(), redaction.own[0].pattern.as_str()),
        ("badge", "EMP-[0-9]{6}")
    );
    assert!(!rule.signals.has(Signal::Numbers) && rule.signals.has(Signal::ToolCalls));
}

#[test]
fn a_route_takes_over_what_it_does_not_say() {
    let policy = parse(FULL);
    let first = &policy.routes[0].rule;
    assert_eq!(
        (first.name.as_str(), first.action, first.delivery),
        ("support bot", Action::Block, Delivery::Sentence)
    );
    assert_eq!((first.thresholds.warn, first.thresholds.act), (0.25, 0.9));
    assert!(!first.signals.has(Signal::Numbers) && !first.signals.has(Signal::Logprobs));
    let second = &policy.routes[1].rule;
    assert_eq!(
        (second.name.as_str(), second.capture, second.action),
        ("routes[1]", Capture::All, Action::Annotate)
    );
}

#[test]
fn routes_match_by_all_their_conditions() {
    let policy = parse(FULL);
    let name = |exchange: Exchange<'_>| policy.resolve(&exchange).name.clone();
    assert_eq!(name(exchange("openai", "/v1/chat/completions", "gpt-4o-mini")), "routes[1]");
    assert_eq!(
        name(exchange("OpenAI", "/v1/chat/completions", "GPT-4.1")),
        "routes[1]",
        "ASCII case is ignored"
    );
    assert_eq!(name(exchange("openai", "/V1/chat/completions", "gpt-4o")), "default", "but not in paths");
    assert_eq!(name(exchange("openai", "/v1/chat/completions", "gpt-3.5-turbo")), "default");
    assert_eq!(name(exchange("openai", "/v1/chat/completions", "")), "default");
    let inbound = Exchange { direction: Direction::Inbound, ..exchange("", "/chat/7", "") };
    assert_eq!(name(inbound), "support bot");
}

#[test]
fn an_empty_policy_is_the_default_rule() {
    for text in
        ["version: 1", "version: 1\ndefault:\nroutes:\n", "{\"version\": 1}", "version: 1\nroutes: []"]
    {
        let policy = parse(text);
        assert_eq!((&policy.default, policy.routes.len()), (&Rule::default(), 0), "{text}");
        assert_eq!(policy, Policy::default());
    }
}

#[test]
fn written_policies_read_the_same() {
    for text in [FULL, "version: 1"] {
        let policy = parse(text);
        assert_eq!(parse(&policy.to_yaml().unwrap()), policy, "YAML");
        assert_eq!(parse(&serde_json::to_string(&policy).unwrap()), policy, "JSON");
        assert_eq!(parse(&serde_json::to_string_pretty(&policy).unwrap()), policy, "indented JSON");
    }
}

#[test]
fn the_revision_follows_the_meaning_and_not_the_writing() {
    let policy = parse("version: 1\ndefault: {action: block, delivery: full, hold_budget: 1s}");
    let written_otherwise =
        parse("# why\nversion: 1\ndefault:\n  hold_budget: 1000ms\n  delivery: full\n  action: block\n");
    assert_eq!(policy.revision, written_otherwise.revision);
    assert_eq!(policy.revision.len(), 12);
    assert!(policy.revision.bytes().all(|b| b.is_ascii_hexdigit()));
    let other = parse("version: 1\ndefault: {action: block, delivery: full, hold_budget: 2s}");
    assert_ne!(policy.revision, other.revision);
}

#[test]
fn anchors_and_merge_keys_spare_repetition() {
    let policy = parse(
        "version: 1\nroutes:\n  - match: {model: a}\n    <<: &strict {delivery: full, action: block}\n  \
         - match: {model: b}\n    <<: *strict\n    action: redact\n",
    );
    assert_eq!(
        (policy.routes[0].rule.delivery, policy.routes[0].rule.action),
        (Delivery::Full, Action::Block)
    );
    assert_eq!(
        (policy.routes[1].rule.delivery, policy.routes[1].rule.action),
        (Delivery::Full, Action::Redact)
    );
}

#[test]
fn a_missing_file_is_named() {
    let error = Policy::load(std::path::Path::new("/nowhere/policy.yaml")).unwrap_err();
    assert!(error.to_string().starts_with("cannot read the policy file /nowhere/policy.yaml: "), "{error}");
}
