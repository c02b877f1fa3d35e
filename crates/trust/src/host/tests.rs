use proptest::prelude::*;

use super::*;
use crate::testing::hosts;

#[test]
fn exact_names_ignore_case_and_the_trailing_dot_and_cover_nothing_else() {
    let set = hosts(["API.openai.com.", "xn--bcher-kva.example"]);
    for host in ["api.openai.com", "Api.OpenAI.com", "api.openai.com.", "XN--bcher-kva.example"] {
        assert!(set.contains(host), "{host}");
    }
    for host in
        ["a.api.openai.com", "openai.com", "api.openai.com..", "api.openai.com:443", "xapi.openai.com", ""]
    {
        assert!(!set.contains(host), "{host}");
    }
}

#[test]
fn a_star_in_front_is_one_or_more_labels_elsewhere_exactly_one_and_within_a_label_some_of_it() {
    let set = hosts(["*.openai.azure.com", "bedrock-runtime.*.amazonaws.com", "*-aiplatform.googleapis.com"]);
    for host in [
        "a.openai.azure.com",
        "a.b.openai.azure.com",
        "bedrock-runtime.us-east-1.amazonaws.com",
        "us-central1-aiplatform.googleapis.com",
    ] {
        assert!(set.contains(host), "{host}");
    }
    for host in [
        "openai.azure.com",
        ".openai.azure.com",
        "..openai.azure.com",
        "a..openai.azure.com",
        "a.notopenai.azure.com",
        "bedrock-runtime.amazonaws.com",
        "bedrock-runtime.us-east-1.x.amazonaws.com",
        "s3.us-east-1.amazonaws.com",
        "-aiplatform.googleapis.com",
        "x.us-central1-aiplatform.googleapis.com",
        "a.openai.azure.com.evil.test",
    ] {
        assert!(!set.contains(host), "{host}");
    }
}

#[test]
fn constraints_are_the_fewest_subtrees_and_an_infix_pattern_gives_its_fixed_suffix() {
    let set = hosts([
        "*.openai.azure.com",
        "api.openai.com",
        "eu.api.openai.com",
        "bedrock-runtime.*.amazonaws.com",
        "bedrock.us-east-1.amazonaws.com",
        "*-aiplatform.googleapis.com",
    ]);
    assert_eq!(set.permitted(), ["amazonaws.com", "api.openai.com", "googleapis.com", "openai.azure.com"]);
    assert!(HostSet::default().permitted().is_empty());
}

#[test]
fn every_problem_of_a_list_is_told_in_a_sentence() {
    let list = [
        "api.openai.com",
        "",
        "https://api.openai.com",
        "api.openai.com:443",
        "bücher.example",
        "10.0.0.1",
        "[::1]",
        "::1",
        "0x7f.1",
        "*.com",
        "api.*.com",
        "*",
        "a.**.example.com",
        "-a.example.com",
        "*-.example.com",
        "a..example.com",
        &format!("{}.example.com", "a".repeat(64)),
        &"a.".repeat(130),
    ];
    let problems = HostSet::parse(list).unwrap_err();
    let kinds: Vec<&str> = problems
        .iter()
        .map(|problem| match problem {
            HostError::Empty => "empty",
            HostError::Address(_) => "address",
            HostError::NotAscii(_) => "not ascii",
            HostError::TooLong(_) => "long",
            HostError::Label { .. } => "label",
            HostError::Stars(_) => "stars",
            HostError::TooWide(_) => "wide",
        })
        .collect();
    let expected = [
        "empty",
        "label",
        "label",
        "not ascii",
        "address",
        "address",
        "address",
        "address",
        "wide",
        "wide",
        "wide",
        "stars",
        "label",
        "label",
        "label",
        "label",
        "long",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(
        problems[1].to_string(),
        "host \"https://api.openai.com\": \"https://api\" is not a part of a host name (1 to 63 letters, digits, \"-\" or \"_\", no \
         \"-\" at its ends); give the name alone, without scheme, port or path"
    );
}

fn label() -> impl Strategy<Value = String> {
    "[a-c]{1,2}(-[a-c])?"
}

proptest! {
    /// Otherwise the mint would be asked for leaves that every client refuses.
    #[test]
    fn what_the_set_contains_its_constraints_cover(
        patterns in prop::collection::vec(
            prop::collection::vec(prop_oneof![4 => label(), 1 => Just("*".to_owned()), 1 => Just("*-a".to_owned())], 1..5),
            1..6,
        ),
        host in prop::collection::vec(label(), 1..6),
    ) {
        let patterns: Vec<HostPattern> =
            patterns.iter().filter_map(|labels| labels.join(".").parse().ok()).collect();
        let set: HostSet = patterns.iter().cloned().collect();
        let host = host.join(".");
        if set.contains(&host) {
            prop_assert!(set.permitted().iter().any(|subtree| covers(subtree, &host)), "{host} in {set}");
        }
        prop_assert_eq!(set.contains(&host), patterns.iter().any(|pattern| pattern.matches(&host)));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,80}") {
        let _ = text.parse::<HostPattern>();
        prop_assert!(!hosts(["api.openai.com"]).contains(&text) || text.to_ascii_lowercase().starts_with("api.openai.com"));
    }
}
