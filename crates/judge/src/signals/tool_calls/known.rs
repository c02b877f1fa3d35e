//! What a call's arguments may be made from: the conversation and the function's own declaration.

use agentguard_wire::Tool;
use serde_json::Value;

use super::alike;
use crate::evidence::{Evidence, Said};
use crate::text::lexicon::{self, Class};
use crate::text::pieces::Word;
use crate::text::{Token, hash, tokenize};

/// Bytes of a function's declaration that are read.
const MAX_DECLARED: usize = 64 << 10;

/// What was said and declared.
pub(super) struct Known<'e> {
    pub evidence: &'e Evidence,
    pub said: &'e Said,
    /// Names, descriptions, defaults, examples, enumerations.
    pub declared: Said,
    tokens: Vec<Token>,
}

impl<'e> Known<'e> {
    pub(super) fn new(evidence: &'e Evidence, tool: &Tool) -> Self {
        Self { evidence, said: evidence.said(), declared: declaration(tool), tokens: Vec::new() }
    }

    /// Whether the word, another form of it or what it stands for is known.
    pub(super) fn has_word(&mut self, word: &Word<'_>) -> bool {
        self.said.has(word)
            || self.declared.has(word)
            || self.has_stem(word.text)
            || self.is_acronym(word)
            || {
                let said = |hash| self.said.has_hash(hash);
                alike::is_alike(word.hash, said)
            }
    }

    fn has_stem(&mut self, word: &str) -> bool {
        self.tokens.clear();
        tokenize(word, &mut self.tokens);
        let index = self.evidence.index();
        // "Philly" for Philadelphia.
        let named = |token: &Token| token.is_capital() && index.has_root(word);
        self.tokens.iter().any(|token| index.has_word(token) || named(token))
    }

    /// `NYC` for "New York City". Two letters stand for too much.
    fn is_acronym(&self, word: &Word<'_>) -> bool {
        (3..=6).contains(&word.text.len())
            && word.text.bytes().all(|byte| byte.is_ascii_alphabetic())
            && self.evidence.index().has_initials(&word.text.to_ascii_lowercase())
    }

    /// "New York City" for `NYC`.
    pub(super) fn is_expansion(&self, initials: &str) -> bool {
        let initials_hash = hash::bytes(initials.as_bytes());
        initials.len() > 1
            && !lexicon::class(initials_hash).has(Class::STOP)
            && self.said.has_hash(initials_hash)
    }

    /// Whether the number stands in the conversation or the declaration.
    pub(super) fn has_number(&self, value: f64) -> bool {
        self.said.has_number(value)
            || self.declared.has_number(value)
            || self.evidence.facts().has_value(value)
    }
}

fn declaration(tool: &Tool) -> Said {
    let mut said = Said::default();
    let mut left = MAX_DECLARED;
    let mut read = |text: &str| {
        if text.len() <= left {
            left -= text.len();
            said.add(text);
        }
    };
    read(&tool.name);
    read(&tool.description);
    let mut open: Vec<&Value> = tool.parameters.iter().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => read(text),
            Value::Number(number) => read(&number.to_string()),
            Value::Array(items) => open.extend(items),
            Value::Object(map) => {
                map.keys().for_each(|key| read(key));
                open.extend(map.values());
            }
            Value::Bool(_) | Value::Null => {}
        }
    }
    said
}
