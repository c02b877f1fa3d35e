//! The labelled rows of a JSON Lines file. What is wrong with them is told with line and field, several at a time.

mod fields;
#[cfg(test)]
mod tests;

use std::io::{self, BufRead};
use std::ops::Range;

use agentguard_wire::{Role, Tool};
use serde_json::Value;

use self::fields::Fields;

/// The task of rows that name none: answers.
const ANSWERS: &str = "answers";
/// The task of rows that name none: tool calls.
const TOOL_CALLS: &str = "tool-calls";
/// Problems that are told; of the others the number.
const TOLD: usize = 5;

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// Its line in the file, from 1.
    pub(super) line: usize,
    /// Its own id, or `line N`.
    pub(super) id: String,
    /// What the model was to do.
    pub(super) task: String,
    /// What is labelled.
    pub(super) form: Form,
}

/// What is labelled.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    /// A written answer.
    Answer(Labelled),
    /// Calls that would be right.
    Calls(Gold),
}

/// A written answer with its label.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Labelled {
    /// What the model was shown.
    pub(super) context: String,
    /// What it was asked; may be empty.
    pub(super) question: String,
    /// What it said.
    pub(super) response: String,
    /// Whether something in it is unsupported.
    pub(super) unsupported: bool,
    /// Where, in scalar values of the response; `None`: only the flag is known.
    pub(super) spans: Option<Vec<Range<usize>>>,
}

/// A conversation, the functions that may be called, and the calls that would be right (Berkeley Function Calling Leaderboard).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Gold {
    /// The conversation.
    pub(super) messages: Vec<(Role, String)>,
    /// The functions.
    pub(super) functions: Vec<Tool>,
    /// Function and, for each argument, its allowed values; empty: no call fits.
    pub(super) calls: Vec<(String, Value)>,
}

/// What is wrong with the rows of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowProblems {
    /// `line: field: what`, the first ones.
    told: Vec<String>,
    /// All of them.
    count: usize,
}

impl std::fmt::Display for RowProblems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of its rows cannot be read:", self.count)?;
        for told in &self.told {
            write!(f, "\n  {told}")?;
        }
        match self.count - self.told.len() {
            0 => Ok(()),
            more => write!(f, "\n  … and {more} more"),
        }
    }
}

/// The rows of a file, or what is wrong with some of them. The outer error is the file's.
pub(super) fn read(mut file: impl BufRead) -> io::Result<Result<Vec<Row>, RowProblems>> {
    let (mut rows, mut problems) = (Vec::new(), RowProblems::default());
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        if file.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        let text = if line == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes) } else { &bytes };
        if text.trim_ascii().is_empty() {
            continue;
        }
        match row(line, text.trim_ascii()) {
            Ok(row) => rows.push(row),
            Err(problem) => {
                problems.count += 1;
                if problems.told.len() < TOLD {
                    problems.told.push(format!("line {line}: {problem}"));
                }
            }
        }
    }
    Ok(if problems.count == 0 { Ok(rows) } else { Err(problems) })
}

/// One row. The error names the field.
fn row(line: usize, text: &[u8]) -> Result<Row, String> {
    let value: Value = serde_json::from_slice(text).map_err(|error| format!("no JSON: {error}"))?;
    let row = Fields::of("", &value)?;
    let form = if row.has("gold") {
        Form::Calls(calls(&row)?)
    } else if row.has("labels") || row.has("unsupported") {
        Form::Answer(answer(&row)?)
    } else {
        return Err(
            "none of `labels` (spans), `unsupported` (a flag) and `gold` (tool calls) is there".to_owned()
        );
    };
    let unnamed = if matches!(form, Form::Calls(_)) { TOOL_CALLS } else { ANSWERS };
    let id = row.name("id")?.unwrap_or_else(|| format!("line {line}"));
    let task = row.name("task")?.unwrap_or_else(|| unnamed.to_owned());
    Ok(Row { line, id, task, form })
}

fn answer(row: &Fields<'_>) -> Result<Labelled, String> {
    let response = row.text("response")?.to_owned();
    let flag = row.flag("unsupported")?;
    let spans = match row.list_if_there("labels")? {
        Some(labels) => {
            let length = response.chars().count();
            let span = |(at, label): (usize, &Value)| span(&format!("labels[{at}]"), label, length);
            Some(labels.iter().enumerate().map(span).collect::<Result<Vec<_>, _>>()?)
        }
        None => None,
    };
    let marked = spans.as_ref().map(|spans| !spans.is_empty());
    if flag == Some(false) && marked == Some(true) {
        return Err("unsupported: is false, but `labels` marks spans".to_owned());
    }
    let unsupported = flag.or(marked).ok_or("unsupported: is null, and so is `labels`")?;
    let (context, question) = (row.text("context")?.to_owned(), row.text_or_empty("question")?.to_owned());
    Ok(Labelled { context, question, response, unsupported, spans })
}

/// A labelled range; it must lie in the response.
fn span(name: &str, label: &Value, length: usize) -> Result<Range<usize>, String> {
    let label = Fields::of(name, label)?;
    let (start, end) = (label.offset("start")?, label.offset("end")?);
    if start >= end {
        return Err(format!("{name}.end: {end} is not behind `start`, {start}"));
    }
    if end > length {
        return Err(format!("{name}.end: {end} lies behind the response's {length} characters"));
    }
    Ok(start..end)
}

fn calls(row: &Fields<'_>) -> Result<Gold, String> {
    let mut gold = Gold { messages: Vec::new(), functions: Vec::new(), calls: Vec::new() };
    for (at, message) in row.list("messages")?.iter().enumerate() {
        let message = Fields::of(&format!("messages[{at}]"), message)?;
        let role = match message.text("role")? {
            "system" => Role::System,
            "developer" => Role::Developer,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            other => {
                return Err(format!(
                    "messages[{at}].role: {other:?} is none of system, developer, user, assistant"
                ));
            }
        };
        gold.messages.push((role, message.text("content")?.to_owned()));
    }
    for (at, function) in row.list("functions")?.iter().enumerate() {
        let function = Fields::of(&format!("functions[{at}]"), function)?;
        gold.functions.push(Tool {
            name: function.text("name")?.to_owned(),
            description: function.text_or_empty("description")?.to_owned(),
            parameters: Some(function.object("parameters")?.clone()),
            hosted: false,
        });
    }
    for (at, call) in row.list("gold")?.iter().enumerate() {
        let name = format!("gold[{at}]");
        let call = Fields::of(&name, call)?;
        for (function, arguments) in call.each() {
            Fields::of(&format!("{name}.{function}"), arguments)?;
            gold.calls.push((function.clone(), arguments.clone()));
        }
    }
    Ok(gold)
}
