//! The judge on public labelled data, when `AGENTGUARD_DATA` names the folder.

#![allow(clippy::print_stdout, reason = "says what was skipped and measured")]

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

/// Rows whose gold breaks its own schema: a value outside the enumeration, another type, a required argument without a value.
const MISDECLARED: [&str; 9] = [
    "parallel_multiple_21",
    "live_simple_71-35-0",
    "live_multiple_87-38-4",
    "live_multiple_507-149-4",
    "live_multiple_731-167-2",
    "live_multiple_750-169-5",
    "live_multiple_756-169-11",
    "live_multiple_835-178-10",
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
            if let Some(invented) = invented(&arguments) {
                foreign += 1;
                foreign_found += usize::from(guessed(&called(&evidence, &name, &invented)));
            }
        }
    }
    println!(
        "gold {gold}, wrongly flagged {}, argument flagged {unmentioned}, corrupted {corrupted}, invented {foreign_found}/{foreign}",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(
        unmentioned * 50 <= gold,
        "{unmentioned} of {gold} gold calls have an argument called unmentioned"
    );
    assert!(gold > 1_000 && corrupted > 1_000);
}

/// Calls that the schema forbids: a required argument missing, a type changed, a value outside its enumeration.
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

/// The call with one identifier that nobody mentioned.
fn invented(arguments: &Value) -> Option<Value> {
    let given = arguments.as_object()?;
    let (name, _) = given.iter().find(|(_, value)| value.as_str().is_some_and(|v| v.contains(' ')))?;
    let mut with = given.clone();
    with.insert(name.clone(), json!("QX-4471-ZB"));
    Some(Value::Object(with))
}
