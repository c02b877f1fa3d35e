//! Which sentences claim nothing: refusals, admissions of not knowing, greetings, offers, questions.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

/// What a sentence does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speech {
    /// It states something.
    Claim,
    /// It says that the material does not answer, or that the model cannot.
    Refusal,
    /// Greeting, offer, introduction, question: nothing to check.
    Furniture,
}

static REFUSES: LazyLock<RegexSet> = LazyLock::new(|| {
    RegexSet::new([
        r"(?i)\b(?:unable|not able) to (?:answer|provide|find|determine|help|assist|comply|share)",
        r"(?i)\b(?:i|we) (?:do not|don't|cannot|can't|can not|could not|couldn't|am not able to|won't)\s+(?:actually |currently |fully )?(?:know|have|find|see|answer|determine|provide|verify|confirm|tell|say|help|assist|access|comply|share)\b",
        r"(?i)\b(?:passages?|documents?|context|text|article|sources?|information|data|excerpts?|conversation|record|report|it|there)\b[^.]{0,60}\b(?:do(?:es)? not|don't|doesn't|did not|didn't|is no|are no|is not|isn't|was no)\b[^.]{0,30}\b(?:mention|mentioned|contain|provide|provided|include|included|specify|specified|state|stated|say|information|details?|enough|sufficient|answer|address|discuss|describe|explicitly|directly|indicate|clear|give)",
        r"(?i)\b(?:not|isn't|aren't|wasn't|never) (?:explicitly |directly |specifically |clearly )?(?:mentioned|specified|stated|provided|included|given|available|disclosed|covered|addressed|found|discussed|clear)\b[^.]{0,30}\b(?:in|by|from|within) the\b",
        r"(?i)\b(?:cannot|can't|could not|couldn't) be (?:determined|answered|found|confirmed|verified)\b",
        r"(?i)^\W*(?:i'm|i am|we're|we are) (?:very |so |really )?(?:sorry|afraid|not sure|unsure|unable)\b",
        r"(?i)^\W*(?:sorry|apologies|my apologies|unfortunately, i)\b",
        r"(?i)\bas an ai\b",
    ])
    .expect("constant patterns")
});

static FURNITURE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi) ^ \W* (?:
          (?: sure | certainly | of\ course | absolutely | great | okay | ok | hello | hi | hey | thanks | thank\ you | you're\ welcome | you\ are\ welcome | got\ it | no\ problem | good\ question | great\ question | happy\ to\ help | glad\ to\ help ) \b [^a-z0-9]* (?:[^.!]{0,24} [!.])? \W* $
        | (?: let\ me\ know | feel\ free | please\ let | please\ feel | i\ hope | hope\ this | would\ you\ like | do\ you\ (?:want|need) | if\ you\ (?:have|need|would\ like|want|'d\ like) \b [^.]{0,80} \b (?: let\ me | ask | questions | help | reach ) | is\ there\ anything | i(?:'d|\ would)\ be\ happy | i\ can\ (?:also\ )?help | happy\ to | don't\ hesitate | let's )
        | (?: (?:sure|certainly|of\ course|okay|great) [!,.]? \s+ )? (?: here(?:'s|\ is|\ are) | below\ (?:is|are) | the\ following\ (?:is|are) | i(?:'ve|\ have)\ (?:summari[sz]ed|listed|prepared|written) ) \b [^.]{0,160} [:.!]? \W* $
        )",
    )
    .expect("a constant pattern")
});

/// What the sentence does.
pub(crate) fn speech(text: &str) -> Speech {
    let trimmed = text.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_' | '"' | ')'));
    if trimmed.ends_with('?') || trimmed.ends_with('？') {
        return Speech::Furniture;
    }
    if REFUSES.is_match(text) {
        return Speech::Refusal;
    }
    if FURNITURE.is_match(text) { Speech::Furniture } else { Speech::Claim }
}
