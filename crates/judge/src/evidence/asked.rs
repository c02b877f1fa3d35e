//! The question itself, without the words around it that tell the model how to answer.
//!
//! Applications wrap a question in wording of their own ("Briefly answer the following question: … Bear in mind that …"). A
//! trained reader that sees the wrapping learns the application instead of the question.

use std::sync::LazyLock;

use regex::Regex;

use super::labels;
use super::sentences::sentences;
use crate::text::chars;

/// Bytes of a request that are read; a question stands at its end where it is longer.
const READ: usize = 1600;

/// Sentences that say how to answer.
static TELLS_HOW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi) ^ [^A-Za-z0-9]* (?: (?: please | and | also | but | then | so ) [\ ,]+ )*
        (?: bear\ in\ mind | keep\ in\ mind | in\ case | if\ | unless | make\ sure | be\ sure | be\ (?:brief|concise|precise|short|specific|honest)
          | do\ not | don't | never | always | only | avoid | ensure | remember | note\ that | use\ | using\ | base | based | according\ to | cite | quote\ | mention
          | you\ (?:are|will|should|must|may|can) | your\ | as\ an?\ | act\ as | think\ step | let's | limit | keep\ | stick\ to | refer\ to | follow
          | answer | briefly | respond | reply | return | output | format | instruction | begin | start | finish | summari[sz]e | here\ (?:is|are) | below | thanks | thank\ you )",
    )
    .expect("a constant pattern")
});

/// Words for the material beside the request: a sentence with one speaks of the material as a whole.
static MATERIAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?-u:\b)(?:(?:the|this|these|that|given|provided|following|above|below) (?:[a-z]+ ){0,2}?(?:passages?|contexts?|documents?|texts?|articles?|news|story|stories|excerpts?|data|information|records?|sources?|material|json|review|transcript|business)|following|above|below)(?-u:\b)",
    )
    .expect("a constant pattern")
});

/// The question in a request: its last sentence with a question mark, else the last that neither says how to answer nor speaks of
/// the material as a whole; empty when there is none ("Summarize the article.").
pub(super) fn question(text: &str) -> &str {
    let text = &text[chars::floor(text, text.len().saturating_sub(READ))..];
    let (mut marked, mut other) = (None, None);
    sentences(text, 0, text.len(), |start, end| {
        let sentence = unlabelled(&text[start..end]);
        if sentence.ends_with(['?', '？']) {
            marked = Some(sentence);
        } else if !sentence.is_empty()
            && !sentence.ends_with(':')
            && !TELLS_HOW.is_match(sentence)
            && !MATERIAL.is_match(sentence)
        {
            other = Some(sentence);
        }
    });
    marked.or(other).unwrap_or_default()
}

/// The sentence without a label in front: `Question: who …`, `Answer this question: who …`.
fn unlabelled(sentence: &str) -> &str {
    if let Some(label) = labels::find(sentence).last()
        && label.start == 0
    {
        return sentence[label.end..].trim();
    }
    match sentence.split_once(": ") {
        Some((before, after)) if before.len() <= 80 && TELLS_HOW.is_match(before) => after.trim(),
        _ => sentence,
    }
}

#[cfg(test)]
mod tests;
