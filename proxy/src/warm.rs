//! Makes the judge's tables and patterns, which are made at first use, before the first client would wait for them.

use std::sync::Arc;

use agentguard_judge::{Evidence, Session, Settings};
use agentguard_wire::{Answer, Choice, Dialect, Message, Part, Request, Role, Tool, ToolCall};

/// Judges a small exchange that touches every signal. Milliseconds in a release build.
pub fn warm_up() {
    let mut request = Request::new(Dialect::OpenaiChat);
    let shown = "Context:\nThe tower is 41 m high and was built in 1902 by Ada Byron. {\"open\": true}\n\nHow high is it?";
    request.messages.push(Message { role: Role::User, parts: vec![Part::Text(shown.to_owned())] });
    request.tools.push(Tool {
        name: "look_up".to_owned(),
        description: String::new(),
        parameters: Some(
            serde_json::json!({"type": "object", "properties": {"height": {"type": "integer"}}}),
        ),
        hosted: false,
    });
    let text =
        "The tower is 41 m high. \"It was built in 1902\", says https://tower.example/about, and 1 + 1 = 2.";
    let call =
        ToolCall { id: String::new(), name: "look_up".to_owned(), arguments: "{\"height\":41}".to_owned() };
    let choice = Choice { text: text.to_owned(), tool_calls: vec![call], ..Choice::default() };
    let answer = Answer { choices: vec![choice], ..Answer::default() };
    let _ = Session::judge(Arc::new(Evidence::gather(&request)), Settings::default(), &answer);
}
