//! Corruptions: one wrong thing a call, everything else as it was.

use agentguard_wire::Tool;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value, json};

use super::made_up::{self, Known};
use super::schema::{declares, fits, required};
use super::{Call, Corruption, schema_of};

/// A generator that gives the same corruption for the same call of the same line, whatever else is judged.
pub(super) fn random(line: usize, call: usize, corruption: Corruption) -> Xoshiro256PlusPlus {
    let seed = (line as u64) << 24 ^ (call as u64) << 8 ^ corruption as u64;
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// The call with that wrong in it; `None` where it holds nothing that could be.
pub(super) fn corrupt(
    corruption: Corruption,
    tool: &Tool,
    declared: &[&str],
    arguments: &Value,
    known: &Known,
    mut random: Xoshiro256PlusPlus,
) -> Option<Call> {
    let given = arguments.as_object()?;
    let schema = schema_of(tool);
    let call = |name: String, arguments: String| Call {
        name,
        arguments,
        corruption: Some(corruption),
        made_up: None,
    };
    let name = tool.name.clone();
    Some(match corruption {
        Corruption::UnknownFunction => {
            let mut other = format!("{name}_v2");
            while declared.contains(&other.as_str()) {
                other.push('x');
            }
            call(other, arguments.to_string())
        }
        Corruption::MissingArgument => {
            let there: Vec<&str> = required(schema).filter(|name| given.contains_key(*name)).collect();
            let mut less = given.clone();
            less.shift_remove(*there.choose(&mut random)?);
            call(name, Value::Object(less).to_string())
        }
        Corruption::ExtraArgument => {
            let extra = undeclared(schema, given)?;
            let mut more = given.clone();
            // The value gives nothing away: what is wrong is that it is there.
            more.insert(extra, json!(true));
            call(name, Value::Object(more).to_string())
        }
        Corruption::MistypedArgument => {
            let mut names: Vec<&String> = given.keys().collect();
            names.shuffle(&mut random);
            let mistyped = names.into_iter().find_map(|name| {
                let mut with = given.clone();
                with.insert(name.clone(), mistyped(&given[name]));
                let with = Value::Object(with);
                (!fits(&with, schema)).then_some(with)
            })?;
            call(name, mistyped.to_string())
        }
        Corruption::UngroundedValue => return ungrounded(tool, arguments, known, &mut random),
    })
}

/// A name that the function does not declare; `None` where it takes any.
fn undeclared(schema: &Value, given: &Map<String, Value>) -> Option<String> {
    let names = ["verbose", "dry_run", "include_metadata", "use_cache", "strict_mode"];
    names.into_iter().find(|n| !declares(schema, n) && !given.contains_key(*n)).map(ToOwned::to_owned)
}

/// The same value as models mistype it: a number as text, a text in a list, a list as text.
fn mistyped(value: &Value) -> Value {
    match value {
        Value::String(_) | Value::Null => json!([value]),
        Value::Number(number) => json!(number.to_string()),
        Value::Bool(flag) => json!(flag.to_string()),
        Value::Array(_) | Value::Object(_) => json!(value.to_string()),
    }
}

/// The call with one of its texts or numbers made up, fitting the schema as before.
fn ungrounded(
    tool: &Tool,
    arguments: &Value,
    known: &Known,
    random: &mut Xoshiro256PlusPlus,
) -> Option<Call> {
    let mut leaves = Vec::new();
    gather(arguments, String::new(), &mut leaves);
    leaves.shuffle(random);
    leaves.into_iter().find_map(|pointer| {
        let original = arguments.pointer(&pointer)?;
        let (shape, value) = made_up::like(original, known, random)?;
        let mut with = arguments.clone();
        // A mark that no argument holds shows where the value comes to stand.
        let mark = format!("\u{e000}{:016x}", random.random::<u64>());
        *with.pointer_mut(&pointer)? = json!(mark);
        let text = with.to_string();
        let (before, after) = text.split_once(&json!(mark).to_string())?;
        let (value_text, start) = (value.to_string(), before.chars().count());
        let range = start..start + value_text.chars().count();
        *with.pointer_mut(&pointer)? = value;
        fits(&with, schema_of(tool)).then(|| Call {
            name: tool.name.clone(),
            arguments: format!("{before}{value_text}{after}"),
            corruption: Some(Corruption::UngroundedValue),
            made_up: Some((shape, range)),
        })
    })
}

/// JSON Pointers of all texts and numbers.
fn gather(value: &Value, at: String, leaves: &mut Vec<String>) {
    match value {
        Value::String(_) | Value::Number(_) => leaves.push(at),
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                gather(item, format!("{at}/{number}"), leaves);
            }
        }
        Value::Object(object) => {
            for (name, value) in object {
                gather(value, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), leaves);
            }
        }
        Value::Bool(_) | Value::Null => {}
    }
}
