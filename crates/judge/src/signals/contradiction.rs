//! Sentences that say nearly what the evidence says, with the opposite sign or the opposite word.

use std::sync::LazyLock;

use smallvec::SmallVec;

use super::{Analysis, Finding, Rule};
use crate::evidence::Evidence;
use crate::text::table::Table;
use crate::text::token::word_hashes;
use crate::text::{Class, Shape, Token, hash, stem, tokenize};

/// Share of the claim's words that the evidence sentence holds when both say the same.
const SAME_STATEMENT: f32 = 0.8;

/// The same the other way round.
const SAME_STATEMENT_BACK: f32 = 0.75;
/// Words between two statements of a sentence.
const CUTS: [u32; 9] =
    word_hashes(["and", "so", "while", "but", "because", "which", "although", "though", "whereas"]);
/// Words that make a statement conditional or partial: a negation may then concern the condition.
#[rustfmt::skip]
const CONDITIONS: [u32; 17] = word_hashes([
    "if", "when", "unless", "until", "without", "avoid", "instead", "rather", "only", "both", "whether", "where", "before", "after", "that", "prevent", "prevents",
]);

/// Opposites of which one stands where the evidence has the other.
#[rustfmt::skip]
const OPPOSITES: [(&str, &str); 40] = [
    ("increase", "decrease"), ("increased", "decreased"), ("rise", "fall"), ("rose", "fell"), ("rising", "falling"), ("higher", "lower"),
    ("high", "low"), ("more", "fewer"), ("more", "less"), ("most", "least"), ("before", "after"), ("above", "below"), ("open", "closed"),
    ("open", "close"), ("accept", "reject"), ("accepted", "rejected"), ("approved", "denied"), ("approve", "deny"), ("allowed", "prohibited"),
    ("allowed", "forbidden"), ("legal", "illegal"), ("guilty", "innocent"), ("alive", "dead"), ("win", "lose"), ("won", "lost"), ("include", "exclude"),
    ("included", "excluded"), ("enabled", "disabled"), ("enable", "disable"), ("safe", "unsafe"), ("safe", "dangerous"), ("positive", "negative"),
    ("buy", "sell"), ("early", "late"), ("first", "last"), ("hot", "cold"), ("mandatory", "optional"), ("required", "optional"), ("success", "failure"),
    ("male", "female"),
];

/// Stems of the words with opposites, and of their forms in `-ies` and `-ied`.
static OPPOSED: LazyLock<Table<()>> = LazyLock::new(|| {
    let words = OPPOSITES.iter().flat_map(|(a, b)| [*a, *b]);
    let forms = words.map(|word| &word[..stem::stem(word.as_bytes()).0]);
    Table::new(
        forms.flat_map(|root| [(hash::spelled(root, ""), ()), (hash::spelled(root, "y"), ())]).collect(),
    )
});

/// Evidence without an end for so many bytes is no sentence that says the same.
const MAX_SENTENCE: usize = 4_096;

/// Adds a finding when the closest sentence contradicts this one.
pub(crate) fn find(analysis: &Analysis<'_>, evidence: &Evidence, out: &mut Vec<Finding>) {
    let Some(number) = analysis.closest.sentence.filter(|_| analysis.closest.best >= 0.5) else { return };
    let (Some(sentence), Some(theirs)) = (evidence.index().get(number), evidence.sentence(number)) else {
        return;
    };
    let here = &analysis.tokens;
    let conditional = |tokens: &[Token]| tokens.iter().any(|t| t.is_in(&CONDITIONS));
    let denied = denials(here) != usize::from(sentence.denials) && !conditional(here);
    let reversible = |t: &Token| t.is_content() && OPPOSED.get(t.stem).is_some();
    // Nearly always there is neither, and the evidence sentence need not be read again.
    if !denied && !here.iter().any(reversible) || theirs.ends_with('?') || theirs.len() > MAX_SENTENCE {
        return;
    }
    let mut there: Vec<Token> = Vec::new();
    tokenize(theirs, &mut there);
    let mut finding =
        |(start, end), rule| out.push(Finding { start, end, rule, evidence: evidence.reference(number) });
    if denied && !conditional(&there) {
        for said in statements(here) {
            let opposed = statements(&there).any(|given| {
                denials(said) != denials(given)
                    && alike(said, given, None)
                    && opposed(analysis.text, said, theirs, given)
            });
            if let (true, [first, .., last]) = (opposed, said) {
                return finding((first.start, last.end), Rule::Polarity);
            }
        }
    }
    for token in here.iter().filter(|t| reversible(t) && !there.iter().any(|o| o.stem == t.stem)) {
        let opposite = opposite(&token.of(analysis.text).to_lowercase(), theirs, &there);
        if let Some(other) = opposite.filter(|other| !here.iter().any(|h| h.stem == other.stem))
            && alike(here, &there, Some((token.stem, other.stem)))
        {
            return finding((token.start, token.end), Rule::Antonym);
        }
    }
}

/// Whether two sentences say the same in their telling words, numbers and the two opposites aside.
fn alike(here: &[Token], there: &[Token], opposites: Option<(u32, u32)>) -> bool {
    let stems = |tokens: &[Token]| -> SmallVec<[u32; 32]> {
        let telling = |t: &&Token| t.is_content() && t.shape != Shape::Digits && !t.class.has(Class::NUMBER);
        let aside = |stem: u32| opposites.is_some_and(|(a, b)| stem == a || stem == b);
        tokens.iter().filter(telling).map(|t| t.stem).filter(|stem| !aside(*stem)).collect()
    };
    let (here, there) = (stems(here), stems(there));
    let share = |a: &[u32], b: &[u32]| {
        a.iter().filter(|stem| b.contains(stem)).count() as f32 / a.len().max(1) as f32
    };
    here.len() >= 2 && share(&here, &there) >= SAME_STATEMENT && share(&there, &here) >= SAME_STATEMENT_BACK
}

/// The word of the evidence sentence that is the opposite of `word`.
fn opposite<'t>(word: &str, theirs: &str, there: &'t [Token]) -> Option<&'t Token> {
    let root = |w: &str| stem::stem(w.as_bytes()).0;
    let same = |a: &str, b: &str| a[..root(a)] == b[..root(b)];
    let others = OPPOSITES.iter().filter_map(|(a, b)| {
        if same(a, word) {
            Some(*b)
        } else if same(b, word) {
            Some(*a)
        } else {
            None
        }
    });
    let find = |other: &str| there.iter().find(|t| same(&t.of(theirs).to_lowercase(), other));
    others.into_iter().find_map(find)
}

/// Negations that deny a thing, not a statement.
const OTHER_DENIALS: [u32; 10] =
    word_hashes(["no", "without", "none", "lack", "lacks", "lacking", "nothing", "neither", "nor", "false"]);

/// The statements of a sentence.
fn statements(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    tokens.split(|t| t.is_in(&CUTS)).filter(|statement| statement.len() > 2)
}

/// Negated verbs: `is not`, `doesn't`, `cannot`, `never`. "No dice" and "without salt" deny other things.
pub(crate) fn denials(tokens: &[Token]) -> usize {
    let denies = |t: &&Token| t.class.has(Class::NEGATION) && !t.is_in(&OTHER_DENIALS);
    tokens.iter().filter(denies).count()
}

/// Whether one of the two denies what the other affirms: the first content word after a negation, said by the other without one.
fn opposed(here: &str, said: &[Token], there: &str, given: &[Token]) -> bool {
    let affirms = |text: &str, tokens: &[Token], stem: u32| {
        let mut places = (0..tokens.len()).filter(|i| tokens[*i].stem == stem).peekable();
        places.peek().is_some() && places.all(|i| !in_scope(text, tokens, i))
    };
    let denied = |text: &str, tokens: &[Token]| -> SmallVec<[u32; 4]> {
        let negations = (0..tokens.len()).filter(|i| tokens[*i].class.has(Class::NEGATION));
        negations.filter_map(|i| governed(text, tokens, i)).map(|word| tokens[word].stem).collect()
    };
    denied(here, said).iter().any(|stem| affirms(there, given, *stem))
        || denied(there, given).iter().any(|stem| affirms(here, said, *stem))
}

/// The content word that a negation governs: the next one, nearby and in the same clause.
fn governed(text: &str, tokens: &[Token], negation: usize) -> Option<usize> {
    let next = (negation + 1..tokens.len()).take(3).find(|i| tokens[*i].is_content())?;
    let between = &text[tokens[negation].end..tokens[next].start];
    (!between.contains([',', ';', '.', ':', '('])).then_some(next)
}

/// Whether a negation stands shortly before the word, in the same clause.
fn in_scope(text: &str, tokens: &[Token], word: usize) -> bool {
    (0..word).rev().take(6).any(|i| {
        tokens[i].class.has(Class::NEGATION)
            && !text[tokens[i].end..tokens[word].start].contains([',', ';', '.', ':'])
    })
}
