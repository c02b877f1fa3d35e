//! The configuration file: TOML whose keys are the names of the settings, each value with its line.
//!
//! `upstream` and `inbound` are lists of `NAME=URL`, or tables from name to URL; every other key is a string or a number.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::problem::{Origin, Problem};
use super::sources::Given;
use crate::settings::{SETTINGS, Setting};

/// What the file gives, by setting; problems are added to `problems`.
pub(super) fn read(path: &Path, problems: &mut Vec<Problem>) -> Vec<(&'static Setting, Vec<Given>)> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(path, &text, problems),
        Err(error) => {
            problems.push(Problem {
                origin: Origin::Flag("config".to_owned()),
                what: format!("cannot read {}: {error}", path.display()),
                allowed: String::new(),
            });
            Vec::new()
        }
    }
}

fn parse(path: &Path, text: &str, problems: &mut Vec<Problem>) -> Vec<(&'static Setting, Vec<Given>)> {
    let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
    let origin =
        |at: usize, key: &str| Origin::File { path: path.to_owned(), line: line(at), key: key.to_owned() };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        problems.push(Problem {
            origin: origin(at, ""),
            what: error.message().to_owned(),
            allowed: "the file is TOML: key = \"value\"".to_owned(),
        });
    }
    let mut out = Vec::new();
    for (key, value) in table.get_ref() {
        let name: &str = key.get_ref();
        let known = SETTINGS.iter().find(|setting| setting.key() == name && setting.name != "config");
        let Some(setting) = known else {
            let keys: Vec<String> =
                SETTINGS.iter().filter(|setting| setting.name != "config").map(Setting::key).collect();
            problems.push(Problem {
                origin: origin(key.span().start, name),
                what: "unknown key".to_owned(),
                allowed: nearest(name, &keys).map_or_else(
                    || format!("allowed: {}", keys.join(", ")),
                    |key| format!("did you mean {key}?"),
                ),
            });
            continue;
        };
        let mut given = Vec::new();
        let mut give = |value: String, at: usize| given.push(Given { value, origin: origin(at, name) });
        match value.get_ref() {
            DeValue::Array(items) if setting.many => {
                for item in items {
                    match scalar(item.get_ref()) {
                        Some(text) => give(text, item.span().start),
                        None => problems.push(wrong_type(
                            origin(item.span().start, name),
                            item.get_ref(),
                            setting,
                        )),
                    }
                }
            }
            DeValue::Table(entries) if setting.many => {
                for (left, right) in entries {
                    match scalar(right.get_ref()) {
                        Some(text) => give(format!("{}={text}", left.get_ref()), left.span().start),
                        None => problems.push(wrong_type(
                            origin(right.span().start, name),
                            right.get_ref(),
                            setting,
                        )),
                    }
                }
            }
            other => match scalar(other) {
                Some(text) => give(text, value.span().start),
                None => problems.push(wrong_type(origin(value.span().start, name), other, setting)),
            },
        }
        out.push((setting, given));
    }
    out
}

/// The key that was probably meant.
fn nearest<'a>(name: &str, keys: &'a [String]) -> Option<&'a String> {
    let name = name.replace('-', "_").to_ascii_lowercase();
    let distance = |key: &&String| strsim::damerau_levenshtein(&name, key);
    keys.iter().min_by_key(distance).filter(|key| distance(key) <= key.len() / 3)
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().replace('_', "")),
        _ => None,
    }
}

fn wrong_type(origin: Origin, value: &DeValue<'_>, setting: &Setting) -> Problem {
    let allowed = if setting.many {
        "allowed: a list of \"NAME=URL\", or a table from name to URL"
    } else {
        "allowed: a string or a whole number"
    };
    Problem { origin, what: format!("a value of type {}", value.type_str()), allowed: allowed.to_owned() }
}
