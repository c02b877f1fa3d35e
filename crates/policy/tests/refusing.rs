//! Every mistake is reported with its place, and all of them together.

use agentguard_policy::Policy;

fn problems(text: &str) -> String {
    Policy::parse("policy.yaml", text).expect_err("must be refused").to_string()
}

/// One problem a line, in the order of the file: this is what an operator sees.
#[test]
fn golden() {
    insta::assert_snapshot!("wrong_values", problems(include_str!("golden/wrong_values.yaml")));
    insta::assert_snapshot!("contradictions", problems(include_str!("golden/contradictions.yaml")));
    insta::assert_snapshot!("redaction", problems(include_str!("golden/redaction.yaml")));
    insta::assert_snapshot!("unreachable", problems(include_str!("golden/unreachable.yaml")));
}

#[test]
fn not_a_policy_at_all() {
    for (text, expected) in [
        (
            "",
            "policy.yaml:1:1: an empty value is not a map of keys and values; allowed: version, default, routes, redaction",
        ),
        (
            "[]",
            "policy.yaml:1:1: a list is not a map of keys and values; allowed: version, default, routes, redaction",
        ),
        ("default: {}", "policy.yaml:1:1: version: missing; allowed: 1"),
        ("version: 2", "policy.yaml:1:10: version: 2 is not a known version; allowed: 1"),
        ("version: '1'", "policy.yaml:1:10: version: \"1\" is not a known version; allowed: 1"),
    ] {
        assert_eq!(problems(text), expected, "{text:?}");
    }
}

#[test]
fn text_that_is_not_yaml_is_refused_with_its_place() {
    for (text, place) in [
        ("version: 1\ndefault: {action: [", "policy.yaml:2:"),
        ("version: 1\n\tdefault: {}", "policy.yaml:1:"),
        ("version: 1\n---\nversion: 1", "policy.yaml:"),
        ("version: 1\ndefault: *nowhere", "policy.yaml:2:10"),
    ] {
        let problems = problems(text);
        assert!(problems.starts_with(place) && problems.contains("not valid YAML: "), "{problems}");
        assert_eq!(problems.lines().count(), 1, "{problems}");
    }
}

#[test]
fn hostile_texts_are_refused_and_not_worked_on() {
    let bomb = format!(
        "version: 1\na: &a [{}]\n{}",
        "x,".repeat(200),
        "b: [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n".repeat(500)
    );
    for text in ["[".repeat(100_000), "{a: ".repeat(10_000), "version: 1\n#".repeat(200_000), bomb] {
        let problems = problems(&text);
        assert!(problems.lines().count() <= 51 && problems.len() < 20_000, "{} bytes", problems.len());
    }
}

#[test]
fn too_many_routes_are_refused() {
    let routes: String = (0..257).map(|n| format!("  - match: {{model: m{n}}}\n")).collect();
    assert_eq!(
        problems(&format!("version: 1\nroutes:\n{routes}")),
        "policy.yaml:3:3: routes: 257 routes are more than the 256 allowed"
    );
}

proptest::proptest! {
    /// Whatever the text, the answer is a policy or a list of problems.
    #[test]
    fn no_text_panics(text in "(version: 1\n)?([a-z_]{0,12}|default|routes|match|signals|[-:{}\\[\\],&*!|>'\"%@`#\n\t ]|: |\n  |\n- |[0-9.]{1,4}){0,40}") {
        if let Err(problems) = Policy::parse("p", &text) {
            proptest::prop_assert!(problems.to_string().starts_with("p:"));
        }
    }
}
