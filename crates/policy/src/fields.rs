//! A map of the tree, read key by key. Unknown and repeated keys are reported on entry.

use crate::choice::Choice;
use crate::problem::{Mark, Problem, nearest};
use crate::tree::{Key, Node, Value};

/// The entries of one map and where to report what is wrong with them.
pub(crate) struct Fields<'n, 'p> {
    path: String,
    entries: Option<&'n [(Key, Node)]>,
    problems: &'p mut Vec<Problem>,
}

impl<'n, 'p> Fields<'n, 'p> {
    /// The entries of `node`; `path` is the key that led there, empty at the top.
    pub(crate) fn of(node: &'n Node, path: &str, known: &[&str], problems: &'p mut Vec<Problem>) -> Self {
        let mut fields = Self { path: path.to_owned(), entries: None, problems };
        let Value::Map(entries) = &node.value else {
            let what = format!("{node} is not a map of keys and values");
            let allowed = Some(known.join(", "));
            fields.problems.push(Problem {
                mark: node.mark,
                key: path.to_owned(),
                what,
                allowed,
                hint: None,
            });
            return fields;
        };
        for (index, (key, _)) in entries.iter().enumerate() {
            if !known.contains(&key.text.as_str()) {
                fields.unknown(key, known);
            } else if let Some((first, _)) =
                entries[..index].iter().find(|(earlier, _)| earlier.text == key.text)
            {
                let what = format!("given twice, first on line {}", first.mark.line);
                fields.problem(key.mark, &key.text, what, None);
            }
        }
        fields.entries = Some(entries);
        fields
    }

    /// The map below one of its keys.
    pub(crate) fn inner<'m>(&mut self, node: &'m Node, key: &str, known: &[&str]) -> Fields<'m, '_> {
        Fields::of(node, &self.join(key), known, self.problems)
    }

    /// Whether it is a map at all.
    pub(crate) fn is_map(&self) -> bool {
        self.entries.is_some()
    }

    /// The key's value, if it is there.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries?.iter().find(|(entry, _)| entry.text == key).map(|(_, node)| node)
    }

    /// One of a few words, and its place.
    pub(crate) fn choice<T: Choice>(&mut self, key: &str) -> Option<(T, Mark)> {
        let node = self.get(key)?;
        let given = match &node.value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        };
        if let Some(choice) = T::ALL.iter().copied().find(|choice| given == Some(choice.word())) {
            return Some((choice, node.mark));
        }
        let words: Vec<&str> = T::ALL.iter().map(|choice| choice.word()).collect();
        let hint = given.and_then(|given| nearest(given, words.iter().copied())).map(meant);
        self.problems.push(Problem {
            mark: node.mark,
            key: self.join(key),
            what: format!("{node} is not allowed"),
            allowed: Some(words.join(", ")),
            hint,
        });
        None
    }

    /// Sets `target` to the word given; says where it stands.
    pub(crate) fn set<T: Choice>(&mut self, key: &str, target: &mut T) -> Option<Mark> {
        let (choice, mark) = self.choice(key)?;
        *target = choice;
        Some(mark)
    }

    /// `true` or `false`, and its place.
    pub(crate) fn flag(&mut self, key: &str) -> Option<(bool, Mark)> {
        let node = self.get(key)?;
        if let Value::Bool(on) = node.value {
            return Some((on, node.mark));
        }
        self.problem(node.mark, key, format!("{node} is not allowed"), Some("true, false".to_owned()));
        None
    }

    /// Reports what is wrong with one key's value.
    pub(crate) fn problem(&mut self, mark: Mark, key: &str, what: String, allowed: Option<String>) {
        let key = self.join(key);
        self.problems.push(Problem { mark, key, what, allowed, hint: None });
    }

    fn unknown(&mut self, key: &Key, known: &[&str]) {
        self.problems.push(Problem {
            mark: key.mark,
            key: self.join(&key.text),
            what: "unknown key".to_owned(),
            allowed: Some(known.join(", ")),
            hint: nearest(&key.text, known.iter().copied()).map(meant),
        });
    }

    fn join(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

fn meant(word: &str) -> String {
    format!("did you mean {word}?")
}
