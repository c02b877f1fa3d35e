use super::*;

#[test]
fn the_nearest_word_is_suggested_only_when_it_is_near() {
    let words = ["delivery", "action", "on_timeout", "open", "all", "act", "warn"];
    for (given, meant) in [
        ("dilevery", Some("delivery")),
        ("Action", Some("action")),
        ("actions", Some("action")),
        ("on-timeout", Some("on_timeout")),
        ("onTimeout", Some("on_timeout")),
        ("opne", Some("open")),
        ("acct", Some("act")),
        ("frobnicate", None),
        ("x", None),
    ] {
        assert_eq!(nearest(given, words), meant, "{given}");
    }
}

#[test]
fn a_flood_of_problems_is_cut() {
    let problem = Problem {
        mark: Mark { line: 1, column: 2 },
        key: "k".into(),
        what: "bad".into(),
        allowed: None,
        hint: None,
    };
    let problems = Problems { origin: "f".into(), problems: vec![problem; 60] };
    let text = problems.to_string();
    assert_eq!(text.lines().count(), 51);
    assert!(text.ends_with("\nf: and 10 more"));
}
