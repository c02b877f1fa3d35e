//! Tool calls to judge, made of gold: the gold calls themselves, which are right, and corrupted copies, each wrong in one way.

mod corrupt;
mod found;
mod gold;
mod made_up;
mod schema;
#[cfg(test)]
mod tests;

use std::ops::Range;

use agentguard_wire::Tool;
use serde::Serialize;
use serde_json::Value;

pub(super) use self::found::CallsReport;
use super::rows::Gold;

/// How a call is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Corruption {
    /// A function that is not declared.
    UnknownFunction,
    /// A required argument is left out.
    MissingArgument,
    /// An argument that the function does not declare.
    ExtraArgument,
    /// A value of another type than declared.
    MistypedArgument,
    /// A value that nobody mentioned, fitting the schema.
    UngroundedValue,
}

impl Corruption {
    /// Those that the declaration forbids.
    const AGAINST_SCHEMA: [Self; 4] =
        [Self::UnknownFunction, Self::MissingArgument, Self::ExtraArgument, Self::MistypedArgument];

    /// The name in the output.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::UnknownFunction => "unknown_function",
            Self::MissingArgument => "missing_argument",
            Self::ExtraArgument => "extra_argument",
            Self::MistypedArgument => "mistyped_argument",
            Self::UngroundedValue => "ungrounded_value",
        }
    }
}

/// What a made-up value looks like: the value that it took the place of had the same shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Shape {
    /// A JSON number.
    Number,
    /// An ISO 8601 date or a time of day, however much text is around it.
    Date,
    /// Text with digits, an address, a URL.
    Identifier,
    /// Two capitalised words or more.
    Name,
    /// One word.
    Word,
    /// Several words.
    Phrase,
}

impl Shape {
    /// The name in the output.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Date => "date",
            Self::Identifier => "identifier",
            Self::Name => "name",
            Self::Word => "word",
            Self::Phrase => "phrase",
        }
    }
}

/// A call to judge.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    /// Function name.
    pub(super) name: String,
    /// JSON text.
    pub(super) arguments: String,
    /// How it is wrong; `None`: it is right.
    pub(super) corruption: Option<Corruption>,
    /// The made-up value: its shape, and its scalar values in `arguments`.
    pub(super) made_up: Option<(Shape, Range<usize>)>,
}

/// The gold calls of a row with their corruptions. `None`: the gold breaks its own schema, in at least one call.
pub(super) fn of_row(line: usize, row: &Gold) -> Option<Vec<Call>> {
    let known = made_up::Known::of(row);
    let mut out = Vec::new();
    for (at, (name, allowed)) in row.calls.iter().enumerate() {
        let tool = row.functions.iter().find(|tool| tool.name == *name)?;
        let arguments = gold::arguments(allowed, schema_of(tool))?;
        out.push(Call {
            name: name.clone(),
            arguments: arguments.to_string(),
            corruption: None,
            made_up: None,
        });
        let declared: Vec<&str> = row.functions.iter().map(|tool| tool.name.as_str()).collect();
        for corruption in Corruption::AGAINST_SCHEMA.into_iter().chain([Corruption::UngroundedValue]) {
            let random = corrupt::random(line, at, corruption);
            out.extend(corrupt::corrupt(corruption, tool, &declared, &arguments, &known, random));
        }
    }
    Some(out)
}

fn schema_of(tool: &Tool) -> &Value {
    tool.parameters.as_ref().unwrap_or(&Value::Null)
}
