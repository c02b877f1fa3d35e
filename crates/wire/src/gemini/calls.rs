//! Function calls: whole in one part, or spread over parts whose `partialArgs` name JSON paths (Vertex AI's
//! `streamFunctionCallArguments`). The latter are put together and said as one piece of JSON when they are complete.

use serde::Deserialize;
use serde_json::{Map, Value};
use smallvec::SmallVec;

use crate::Event;
use crate::event::Events;
use crate::loose::lenient::{Flag, List, Obj, Text};
use crate::loose::text_of;
use crate::response::MAX_TOOL_CALLS;

/// Deeper paths than arguments have.
const MAX_DEPTH: usize = 64;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct FunctionCall<'a> {
    id: Text<'a>,
    name: Text<'a>,
    args: Option<Value>,
    partial_args: List<Obj<PartialArg<'a>>>,
    will_continue: Flag,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct PartialArg<'a> {
    json_path: Text<'a>,
    string_value: Text<'a>,
    number_value: Option<Value>,
    bool_value: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    null_value: Option<()>,
    will_continue: Flag,
}

/// `NULL_VALUE`, or `null` itself.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<()>, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| Some(()))
}

/// The calls of all choices.
#[derive(Default)]
pub(super) struct Calls(SmallVec<[ChoiceCalls; 1]>);

#[derive(Default)]
struct ChoiceCalls {
    choice: u32,
    count: u32,
    open: Option<Open>,
}

/// A call that goes on in the next part.
struct Open {
    call: u32,
    args: Value,
    /// The path whose string goes on.
    path: Option<String>,
}

impl Calls {
    pub(super) fn call(&mut self, choice: u32, part: FunctionCall<'_>, out: &mut Events) {
        let at = self.0.iter().position(|calls| calls.choice == choice).unwrap_or_else(|| {
            self.0.push(ChoiceCalls { choice, ..ChoiceCalls::default() });
            self.0.len() - 1
        });
        self.0[at].part(part, out);
    }

    /// Says what is still open as far as it came.
    pub(super) fn finish(&mut self, out: &mut Events) {
        self.0.iter_mut().for_each(|calls| calls.close(out));
    }
}

impl ChoiceCalls {
    fn part(&mut self, part: FunctionCall<'_>, out: &mut Events) {
        let named = !part.name.as_str().is_empty();
        if named || self.open.is_none() {
            if !named && part.args.is_none() && part.partial_args.0.is_empty() {
                return;
            }
            self.close(out);
            let call = self.count;
            self.count = (self.count + 1).min(MAX_TOOL_CALLS as u32);
            out.push(Event::ToolStart {
                choice: self.choice,
                call,
                id: part.id.into_string(),
                name: part.name.into_string(),
            });
            self.open = Some(Open { call, args: Value::Object(Map::new()), path: None });
        }
        if let Some(open) = &mut self.open {
            match part.args {
                Some(args) if !args.is_null() => open.args = args,
                _ => {}
            }
            part.partial_args.0.into_iter().filter_map(|arg| arg.0).for_each(|arg| open.add(arg));
        }
        if !part.will_continue.0 {
            self.close(out);
        }
    }

    fn close(&mut self, out: &mut Events) {
        let choice = self.choice;
        if let Some(Open { call, args, .. }) = self.open.take() {
            out.push(Event::ToolArguments { choice, call, fragment: text_of(&args) });
            out.push(Event::ToolEnd { choice, call });
        }
    }
}

impl Open {
    fn add(&mut self, arg: PartialArg<'_>) {
        let path = arg.json_path.into_string();
        let goes_on = self.path.as_deref() == Some(&path);
        self.path = arg.will_continue.0.then(|| path.clone());
        let value = match (arg.string_value.0, arg.number_value, arg.bool_value, arg.null_value) {
            (Some(text), ..) => Value::String(text.into_owned()),
            (None, Some(value), ..) | (None, None, Some(value), _) => value,
            (None, None, None, Some(())) => Value::Null,
            (None, None, None, None) => return,
        };
        let Some(place) = place(&mut self.args, &path) else { return };
        match (place, value) {
            (Value::String(text), Value::String(more)) if goes_on => text.push_str(&more),
            (place, value) => *place = value,
        }
    }
}

/// One step of a path.
enum Step<'p> {
    Name(&'p str),
    Index(usize),
}

/// The steps of a JSON path (RFC 9535, names and indices only).
fn steps(path: &str) -> Option<Vec<Step<'_>>> {
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let step;
        if let Some(bracketed) = rest.strip_prefix('[') {
            let quote = bracketed.chars().next().filter(|c| matches!(c, '"' | '\''));
            (step, rest) = match quote {
                Some(quote) => {
                    let (name, after) = bracketed[1..].split_once(quote)?;
                    (Step::Name(name), after.strip_prefix(']')?)
                }
                None => {
                    let (index, after) = bracketed.split_once(']')?;
                    (Step::Index(index.parse().ok()?), after)
                }
            };
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let end = name.find(['.', '[']).unwrap_or(name.len());
            (step, rest) = (Step::Name(&name[..end]), &name[end..]);
        }
        steps.push(step);
        if steps.len() > MAX_DEPTH {
            return None;
        }
    }
    Some(steps)
}

/// The place that a path names; made when it is missing.
fn place<'v>(root: &'v mut Value, path: &str) -> Option<&'v mut Value> {
    let mut place = root;
    for step in steps(path)? {
        place = match step {
            Step::Name(name) => {
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                place.as_object_mut()?.entry(name).or_insert(Value::Null)
            }
            // Indices come in order: one beyond the end means the next, so that a hostile one makes no room.
            Step::Index(index) => {
                if !place.is_array() {
                    *place = Value::Array(Vec::new());
                }
                let items = place.as_array_mut()?;
                if index >= items.len() {
                    items.push(Value::Null);
                }
                let last = items.len() - 1;
                &mut items[index.min(last)]
            }
        };
    }
    Some(place)
}
