//! How a sentence is written: what needs no evidence to be seen.

use crate::signals::Analysis;
use crate::text::token::word_hashes;
use crate::text::{Class, Shape, lexicon};

/// Words with which an answer comes to its end.
#[rustfmt::skip]
const CONCLUDES: [u32; 10] = word_hashes([
    "overall", "finally", "therefore", "thus", "hence", "so", "summary", "conclusion", "lastly", "ultimately",
]);
/// Advice, which material seldom gives in these words.
#[rustfmt::skip]
const ADVISES: [u32; 26] = word_hashes([
    "should", "recommend", "recommended", "important", "consult", "ensure", "must", "need", "needs", "best", "sure", "crucial", "essential", "helpful",
    "help", "always", "remember", "advisable", "consider", "avoid", "necessary", "professional", "follow", "careful", "carefully", "safety",
]);
const EXAMPLES: [u32; 6] = word_hashes(["including", "such", "like", "example", "instance", "includes"]);
const ADDRESSES: [u32; 6] = word_hashes(["you", "your", "i", "we", "our", "yourself"]);
const JOINS: [u32; 2] = word_hashes(["and", "or"]);
/// Who has an opinion of a business, and what it is called.
#[rustfmt::skip]
const OPINIONS: [u32; 14] = word_hashes([
    "customers", "customer", "reviewers", "reviewer", "guests", "guest", "reviews", "review", "praised", "praise", "complained", "patrons", "visitors", "diners",
]);

/// Words at the beginning of a sentence that can open its conclusion.
const OPENING: usize = 4;

/// Traits of a sentence's wording; counts of words.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Style {
    /// Share of function words.
    pub stop_share: f32,
    /// Mean rarity of the content words.
    pub rarity: f32,
    pub commas: u32,
    pub joins: u32,
    /// It begins as a conclusion does.
    pub concludes: bool,
    pub advises: u32,
    pub examples: u32,
    pub addresses: u32,
    pub opinions: u32,
    /// Words for the material (`passage`, `text`, `mentioned`).
    pub material: u32,
    /// It has a parenthesis or a colon.
    pub aside: bool,
    /// Numbers in digits.
    pub digits: u32,
}

/// Reads them.
pub(super) fn style(analysis: &Analysis<'_>) -> Style {
    let mut style = Style::default();
    let tokens = &analysis.tokens;
    let (mut content, mut rarity) = (0u32, 0.0f32);
    for (at, token) in tokens.iter().enumerate() {
        if token.is_content() {
            content += 1;
            rarity += lexicon::rarity(token.stem);
        }
        let counted = |words: &[u32]| u32::from(token.is_in(words));
        style.concludes |= at < OPENING && token.is_in(&CONCLUDES);
        style.joins += counted(&JOINS);
        style.advises += counted(&ADVISES);
        style.examples += counted(&EXAMPLES);
        style.addresses += counted(&ADDRESSES);
        style.opinions += counted(&OPINIONS);
        style.material += u32::from(token.class.has(Class::MATERIAL));
        style.digits += u32::from(token.shape == Shape::Digits);
    }
    style.stop_share = 1.0 - content as f32 / tokens.len().max(1) as f32;
    style.rarity = rarity / content.max(1) as f32;
    let commas = analysis.text.bytes().filter(|b| *b == b',').count();
    style.commas = commas.try_into().unwrap_or(u32::MAX);
    style.aside = analysis.text.contains(['(', ':']);
    style
}
