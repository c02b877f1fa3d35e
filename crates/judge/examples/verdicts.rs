//! Prints a verdict per answer, to be compared before and after a change that must not change any.
//!
//! `verdicts FILE…`, JSON Lines: `{"id", "messages": [{"role", "text", "calls", "tool"}], "documents": [{"title", "text"}],
//! "tools": [{"name", "description", "parameters"}], "json", "answers": [{"text", "calls": [{"name", "arguments"}]}]}`.

use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::sync::Arc;

use agentguard_judge::{Evidence, Input, Session, Settings, Verdict};
use agentguard_wire::{Answer, Choice, Dialect, Document, Message, Part, Request, Role, Tool, ToolCall};
use serde_json::Value;

fn main() -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for path in std::env::args().skip(1) {
        for line in BufReader::new(std::fs::File::open(&path)?).lines() {
            let case: Value = serde_json::from_str(&line?)?;
            let evidence = Arc::new(Evidence::gather(&request(&case)));
            writeln!(out, "{} {} {}", case["id"], evidence.is_checkable(), sources(&evidence))?;
            for answer in list(&case["answers"]) {
                let answer = self::answer(answer);
                let verdict = Session::judge(Arc::clone(&evidence), Settings::default(), &answer);
                assert_eq!(verdict, streamed(&evidence, &answer), "{}: streamed", case["id"]);
                writeln!(out, "{}", show(&verdict))?;
            }
        }
    }
    out.flush()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn calls(value: &Value) -> Vec<ToolCall> {
    let call =
        |c: &Value| ToolCall { id: String::new(), name: text(c, "name"), arguments: text(c, "arguments") };
    list(&value["calls"]).iter().map(call).collect()
}

fn request(case: &Value) -> Request {
    let mut request = Request::new(Dialect::OpenaiChat);
    request.wants_json = case["json"] == true;
    for document in list(&case["documents"]) {
        let (title, text) = (text(document, "title"), text(document, "text"));
        request.documents.push(Document { title, text, ..Document::default() });
    }
    for message in list(&case["messages"]) {
        let text = self::text(message, "text");
        let (role, part) = match message["role"].as_str() {
            Some("system") => (Role::System, Part::Text(text)),
            Some("assistant") => (Role::Assistant, Part::Text(text)),
            Some("tool") => {
                let name = self::text(message, "tool");
                (Role::Tool, Part::ToolResult { call_id: String::new(), name, text })
            }
            _ => (Role::User, Part::Text(text)),
        };
        let parts = std::iter::once(part).chain(calls(message).into_iter().map(Part::ToolCall)).collect();
        request.messages.push(Message { role, parts });
    }
    request.tools.extend(list(&case["tools"]).iter().map(|tool| Tool {
        name: text(tool, "name"),
        description: text(tool, "description"),
        parameters: Some(tool["parameters"].clone()),
        hosted: false,
    }));
    request
}

fn answer(value: &Value) -> Answer {
    let choice = Choice { text: text(value, "text"), tool_calls: calls(value), ..Choice::default() };
    Answer { choices: vec![choice], ..Answer::default() }
}

/// The answer in pieces of seven characters.
fn streamed(evidence: &Arc<Evidence>, answer: &Answer) -> Verdict {
    let mut session = Session::new(Arc::clone(evidence), Settings::default());
    for choice in &answer.choices {
        let letters: Vec<char> = choice.text.chars().collect();
        for piece in letters.chunks(7) {
            let text: String = piece.iter().collect();
            session.step(Input::Text { choice: 0, text: &text });
        }
        for (call, tool) in (0..).zip(&choice.tool_calls) {
            let (name, arguments) = (&tool.name, &tool.arguments);
            session.step(Input::ToolCall { choice: 0, call, name, arguments });
        }
    }
    session.finish()
}

/// Kind, label and length of the sources: how a message was split.
fn sources(evidence: &Evidence) -> String {
    let source =
        |s: &agentguard_judge::Source| format!("{:?}:{}:{}", s.kind, s.label, s.text.chars().count());
    evidence.sources().iter().map(source).collect::<Vec<_>>().join(" ")
}

fn show(verdict: &Verdict) -> String {
    let mut line = format!("  {} {:.6} {}", verdict.state.as_str(), verdict.risk, verdict.sentences);
    for span in &verdict.spans {
        line.push_str(&format!(
            " | {:?} {}..{} {} {:.6}",
            span.call,
            span.start,
            span.end,
            span.kind.as_str(),
            span.risk
        ));
        if let Some(place) = &span.evidence {
            line.push_str(&format!(" {}:{}..{}", place.source, place.start, place.end));
        }
    }
    line + " | " + &verdict.explanation
}
