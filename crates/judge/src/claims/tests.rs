use proptest::prelude::*;

use super::{Claim, Form, Splitter};

fn split_in(pieces: &[&str]) -> Vec<Claim> {
    let mut splitter = Splitter::new(true);
    let mut claims = Vec::new();
    for piece in pieces {
        splitter.push(piece, &mut |claim| claims.push(claim));
    }
    splitter.finish(&mut |claim| claims.push(claim));
    claims
}

fn texts(text: &str) -> Vec<String> {
    split_in(&[text]).into_iter().map(|c| c.text).collect()
}

fn forms(text: &str) -> Vec<(Form, String)> {
    split_in(&[text]).into_iter().map(|c| (c.form, c.text)).collect()
}

#[test]
fn full_stops_that_end_nothing() {
    for one in [
        "Dr. Vermeer met Mr. Smith at 5 p.m. in St. Louis.",
        "The U.S. Census Bureau paid $3.5 million to Acme Inc. for it.",
        "See https://example.org/a.b?c=d. for more",
        "George W. Bush and J. K. Rowling agreed.",
        "Use e.g. Redis, i.e. a cache, etc. for that.",
        "It is version 1.2.3 of the tool, see No. 5.",
        "He said \"Stop.\" and left.",
        "Wait... what happened?",
        "Yahoo! is a company.",
        "On Jan. 5 it rose 3.2 percent.",
    ] {
        assert_eq!(texts(one).len(), 1, "{one}: {:?}", texts(one));
    }
}

#[test]
fn ends_of_sentences() {
    let cases: [(&str, &[&str]); 10] = [
        ("One. Two! Three? Four", &["One.", "Two!", "Three?", "Four"]),
        ("He said \"Stop.\" Then he left.", &["He said \"Stop.\"", "Then he left."]),
        ("It ended at 5 p.m. The next day it rained.", &["It ended at 5 p.m.", "The next day it rained."]),
        ("Take vitamin C. It helps.", &["Take vitamin C.", "It helps."]),
        ("This is known.[1] The rest is not.", &["This is known.[1]", "The rest is not."]),
        ("(It rained.) We stayed.", &["(It rained.)", "We stayed."]),
        ("**Bold claim.** Next one.", &["**Bold claim.**", "Next one."]),
        ("今日は雨です。明日は晴れ！よかった", &["今日は雨です。", "明日は晴れ！", "よかった"]),
        ("The answer is no. We refuse.", &["The answer is no.", "We refuse."]),
        ("It costs 5. The rest is free.", &["It costs 5.", "The rest is free."]),
    ];
    for (text, sentences) in cases {
        assert_eq!(texts(text), sentences, "{text}");
    }
}

#[test]
fn markdown_is_told_apart() {
    let text = "# Plans\n\nHere are the plans:\n\n1. Starter costs $5.\n2. Team costs $9. It has SSO.\n- **SSO**: included\n\n\
                | Plan | Price |\n|------|-------|\n| Team | $9 |\n\n```sh\nkubectl get pods\n```\nDone with it.";
    let expected = [
        (Form::Heading, "# Plans"),
        (Form::Heading, "Here are the plans:"),
        (Form::Item, "1. Starter costs $5."),
        (Form::Item, "2. Team costs $9."),
        (Form::Sentence, "It has SSO."),
        (Form::Item, "- **SSO**: included"),
        (Form::Row, "| Plan | Price |"),
        (Form::Heading, "|------|-------|"),
        (Form::Row, "| Team | $9 |"),
        (Form::Code, "```sh"),
        (Form::Code, "kubectl get pods"),
        (Form::Code, "```"),
        (Form::Sentence, "Done with it."),
    ];
    let expected: Vec<(Form, String)> =
        expected.into_iter().map(|(form, text)| (form, text.to_owned())).collect();
    assert_eq!(forms(text), expected);
}

#[test]
fn wrapped_lines_go_on_and_short_ones_end() {
    let wrapped = "This line was wrapped by the model at about seventy characters and\ngoes on here.";
    assert_eq!(texts(wrapped).len(), 1);
    assert_eq!(texts("Apples\npears\nplums").len(), 3);
}

#[test]
fn json_answers_are_read_value_by_value() {
    let text = "{\"plan\": \"Team\", \"seats\": 25, \"note\": \"Costs \\\"$99\\\" now. Caf\\u00e9 included.\", \"tags\": [\"a b\", true]}";
    let claims = split_in(&[text]);
    let found: Vec<(Option<&str>, &str, Form)> =
        claims.iter().map(|c| (c.key.as_deref(), c.text.as_str(), c.form)).collect();
    let expected = [
        (Some("plan"), "Team", Form::JsonText),
        (Some("seats"), "25", Form::JsonScalar),
        (Some("note"), "Costs \"$99\" now.", Form::JsonText),
        (Some("note"), "Café included.", Form::JsonText),
        (Some("tags"), "a b", Form::JsonText),
        (Some("tags"), "true", Form::JsonScalar),
    ];
    assert_eq!(found, expected);
    let letters: Vec<char> = text.chars().collect();
    let place = |claim: &Claim, word: &str| -> String {
        let at = claim.text.find(word).map(|b| claim.text[..b].chars().count()).unwrap();
        letters[claim.offset(at)..claim.offset(at + word.chars().count())].iter().collect()
    };
    assert_eq!(place(&claims[1], "25"), "25");
    assert_eq!(place(&claims[2], "$99"), "$99");
    assert_eq!(place(&claims[3], "included"), "included");
    assert_eq!(place(&claims[3], "Café"), "Caf\\u00e9");
}

#[test]
fn text_around_json_is_read_too() {
    let fenced = "```json\n{\"seats\": 25}\n```\nThat is all there is.";
    let found = forms(fenced);
    assert_eq!(found[0], (Form::JsonScalar, "25".to_owned()));
    assert_eq!(found.last().unwrap(), &(Form::Sentence, "That is all there is.".to_owned()));
    // Not JSON after all: the rest is read as text.
    assert!(texts("{\"a\": 1, oops} It costs $5.").iter().any(|t| t.contains("$5")));
    assert_eq!(texts("[1] It costs $5. [2] More."), ["[1] It costs $5.", "[2] More."]);
}

#[test]
fn a_sentence_settles_when_the_next_begins() {
    let mut splitter = Splitter::new(false);
    let mut claims = Vec::new();
    for (piece, claimed, settled) in
        [("It costs $5", 0, 0), (". ", 0, 0), ("T", 1, 13), ("hen.\n", 2, 19), ("\n- a", 2, 20)]
    {
        splitter.push(piece, &mut |claim| claims.push(claim));
        assert_eq!((claims.len(), splitter.settled()), (claimed, settled), "{piece:?}");
    }
}

#[test]
fn text_without_an_end_is_cut_and_not_kept() {
    let text = "word ".repeat(10_000);
    let claims = split_in(&[&text]);
    assert!(claims.len() > 20 && claims.iter().all(|c| c.text.len() <= 2_512));
    let words: usize = claims.iter().map(|c| c.text.split_whitespace().count()).sum();
    assert_eq!(words, 10_000);
}

/// Text made of what sentences are made of, so that every rule is met.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z]{1,8}",
        2 => "[A-Z][a-z]{0,6}",
        1 => "[0-9]{1,4}",
        3 => Just(" ".to_owned()),
        2 => Just(". ".to_owned()),
        1 => prop::sample::select(vec![
            ".", "!", "?", "…", "。", "！", "\n", "\n\n", "\n- ", "\n1. ", "\n```\n", "```", "|", "\n| ", "\"", "”", ")", "[1]", "[", "{\"",
            "\": \"", "\",\"", "}", "\\", "\\u00e9", "\\n", "e.g.", "Dr.", "U.S.", "p.m.", ":", "**", "`", "\u{301}", "é", "日本", "\0", "\u{202e}", "    ",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_split_gives_the_same_claims(text in pieces(), json in any::<bool>(), sizes in prop::collection::vec(1usize..9, 1..20)) {
        let text = if json { format!("{{\"{text}\": \"{text}\", \"k\": [1, \"{text}\"]}} {text}") } else { text };
        let letters: Vec<char> = text.chars().collect();
        let mut parts: Vec<String> = Vec::new();
        let (mut at, mut turn) = (0, 0);
        while at < letters.len() {
            let size = sizes[turn % sizes.len()].min(letters.len() - at);
            parts.push(letters[at..at + size].iter().collect());
            at += size;
            turn += 1;
        }
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        prop_assert_eq!(split_in(&parts), split_in(&[&text]));
    }

    #[test]
    fn claims_are_in_order_and_say_what_stands_there(text in pieces()) {
        let letters: Vec<char> = text.chars().collect();
        let mut end = 0;
        for claim in split_in(&[&text]) {
            prop_assert!(claim.start >= end);
            if claim.shifts.is_empty() && !matches!(claim.form, Form::JsonText) {
                let there: String = letters[claim.start..claim.start + claim.text.chars().count()].iter().collect();
                prop_assert_eq!(&there, &claim.text);
            }
            end = claim.offset(claim.text.chars().count());
            prop_assert!(end <= letters.len());
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn long_text_in_any_split(word in "[a-z.]{1,40}", sizes in prop::collection::vec(1usize..900, 1..8)) {
        let text = format!("{word} ").repeat(6_000 / (word.len() + 1)) + &word.repeat(3_000 / word.len());
        let mut parts = Vec::new();
        let (mut rest, mut turn) = (text.as_str(), 0);
        while !rest.is_empty() {
            let (part, after) = rest.split_at(sizes[turn % sizes.len()].min(rest.len()));
            parts.push(part);
            rest = after;
            turn += 1;
        }
        prop_assert_eq!(split_in(&parts), split_in(&[&text]));
    }
}
