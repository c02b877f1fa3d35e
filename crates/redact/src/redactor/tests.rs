//! What is found and what is left alone.

use super::*;

fn redacted(text: &str) -> String {
    Redactor::default().redact(text, Form::Text).map_or_else(|| text.to_owned(), |redacted| redacted.text)
}

/// Keys are put together here so that no scanner takes this file for a leak.
fn keys() -> Vec<String> {
    let body = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7d";
    let hex = "0123456789abcdef0123456789abcdef01234567";
    [
        ("sk-", body),
        ("sk-proj-", body),
        ("sk-ant-api03-", body),
        ("AI", "zaSyA1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1v"),
        ("AK", "IAIOSFODNN7EXAMPLE"),
        ("gh", "p_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"),
        ("github", "_pat_11ABCDEFG0abcdefghijklmnop"),
        ("gl", "pat-abcdefghij0123456789"),
        ("xo", "xb-123456789012-abcdefghijkl"),
        ("sk", "_live_4eC39HqLyjWDarjtT1zdp7dc"),
        ("hf", "_abcdefghijklmnopqrstuvwxyz012345"),
        ("gs", "k_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7d"),
        ("np", "m_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"),
        ("do", "p_v1_"),
        ("da", "pi0123456789abcdef0123456789abcdef"),
        ("eyJ", "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"),
    ]
    .iter()
    .map(
        |(start, end)| {
            if end.ends_with("v1_") { format!("{start}{end}{hex}") } else { format!("{start}{end}") }
        },
    )
    .collect()
}

#[test]
fn keys_are_found_wherever_they_stand() {
    for key in keys() {
        for text in [
            key.clone(),
            format!("Use {key}, please."),
            format!("{{\"key\": \"{key}\"}}"),
            format!("[\"a\\n{key}\\nb\"]"),
            format!("é{key}é"),
            format!("x={key}&y=1"),
            format!("({key})"),
        ] {
            let out = redacted(&text);
            assert!(!out.contains(&key[4..]) && out.contains("[redacted:"), "{text} → {out}");
        }
        let glued = format!("Use {key}.");
        assert!(
            redacted(&glued).starts_with("Use [redacted:") && redacted(&glued).ends_with("]."),
            "{glued}"
        );
    }
}

#[test]
fn credentials_by_what_announces_them() {
    for (text, expected) in [
        ("Authorization: Bearer abcdef0123456789abcdef", "Authorization: Bearer [redacted:token]"),
        ("authorization: basic dXNlcjpwYXNzd29yZDE=", "authorization: basic [redacted:token]"),
        ("DB_PASSWORD=correct-horse-battery", "DB_PASSWORD=[redacted:password]"),
        (r#"{"client_secret": "s3cr3t-value"}"#, r#"{"client_secret": "[redacted:password]"}"#),
        (r#"{\"password\": \"hunter2hunter2\"}"#, r#"{\"password\": \"[redacted:password]\"}"#),
        ("The password: Tr0ub4dor&3x.", "The password: [redacted:password]"),
        ("postgres://app:pa55@db:5432/x", "postgres://app:[redacted:password]@db:5432/x"),
    ] {
        assert_eq!(redacted(text), expected);
    }
    let pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc=\n-----END RSA PRIVATE KEY-----";
    assert_eq!(redacted(&format!("a {pem} b")), "a [redacted:private_key] b");
    assert_eq!(redacted(&pem.replace('\n', "\\n")), "[redacted:private_key]");
    assert_eq!(redacted(&pem[..pem.len() - 30]).trim_end_matches('-'), "[redacted:private_key]");
}

#[test]
fn personal_data() {
    for (text, expected) in [
        ("Ask ada@example.com.", "Ask [redacted:email]."),
        ("<first.last+tag@mail.example.co.uk>", "<[redacted:email]>"),
        ("josé@example.com o'brien@example.com", "[redacted:email] [redacted:email]"),
        (r"a\nada@example.com", r"a\n[redacted:email]"),
        ("Card 4111 1111 1111 1111 123, exp 12/29", "Card [redacted:card] 123, exp 12/29"),
        ("12 4111-1111-1111-1111", "12 [redacted:card]"),
        ("Pay to GB82 WEST 1234 5698 7654 32 today", "Pay to [redacted:iban] today"),
        ("DE89370400440532013000 AND MORE", "[redacted:iban] AND MORE"),
    ] {
        assert_eq!(redacted(text), expected);
    }
}

#[test]
fn what_only_looks_like_it_is_left_alone() {
    for text in [
        "scikit-learn: sk-learn-something-that-is-long-without-digits",
        "task-abcdefghijklmnopqrstuvwxyz0123456789",
        "The bearer of this letter understands responsibilities. Basic internationalisation.",
        "Your password: must-contain a digit. password = getpass() token=${TOKEN}",
        "At 1767225600000000 µs, order 4111111111111112, version 3.4111111111111111, id a4111111111111111",
        "me @ home, @mention, a@b, x@y.z1",
        "GB82 WEST 1234 5698 7654 33",
        "eyJust a word, eyJhbGciOiJIUzI1NiJ9 alone",
        "[redacted:password] password=[redacted:password]",
    ] {
        assert_eq!(redacted(text), text);
    }
}

#[test]
fn json_stays_json() {
    let text = r#"{"card": 4111111111111111, "to": "a\"@b \"ada@example.com\"", "n": [5500005555555559]}"#;
    let out = Redactor::default().redact(text, Form::Json).unwrap().text;
    assert_eq!(
        out,
        r#"{"card": "[redacted:card]", "to": "a\"@b \"[redacted:email]\"", "n": ["[redacted:card]"]}"#
    );
}

#[test]
fn what_overlaps_is_one() {
    let own = Own { name: "badge".to_owned(), pattern: "[a-z]{3}@".to_owned() };
    let redactor = Redactor::new(Settings { own: vec![own], ..Settings::default() }).unwrap();
    let redacted = redactor.redact("ada@example.com ada@", Form::Text).unwrap();
    assert_eq!(redacted.text, "[redacted:email] [redacted:badge]");
    assert_eq!(redacted.found.len(), 2);
}

#[test]
fn each_kind_can_be_switched_off() {
    let text = "ada@example.com 4111111111111111 DE89370400440532013000 password=correct-horse";
    let off = Settings { credentials: false, emails: false, cards: false, ibans: false, own: Vec::new() };
    assert_eq!(Redactor::new(off.clone()).unwrap().redact(text, Form::Text), None);
    for (settings, kind) in [
        (Settings { credentials: true, ..off.clone() }, Kind::Password),
        (Settings { emails: true, ..off.clone() }, Kind::Email),
        (Settings { cards: true, ..off.clone() }, Kind::Card),
        (Settings { ibans: true, ..off }, Kind::Iban),
    ] {
        let found = Redactor::new(settings).unwrap().find(text);
        assert_eq!(found.iter().map(|found| found.kind).collect::<Vec<_>>(), [kind]);
    }
}

#[test]
fn every_bad_pattern_is_told() {
    let own = |name: &str, pattern: &str| Own { name: name.to_owned(), pattern: pattern.to_owned() };
    let bad = vec![
        own("ok", "EMP-[0-9]{6}"),
        own("ok", "x"),
        own("Email", "x"),
        own("email", "x"),
        own("a", "("),
        own("b", "x*"),
        own("c", "x+"),
        own("d", ".{1025}"),
        own("e", r"\w{200}\w{100}"),
        own("f", &"x".repeat(MAX + 1)),
    ];
    let problems = Redactor::new(Settings { own: bad, ..Settings::default() }).unwrap_err();
    let indices: Vec<usize> = problems.iter().map(|(index, _)| *index).collect();
    assert_eq!(indices, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(problems[3].1, OwnError::Syntax("unclosed group".to_owned()));
    assert_eq!((&problems[4].1, &problems[5].1), (&OwnError::Empty, &OwnError::Unbounded));
    let many = (0..40).map(|n| own(&format!("n{n}"), "x")).collect();
    let problems = Redactor::new(Settings { own: many, ..Settings::default() }).unwrap_err();
    assert_eq!(problems, [(32, OwnError::Many)]);
}

const MAX: usize = crate::MAX_PATTERN;
