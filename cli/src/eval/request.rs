//! Rows as the requests that an application would have sent, and answers as the streams that would have come back.
//!
//! The prompts are those that the answers were asked for with. `crates/judge/examples/rows/mod.rs`, which the weights are fitted
//! with, makes the same ones; a test holds the two together.

use agentguard_wire::{Dialect, Event, Finish, Message, Part, Request, Role};

use super::rows::{Gold, Labelled};

/// Characters of an answer that come at a time, about a token.
const PIECE: usize = 4;

/// The request of a written answer.
pub(super) fn of_answer(task: &str, row: &Labelled) -> Request {
    let Labelled { context, question, .. } = row;
    let prompt = match task {
        "Data2txt" => format!(
            "Instruction:\nWrite an objective overview about the following local business based only on the provided structured data in the JSON format. Don't make up information.\nStructured data:\n{context}\nOverview:"
        ),
        // Tasks that are not RAGTruth's are what they look like.
        "Summary" => summary(context),
        _ if question.is_empty() && task != "QA" => summary(context),
        _ => format!(
            "Briefly answer the following question:\n{question}\nBear in mind that your response should be strictly based on the following passages:\n{context}\nIn case the passages do not contain the necessary information to answer the question, please reply with: \"Unable to answer based on given passages.\"\noutput:"
        ),
    };
    chat(vec![(Role::User, prompt)])
}

fn summary(context: &str) -> String {
    format!("Summarize the following news within 100 words:\n{context}\noutput:")
}

/// The request of tool calls.
pub(super) fn of_calls(row: &Gold) -> Request {
    let mut request = chat(row.messages.clone());
    request.tools.clone_from(&row.functions);
    request
}

fn chat(messages: Vec<(Role, String)>) -> Request {
    let mut request = Request::new(Dialect::OpenaiChat);
    request.stream = true;
    let message = |(role, text)| Message { role, parts: vec![Part::Text(text)] };
    request.messages.extend(messages.into_iter().map(message));
    request
}

/// What a model replied.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reply<'r> {
    /// A text.
    Text(&'r str),
    /// A call of a function, its arguments as JSON text.
    Call {
        /// Function name.
        name: &'r str,
        /// JSON text.
        arguments: &'r str,
    },
}

/// The reply as the events of a stream, in small pieces.
pub(super) fn stream(reply: Reply<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    let reason = match reply {
        Reply::Text(text) => {
            let piece = |(at, text)| Event::Text { choice: 0, start: at * PIECE, text };
            events.extend(pieces(text).into_iter().enumerate().map(piece));
            Finish::Stop
        }
        Reply::Call { name, arguments } => {
            let start =
                Event::ToolStart { choice: 0, call: 0, id: "call_1".to_owned(), name: name.to_owned() };
            events.push(start);
            let piece = |fragment| Event::ToolArguments { choice: 0, call: 0, fragment };
            events.extend(pieces(arguments).into_iter().map(piece));
            events.push(Event::ToolEnd { choice: 0, call: 0 });
            Finish::ToolCalls
        }
    };
    events.extend([Event::Finish { choice: 0, reason }, Event::End]);
    events
}

fn pieces(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(PIECE).map(|piece| piece.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use agentguard_wire::Answer;

    use super::*;

    const FITTED_WITH: &str = include_str!("../../../crates/judge/examples/rows/mod.rs");

    fn prompt(task: &str, question: &str) -> String {
        let (context, question) = ("{context}".to_owned(), question.to_owned());
        let row = Labelled { context, question, response: String::new(), unsupported: false, spans: None };
        match of_answer(task, &row).messages.remove(0).parts.remove(0) {
            Part::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn prompts_are_those_that_the_weights_were_fitted_with() {
        for task in ["QA", "Data2txt", "Summary"] {
            let source = format!("{:?}", prompt(task, "{question}")).replace("\\'", "'");
            assert!(FITTED_WITH.contains(&source), "{task}: {source}");
        }
    }

    #[test]
    fn other_tasks_are_what_they_look_like() {
        assert_eq!(prompt("anything", ""), prompt("Summary", ""));
        assert_eq!(prompt("anything", "why?"), prompt("QA", "why?"));
        assert_eq!(prompt("Summary", "why?"), prompt("Summary", ""));
    }

    #[test]
    fn the_stream_says_what_the_reply_says() {
        let mut answer = Answer::default();
        for event in stream(Reply::Text("naïve – 漢字, and more")) {
            answer.apply(&event);
        }
        assert_eq!(answer.choices[0].text, "naïve – 漢字, and more");
        let mut answer = Answer::default();
        for event in stream(Reply::Call { name: "f", arguments: "{\"x\": \"é\"}" }) {
            answer.apply(&event);
        }
        assert_eq!(answer.choices[0].tool_calls[0].arguments, "{\"x\": \"é\"}");
    }
}
