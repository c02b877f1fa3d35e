//! `resolve` is the first match, and "unreachable" means unreachable.

use agentguard_policy::pattern::Case;
use agentguard_policy::{Direction, Exchange, Match, Pattern, Policy, Route, Rule};
use proptest::prelude::*;

/// A matcher too simple to be wrong: `*` and `?` by recursion.
fn naive(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.first(), text.first()) {
        (None, None) => true,
        (Some(b'*'), _) => naive(&pattern[1..], text) || (!text.is_empty() && naive(pattern, &text[1..])),
        (Some(b'?'), Some(_)) => naive(&pattern[1..], &text[1..]),
        (Some(p), Some(t)) => p.eq_ignore_ascii_case(t) && naive(&pattern[1..], &text[1..]),
        _ => false,
    }
}

type Written = (Option<bool>, [Option<String>; 3]);

/// Few letters, so that patterns and texts meet often. No `**`: globset reads it as directories.
fn wildcard() -> impl Strategy<Value = Option<String>> {
    prop_oneof![Just(None), "[abB?]{0,2}(\\*[ab?]{1,2}){0,2}\\*?".prop_map(Some)]
}

fn route() -> impl Strategy<Value = Written> {
    (any::<Option<bool>>(), [wildcard(), wildcard(), wildcard()])
}

fn direction(inbound: bool) -> Direction {
    if inbound { Direction::Inbound } else { Direction::Outbound }
}

fn compile((inbound, patterns): &Written) -> Match {
    let [provider, host, model] = patterns
        .each_ref()
        .map(|text| text.as_ref().map(|text| Pattern::new(text, Case::Ignored).expect("a plain wildcard")));
    Match { direction: inbound.map(direction), provider, host, model, path: None }
}

proptest! {
    #[test]
    fn resolve_is_the_naive_first_match(
        routes in proptest::collection::vec(route(), 0..6),
        inbound: bool,
        texts in ["[abB]{0,4}", "[abB]{0,4}", "[abB]{0,4}"],
    ) {
        let expected = routes.iter().position(|(want, patterns)| {
            want.is_none_or(|want| want == inbound)
                && patterns.iter().zip(&texts).all(|(pattern, text)| {
                    pattern.as_ref().is_none_or(|pattern| naive(pattern.as_bytes(), text.as_bytes()))
                })
        });
        let compiled = routes.iter().enumerate().map(|(index, written)| Route {
            matches: compile(written),
            rule: Rule { name: index.to_string(), ..Rule::default() },
        });
        let policy = Policy::new(Rule::default(), compiled.collect());
        let exchange = Exchange {
            direction: direction(inbound), provider: &texts[0], host: &texts[1], model: &texts[2], path: "/",
        };
        let expected = expected.map_or("default".to_owned(), |index| index.to_string());
        prop_assert_eq!(&policy.resolve(&exchange).name, &expected);
    }

    /// Whatever is refused as unreachable can indeed never be reached.
    #[test]
    fn a_refused_route_is_never_the_first_match(first in route(), second in route(), texts in ["[abB]{0,4}", "[abB]{0,4}", "[abB]{0,4}"]) {
        let yaml = |(inbound, patterns): &Written| {
            let mut keys = Vec::new();
            keys.extend(inbound.map(|inbound| format!("direction: {}", direction(inbound))));
            for (key, pattern) in ["provider", "host", "model"].iter().zip(patterns) {
                keys.extend(pattern.as_ref().map(|pattern| format!("{key}: {pattern:?}")));
            }
            format!("  - match: {{{}}}\n", keys.join(", "))
        };
        let text = format!("version: 1\nroutes:\n{}{}", yaml(&first), yaml(&second));
        if let Err(problems) = Policy::parse("p", &text) {
            prop_assert!(problems.to_string().contains("never reached"), "{}", problems);
            let (first, second) = (compile(&first), compile(&second));
            for inbound in [false, true] {
                let exchange = Exchange {
                    direction: direction(inbound), provider: &texts[0], host: &texts[1], model: &texts[2], path: "/",
                };
                prop_assert!(first.matches(&exchange) || !second.matches(&exchange));
            }
        }
    }
}
