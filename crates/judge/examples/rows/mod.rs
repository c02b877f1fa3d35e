//! Labelled answers (JSON Lines; see `fit/README.md`) as the requests that an application would have sent.

use std::fs::File;
use std::io::{self, BufRead, BufReader};

use agentguard_wire::{Dialect, Message, Part, Request, Role};
use serde_json::Value;

/// The rows of these files, one after the other.
pub(crate) fn read(paths: impl Iterator<Item = String>) -> io::Result<Vec<Value>> {
    let mut rows = Vec::new();
    for path in paths {
        for line in BufReader::new(File::open(&path)?).lines() {
            rows.push(serde_json::from_str(&line?)?);
        }
    }
    Ok(rows)
}

/// A field that is text.
pub(crate) fn text<'v>(row: &'v Value, key: &str) -> &'v str {
    row[key].as_str().unwrap_or_default()
}

/// The request as an application would send it.
pub(crate) fn request(row: &Value) -> Request {
    let (question, context) = (text(row, "question"), text(row, "context"));
    let prompt = match text(row, "task") {
        "QA" => format!(
            "Briefly answer the following question:\n{question}\nBear in mind that your response should be strictly based on the following passages:\n{context}\nIn case the passages do not contain the necessary information to answer the question, please reply with: \"Unable to answer based on given passages.\"\noutput:"
        ),
        "Data2txt" => format!(
            "Instruction:\nWrite an objective overview about the following local business based only on the provided structured data in the JSON format. Don't make up information.\nStructured data:\n{context}\nOverview:"
        ),
        _ => format!("Summarize the following news within 100 words:\n{context}\noutput:"),
    };
    let mut request = Request::new(Dialect::OpenaiChat);
    request.messages.push(Message { role: Role::User, parts: vec![Part::Text(prompt)] });
    request
}

/// Labelled ranges in scalar values.
pub(crate) fn labels(row: &Value) -> Vec<(usize, usize)> {
    let range = |label: &Value| Some((label["start"].as_u64()? as usize, label["end"].as_u64()? as usize));
    row["labels"].as_array().map(|labels| labels.iter().filter_map(range).collect()).unwrap_or_default()
}
