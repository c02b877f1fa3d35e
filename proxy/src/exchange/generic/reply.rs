//! A whole reply.

use agentguard_wire::{Answer, Choice, Dialect, Edits, ParseError};
use serde_json::Value;

use super::pick;

/// What stands between two strings of a JSON reply.
const BETWEEN: &str = "\n\n";

/// Reads a reply. `None`: it holds nothing that could be read.
pub(crate) fn read(body: &[u8]) -> Option<Answer> {
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else {
        return std::str::from_utf8(body).ok().map(|text| said(text.to_owned(), Vec::new()));
    };
    if pick::is_chat(&value) {
        return agentguard_wire::parse_answer(Dialect::OpenaiChat, body).ok();
    }
    let (mut text, mut breaks, mut length) = (String::new(), Vec::new(), 0);
    pick::statements(&mut value, &mut |statement| {
        if !text.is_empty() {
            text.push_str(BETWEEN);
            length += BETWEEN.len();
            breaks.push(length);
        }
        text.push_str(statement);
        length += statement.chars().count();
    });
    Some(said(text, breaks))
}

fn said(text: String, breaks: Vec<usize>) -> Answer {
    Answer { choices: vec![Choice { text, breaks, ..Choice::default() }], ..Answer::default() }
}

/// Makes the edits; everything else of a JSON reply keeps its value, though not its layout.
pub(crate) fn redact(body: &[u8], edits: &Edits) -> Result<Vec<u8>, ParseError> {
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else {
        return Ok(edits.apply(0, 0, &String::from_utf8_lossy(body)).into_bytes());
    };
    if pick::is_chat(&value) {
        return agentguard_wire::redact_answer(Dialect::OpenaiChat, body, edits);
    }
    let mut start = 0;
    pick::statements(&mut value, &mut |statement| {
        if start > 0 {
            start += BETWEEN.len();
        }
        let length = statement.chars().count();
        *statement = edits.apply(0, start, statement);
        start += length;
    });
    Ok(value.to_string().into_bytes())
}
