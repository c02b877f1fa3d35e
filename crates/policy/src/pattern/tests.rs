use super::*;

fn pattern(text: &str) -> Pattern {
    Pattern::new(text, Case::Ignored).unwrap()
}

#[test]
fn stars_cross_slashes_and_empty_text_needs_a_pattern_for_it() {
    assert!(pattern("meta-llama/*").is_match("Meta-Llama/Llama-3/70B"));
    assert!(pattern("*llama*").is_match("meta-llama/Llama-3"));
    assert!(pattern("*").is_match("") && pattern("**").is_match(""));
    assert!(!pattern("?*").is_match("") && !pattern("gpt").is_match(""));
    assert!(pattern("gpt-4[o.]*").is_match("gpt-4.1") && !pattern("gpt-4[o.]*").is_match("gpt-4-turbo"));
    assert!(pattern(r"a\*b").is_match("a*b") && !pattern(r"a\*b").is_match("axb"));
}

#[test]
fn bad_patterns_say_what_is_wrong() {
    for text in ["a[", "{a,b", "a}", "[z-a]", "a\\"] {
        assert!(!Pattern::new(text, Case::Matters).unwrap_err().is_empty(), "{text}");
    }
}

#[test]
fn covering_is_sound_and_finds_the_plain_cases() {
    for (wide, narrow) in [
        ("*", "anything*"),
        ("gpt-*", "gpt-4*"),
        ("gpt-*", "GPT-4o"),
        ("*a*", "*ba?"),
        ("a*c", "a*b*c"),
        ("??", "a?"),
        ("[ab]x", "[ab]x"),
        ("[ab]x", "ax"),
        ("{a,b}*", "b1"),
    ] {
        assert!(pattern(wide).covers(&pattern(narrow)), "{wide} covers {narrow}");
    }
    for (wide, narrow) in [
        ("gpt-4*", "gpt-*"),
        ("gpt-4o", "gpt-4*"),
        ("a?", "a*"),
        ("?", "*"),
        ("a*b", "a*"),
        ("*a", "*b"),
        ("[ab]", "?"),
        ("a", "*"),
    ] {
        assert!(!pattern(wide).covers(&pattern(narrow)), "{wide} does not cover {narrow}");
    }
}
