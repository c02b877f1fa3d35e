//! The judge on public labelled data, when `AGENTGUARD_DATA` names the folder.

#![allow(clippy::print_stdout, reason = "says what was skipped and measured")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use agentguard_judge::{Evidence, Session, Settings, SpanKind, State, Verdict};
use agentguard_wire::{Answer, Choice, Dialect, Event, Finish, Message, Part, Request, Role, Tool, ToolCall};
use serde_json::{Value, json};

/// Rows of a file; `None` (and a line that says why) without the folder.
fn rows(name: &str) -> Option<Vec<Value>> {
    let Some(folder) = std::env::var_os("AGENTGUARD_DATA") else {
        println!("skipped: AGENTGUARD_DATA is not set");
        return None;
    };
    let text = std::fs::read_to_string(PathBuf::from(folder).join(name)).expect("the data file");
    Some(text.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect())
}

fn user(text: String) -> Message {
    Message { role: Role::User, parts: vec![Part::Text(text)] }
}

#[test]
fn responses_streamed_as_unstreamed() {
    let Some(rows) = rows("ragtruth-open-test.jsonl") else { return };
    for (i, row) in rows.iter().step_by(4).take(200).enumerate() {
        let field = |key: &str| row[key].as_str().unwrap_or_default();
        let mut request = Request::new(Dialect::OpenaiChat);
        request.messages.push(user(format!(
            "Summarize the following.\n\n{}\n\nQuestion: {}",
            field("context"),
            field("question")
        )));
        let evidence = Arc::new(Evidence::gather(&request));
        let text = field("response").to_owned();
        let letters: Vec<char> = text.chars().collect();
        let answer = Answer { choices: vec![Choice { text, ..Choice::default() }], ..Answer::default() };
        let whole = Session::judge(Arc::clone(&evidence), Settings::default(), &answer);
        let mut session = Session::new(evidence, Settings::default());
        for piece in letters.chunks(1 + i % 11) {
            session.event(&Event::Text { choice: 0, start: 0, text: piece.iter().collect() });
        }
        session.event(&Event::Finish { choice: 0, reason: Finish::Stop });
        assert_eq!(session.finish(), whole, "{}", field("id"));
        assert!(
            matches!(whole.state, State::Grounded | State::Ungrounded | State::Contradicted),
            "{}: {:?}",
            field("id"),
            whole.state
        );
    }
}

/// A row's request and its gold calls, each argument with its first allowed value.
fn tool_row(row: &Value) -> (Request, Vec<(String, Value)>) {
    let mut request = Request::new(Dialect::OpenaiChat);
    for message in row["messages"].as_array().into_iter().flatten() {
        let text = message["content"].as_str().unwrap_or_default().to_owned();
        let role = if message["role"] == "system" { Role::System } else { Role::User };
        request.messages.push(Message { role, parts: vec![Part::Text(text)] });
    }
    for function in row["functions"].as_array().into_iter().flatten() {
        request.tools.push(Tool {
            name: function["name"].as_str().unwrap_or_default().to_owned(),
            description: function["description"].as_str().unwrap_or_default().to_owned(),
            parameters: Some(function["parameters"].clone()),
            hosted: false,
        });
    }
    let calls = row["gold"].as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
    let schema = |name: &str| {
        request.tools.iter().find(|t| t.name == name).and_then(|t| t.parameters.clone()).unwrap_or_default()
    };
    let calls =
        calls.map(|(name, arguments)| (name.clone(), first_values(arguments, &schema(name)))).collect();
    (request, calls)
}

/// The gold lists allowed values, `""` for "may be left out" (some of the values beside it break the schema).
fn first_values(arguments: &Value, schema: &Value) -> Value {
    let required = |key: &str| schema["required"].as_array().is_some_and(|names| names.contains(&json!(key)));
    let mut out = serde_json::Map::new();
    for (key, allowed) in arguments.as_object().into_iter().flatten() {
        let values = allowed.as_array().filter(|values| required(key) || !values.contains(&json!("")));
        let inner = &schema["properties"][key];
        let value = match values.and_then(|values| values.iter().find(|v| **v != json!(""))) {
            Some(nested @ Value::Object(_)) => first_values(nested, inner),
            Some(Value::Array(items)) => items
                .iter()
                .map(|v| if v.is_object() { first_values(v, &inner["items"]) } else { v.clone() })
                .collect(),
            Some(value) => value.clone(),
            None => continue,
        };
        out.insert(key.clone(), value);
    }
    Value::Object(out)
}

/// Rows whose gold breaks its own schema: a value outside the enumeration, another type, an argument that is not
/// declared, a required argument without a value.
const MISDECLARED: [&str; 10] = [
    "parallel_multiple_21",
    "live_simple_71-35-0",
    "live_multiple_87-38-4",
    "live_multiple_507-149-4",
    "live_multiple_731-167-2",
    "live_multiple_750-169-5",
    "live_multiple_756-169-11",
    "live_multiple_835-178-10",
    "live_multiple_862-181-3",
    "live_multiple_947-197-0",
];

fn called(evidence: &Arc<Evidence>, name: &str, arguments: &Value) -> Verdict {
    let call = ToolCall { id: String::new(), name: name.to_owned(), arguments: arguments.to_string() };
    let answer =
        Answer { choices: vec![Choice { tool_calls: vec![call], ..Choice::default() }], ..Answer::default() };
    Session::judge(Arc::clone(evidence), Settings::default(), &answer)
}

/// Schema violations are the sure ones.
fn flagged(verdict: &Verdict) -> bool {
    verdict.spans.iter().any(|s| s.kind == SpanKind::ToolCall && s.risk > 0.9)
}

fn guessed(verdict: &Verdict) -> bool {
    verdict.spans.iter().any(|s| s.kind == SpanKind::ToolCall && s.risk <= 0.9)
}

#[test]
fn gold_tool_calls_pass_and_corrupted_ones_do_not() {
    let Some(rows) = rows("tool-calls-open.jsonl") else { return };
    let (mut gold, mut wrong, mut unmentioned, mut corrupted, mut foreign, mut foreign_found) =
        (0, Vec::new(), 0, 0, 0, 0);
    let mut shapes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for row in rows.iter().filter(|row| !MISDECLARED.iter().any(|id| row["id"] == *id)) {
        let (request, calls) = tool_row(row);
        let evidence = Arc::new(Evidence::gather(&request));
        for (name, arguments) in calls {
            gold += 1;
            let verdict = called(&evidence, &name, &arguments);
            if flagged(&verdict) {
                wrong.push(format!("{}: {name}({arguments}): {:?}", row["id"], verdict.spans));
                continue;
            }
            unmentioned += usize::from(guessed(&verdict));
            let parameters =
                &request.tools.iter().find(|t| t.name == name).expect("a declared tool").parameters;
            for broken in corruptions(parameters.as_ref().expect("a schema"), &arguments) {
                corrupted += 1;
                assert!(
                    flagged(&called(&evidence, &name, &broken)),
                    "{}: {name}({broken}) was not found",
                    row["id"]
                );
            }
            assert!(flagged(&called(&evidence, &format!("{name}_v2"), &arguments)));
            for (shape, invented) in invented(&arguments, &row["messages"].to_string()) {
                let verdict = called(&evidence, &name, &invented);
                if flagged(&verdict) {
                    // Not one of the values that the declaration lists.
                    continue;
                }
                let found = usize::from(guessed(&verdict));
                foreign += 1;
                foreign_found += found;
                let counts = shapes.entry(shape).or_default();
                *counts = (counts.0 + found, counts.1 + 1);
            }
        }
    }
    println!(
        "gold {gold}, wrongly flagged {}, argument flagged {unmentioned}, corrupted {corrupted}, invented {foreign_found}/{foreign} {shapes:?}",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(
        unmentioned * 50 <= gold,
        "{unmentioned} of {gold} gold calls have an argument called unmentioned"
    );
    assert!(gold > 1_000 && corrupted > 1_000 && foreign > 1_000);
    assert!(foreign_found * 100 >= foreign * 85, "{foreign_found} of {foreign} invented values found");
}

/// Calls that the schema forbids: a required argument missing, one that is not declared, a type changed, a value outside its
/// enumeration.
fn corruptions(parameters: &Value, arguments: &Value) -> Vec<Value> {
    let mut out = Vec::new();
    let Some(given) = arguments.as_object() else { return out };
    for name in parameters["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if given.contains_key(name) {
            let mut less = given.clone();
            less.remove(name);
            out.push(Value::Object(less));
        }
    }
    let open = parameters["additionalProperties"] == true;
    if parameters["properties"].as_object().is_some_and(|known| !open && !known.contains_key("dry_run")) {
        let mut more = given.clone();
        more.insert("dry_run".to_owned(), json!(true));
        out.push(Value::Object(more));
    }
    for (name, schema) in parameters["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| given.contains_key(*name))
    {
        let replaced = |value: Value| {
            let mut with = given.clone();
            with.insert(name.clone(), value);
            Value::Object(with)
        };
        match schema["type"].as_str() {
            Some("integer" | "float" | "number" | "boolean") => out.push(replaced(json!("not a number"))),
            Some("string") => out.push(replaced(json!(["a", "list"]))),
            Some("array" | "dict" | "tuple") => out.push(replaced(json!("text"))),
            _ => {}
        }
        if schema["enum"].is_array() && schema["type"] == "string" {
            out.push(replaced(json!("none of these values")));
        }
    }
    out
}

/// Words that no conversation of the file is likely to hold.
const WORDS: [&str; 7] = ["quillon", "tamarind", "selwyn", "basalt", "yarrow", "penrose", "zelkova"];

/// Calls with one value that nobody mentioned: each text and number in turn, of the same shape.
fn invented(arguments: &Value, conversation: &str) -> Vec<(&'static str, Value)> {
    let replaced = |(name, value): (&String, &Value)| {
        let (shape, new) = match value {
            Value::Number(number) => {
                let new: Value = serde_json::from_str(&made_up(&number.to_string())).ok()?;
                ("number", new)
            }
            Value::String(text) => (shape(text)?, Value::String(made_up(text))),
            _ => return None,
        };
        let mentioned = conversation.contains(new.as_str().unwrap_or(&new.to_string()));
        let mut with = arguments.as_object()?.clone();
        with.insert(name.clone(), new);
        (!mentioned).then_some((shape, Value::Object(with)))
    };
    arguments.as_object().into_iter().flatten().filter_map(replaced).collect()
}

fn shape(text: &str) -> Option<&'static str> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let capital = |word: &&str| word.starts_with(char::is_uppercase);
    Some(match words.as_slice() {
        _ if !text.contains(char::is_alphabetic) => return None,
        _ if text.contains(|c: char| c.is_ascii_digit()) || text.contains(['@', '/', '_']) => "identifier",
        [_] => "word",
        all if all.iter().all(capital) => "name",
        _ => "phrase",
    })
}

/// Other digits and other words in the same case.
fn made_up(text: &str) -> String {
    let mut out = String::new();
    let mut words = WORDS.iter().cycle().skip(text.len() % WORDS.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        if end > 0 {
            let word = words.next().expect("a cycle");
            let mut letters = word.chars();
            let initial = letters.next().filter(|_| first.is_uppercase());
            out.extend(initial.map(|c| c.to_ascii_uppercase()));
            out.push_str(if first.is_uppercase() { letters.as_str() } else { word });
            rest = &rest[end..];
        } else {
            let digit = first.to_digit(10).map(|d| (d + 5) % 9 + 1).and_then(|d| char::from_digit(d, 10));
            out.push(digit.unwrap_or(first));
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}
