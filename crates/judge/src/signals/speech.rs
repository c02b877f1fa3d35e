//! Which sentences claim nothing: refusals, admissions of not knowing, greetings, offers, questions.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use crate::text::token::word_hashes;
use crate::text::{Class, Token};

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
        r"(?i)(?-u:\b)(?:unable|not able) to (?:answer|provide|find|determine|help|assist|comply|share)",
        r"(?i)(?-u:\b)(?:i|we) (?:do not|don't|cannot|can't|can not|could not|couldn't|am not able to|won't)\x20+(?:actually |currently |fully )?(?:know|have|find|see|answer|determine|provide|verify|confirm|tell|say|help|assist|access|comply|share)(?-u:\b)",
        r"(?i)(?-u:\b)(?:passages?|documents?|context|text|article|sources?|information|data|excerpts?|conversation|record|report|it|there)(?-u:\b)[^.]{0,60}(?-u:\b)(?:do(?:es)? not|don't|doesn't|did not|didn't|is no|are no|is not|isn't|was no)(?-u:\b)[^.]{0,30}(?-u:\b)(?:mention|mentioned|contain|provide|provided|include|included|specify|specified|state|stated|say|information|details?|enough|sufficient|answer|address|discuss|describe|explicitly|directly|indicate|clear|give)",
        r"(?i)(?-u:\b)(?:not|isn't|aren't|wasn't|never) (?:explicitly |directly |specifically |clearly )?(?:mentioned|specified|stated|provided|included|given|available|disclosed|covered|addressed|found|discussed|clear)(?-u:\b)[^.]{0,30}(?-u:\b)(?:in|by|from|within) the(?-u:\b)",
        r"(?i)(?-u:\b)(?:cannot|can't|could not|couldn't) be (?:determined|answered|found|confirmed|verified)(?-u:\b)",
        r"(?i)^[^A-Za-z0-9]*(?:i'm|i am|we're|we are) (?:very |so |really )?(?:sorry|afraid|not sure|unsure|unable)(?-u:\b)",
        r"(?i)^[^A-Za-z0-9]*(?:sorry|apologies|my apologies|unfortunately, i)(?-u:\b)",
        r"(?i)(?-u:\b)as an ai(?-u:\b)",
    ])
    .expect("constant patterns")
});

static FURNITURE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi) ^ [^A-Za-z0-9]* (?:
          (?: sure | certainly | of\ course | absolutely | great | okay | ok | hello | hi | hey | thanks | thank\ you | you're\ welcome | you\ are\ welcome | got\ it | no\ problem | good\ question | great\ question | happy\ to\ help | glad\ to\ help ) (?-u:\b) [^a-z0-9]* (?:[^.!]{0,24} [!.])? [^A-Za-z0-9]* $
        | (?: let\ me\ know | feel\ free | please\ let | please\ feel | i\ hope | hope\ this | would\ you\ like | do\ you\ (?:want|need) | if\ you\ (?:have|need|would\ like|want|'d\ like) (?-u:\b) [^.]{0,80} (?-u:\b) (?: let\ me | ask | questions | help | reach ) | is\ there\ anything | i(?:'d|\ would)\ be\ happy | i\ can\ (?:also\ )?help | happy\ to | don't\ hesitate | let's )
        | (?: (?:sure|certainly|of\ course|okay|great) [!,.]? \x20+ )? (?: here(?:'s|\ is|\ are) | below\ (?:is|are) | the\ following\ (?:is|are) | i(?:'ve|\ have)\ (?:summari[sz]ed|listed|prepared|written) ) (?-u:\b) [^.]{0,160} [:.!]? [^A-Za-z0-9]* $
        )",
    )
    .expect("a constant pattern")
});

/// Words of which a refusal holds at least one, besides negations.
const REFUSING: [u32; 6] = word_hashes(["unable", "sorry", "afraid", "unsure", "apologies", "ai"]);

/// What the sentence does.
pub(crate) fn speech(text: &str, tokens: &[Token]) -> Speech {
    let trimmed = text.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_' | '"' | ')'));
    if trimmed.ends_with('?') || trimmed.ends_with('？') {
        return Speech::Furniture;
    }
    let may_refuse = tokens.iter().any(|t| t.class.has(Class::NEGATION) || t.is_in(&REFUSING));
    if may_refuse && REFUSES.is_match(text) {
        return Speech::Refusal;
    }
    if FURNITURE.is_match(text) { Speech::Furniture } else { Speech::Claim }
}
