//! Requests: what asks, what asks for invention, and which instructions hold facts.

use std::sync::LazyLock;

use regex::Regex;

use super::sentences::sentences;
use super::{Index, Source, SourceKind, sections};
use crate::text::{Shape, Token, chars, tokenize};

/// Longer text may contain a request but is not one.
const MAX_ASK: usize = 400;

/// How requests begin.
static BEGINS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi) ^ [^A-Za-z0-9]* (?: please | can\ you | could\ you | would\ you | i\ want\ you | i\ need | i'd\ like | help\ me | you\ are | you\ will | you\ should | your\ task | your\ answer | your\ response | based\ on\ the | based\ only | using\ (?:only\ )?the
        | according\ to\ the | given\ the\ (?:following|above|context|passage|document) | in\ case\ the | if\ the\ (?:answer|passages?|context|documents?|information)(?-u:\b) | bear\ in\ mind | make\ sure | do\ not | don't | only\ (?:use|answer|include) | answer | summari[sz]e | explain | write
        | describe | list | give | tell | translate | extract | compare | provide | generate | create | draft | briefly | identify | analy[sz]e | classify | rewrite | paraphrase
        | return | respond | reply | output | compute | calculate | instruction | question | read\ the | here\ (?:is|are) | below\ (?:is|are) | the\ following | use\ the | consider | what | who | when | where | why | how | which )(?-u:\b)",
    )
    .expect("a constant pattern")
});

/// Whether a short text asks for something rather than stating it.
pub(super) fn asks(text: &str) -> bool {
    let text = text.trim();
    if text.len() > MAX_ASK {
        return false;
    }
    text.ends_with('?') || (text.ends_with(':') && text.len() <= 200) || BEGINS.is_match(text)
}

/// The content stems of the last question.
pub(super) fn stems(sources: &[Source]) -> Vec<u32> {
    let mut tokens: Vec<Token> = Vec::new();
    if let Some(question) = sources.iter().rev().find(|s| s.kind == SourceKind::Question) {
        tokenize(&question.text[..chars::floor(&question.text, MAX_ASK * 4)], &mut tokens);
    }
    let mut stems: Vec<u32> = tokens.iter().filter(|t| t.is_content()).map(|t| t.stem).collect();
    stems.sort_unstable();
    stems.dedup();
    stems
}

/// Requests for a shorter form of what is given.
static SHORTENS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?-u:\b)(?:summari[sz]|summary|tl;?dr|recap|condense|overview|key points|main points|gist)",
    )
    .expect("a constant pattern")
});

/// Whether the last question asks for a summary: its sentences are freer in their words and still faithful.
pub(super) fn is_summary(sources: &[Source]) -> bool {
    let question = sources.iter().rev().find(|s| s.kind == SourceKind::Question);
    question.is_some_and(|q| SHORTENS.is_match(&q.text))
}

/// Whether instructions or question speak of JSON: then the answer probably is some.
pub(super) fn mentions_json(sources: &[Source]) -> bool {
    let asks = |s: &&Source| matches!(s.kind, SourceKind::Instructions | SourceKind::Question);
    let finder = memchr::memmem::Finder::new("json");
    sources.iter().filter(asks).any(|s| finder.find(s.text.to_ascii_lowercase().as_bytes()).is_some())
}

/// Requests for something that need not follow from anything.
static INVENTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi) (?-u:\b) (?: write | compose | create | generate | draft | invent | imagine | make\ up | come\ up\ with | brainstorm | suggest | tell ) \b
        [^.?!\n]{0,60} (?-u:\b) (?: poem | poetry | haiku | limerick | story | tale | song | lyrics | joke | riddle | fiction | slogans? | taglines? | names? | ideas? | script | code | function | program | class | regex | query | unit\ tests? | essay | tweet | caption | dialogue ) \b
        | (?-u:\b) (?: role-?play | pretend | imagine\ that ) \b",
    )
    .expect("a constant pattern")
});

/// Whether the question asks for invention and nothing was given to work from.
pub(super) fn is_open_ended(sources: &[Source]) -> bool {
    let given = sources.iter().any(|s| s.kind.proves() && s.kind != SourceKind::Instructions);
    let question = sources.iter().rev().find(|s| s.kind == SourceKind::Question);
    !given && question.is_some_and(|q| INVENTS.is_match(&q.text))
}

/// Sentences with a number or a name in them, not addressed to the model, that make instructions more than rules.
const MIN_FACTS: usize = 3;

/// Whether instructions bring material or facts of their own, so that claims can be held against them. `plain`: no part of the
/// source was read as JSON, so that its sentences are those of the index.
pub(super) fn holds_facts(number: u32, source: &Source, plain: bool, index: &Index) -> bool {
    let (mut facts, mut all) = (0, 0);
    let mut count = |states: bool| (facts, all) = (facts + usize::from(states), all + 1);
    if plain {
        index.sentences().iter().filter(|s| s.source == number).for_each(|s| count(s.states));
    } else {
        let mut tokens: Vec<Token> = Vec::new();
        sentences(&source.text, 0, source.text.len(), |start, end| {
            let sentence = &source.text[start..end];
            tokens.clear();
            tokenize(sentence, &mut tokens);
            count(states(sentence, &tokens));
        });
    }
    facts >= MIN_FACTS && facts * 5 >= all * 2 || sections::marks_context(&source.text)
}

/// Whether a sentence of instructions states a fact.
pub(super) fn states(sentence: &str, tokens: &[Token]) -> bool {
    let telling = |t: &Token| t.shape == Shape::Digits || t.is_capital() && t.is_content();
    tokens.len() >= 4 && tokens.iter().skip(1).any(telling) && !addresses_model(sentence) && !asks(sentence)
}

/// Words with which instructions speak to the model.
const ADDRESSES: [&[u8]; 5] = [b"you", b"your", b"always", b"never", b"must"];

fn addresses_model(sentence: &str) -> bool {
    if !sentence.is_ascii() {
        let mut words = sentence.split(|c: char| !c.is_alphanumeric() && c != '\'');
        return words.any(|word| is_address(word.as_bytes()));
    }
    let mut words = sentence.as_bytes().split(|b| !b.is_ascii_alphanumeric() && *b != b'\'');
    words.any(is_address)
}

fn is_address(word: &[u8]) -> bool {
    (3..=6).contains(&word.len())
        && matches!(word[0].to_ascii_lowercase(), b'y' | b'a' | b'n' | b'm')
        && ADDRESSES.iter().any(|a| word.eq_ignore_ascii_case(a))
}
