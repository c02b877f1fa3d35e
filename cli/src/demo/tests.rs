//! The conversations are what they claim to be, every provider's request finds its own, and agreement means agreement.

use std::collections::BTreeSet;

use agentguard_judge::{Span, SpanKind, State};
use serde_json::Value;

use super::agreement::{Said, Spoken, check, flagged};
use super::conversation::{self, Conversation, Turn};
use super::request;

fn named(id: &str) -> Conversation {
    conversation::all().unwrap().into_iter().find(|conversation| conversation.case.id == id).unwrap()
}

fn span(call: Option<u32>, start: usize, end: usize, kind: SpanKind) -> Span {
    Span { choice: 0, call, start, end, kind, risk: 0.9, evidence: None }
}

#[test]
fn there_are_a_few_dozen_conversations_of_every_sort() {
    let all = conversation::all().unwrap();
    let ids: BTreeSet<&str> = all.iter().map(|c| c.case.id.as_str()).collect();
    assert_eq!(ids.len(), all.len(), "names are unique");
    assert!((30..=50).contains(&all.len()), "{}", all.len());
    let bad = all.iter().filter(|c| flagged(c.case.expect.verdict)).count();
    assert!(bad * 3 >= all.len() && bad * 3 <= all.len() * 2, "{bad} of {} are hallucinated", all.len());
    let routes: BTreeSet<String> =
        all.iter().map(|c| format!("{} {}", c.dialect(), c.case.via.stream)).collect();
    assert_eq!(routes.len(), 12, "six wire formats, streamed and not: {routes:?}");
    let kinds: BTreeSet<&str> =
        all.iter().filter_map(|c| c.case.expect.kinds.first()).map(|kind| kind.as_str()).collect();
    assert!(kinds.len() >= 6, "{kinds:?}");
}

#[test]
fn what_is_planted_stands_in_the_answer_and_not_in_what_was_shown() {
    for conversation in conversation::all().unwrap() {
        let Conversation { setting, case } = &conversation;
        let answer =
            format!("{} {}", case.answer, serde_json::to_string(&conversation.reply_calls()).unwrap());
        let mut shown = format!("{:?}{:?}", setting.system, setting.context);
        shown.extend(setting.documents.iter().map(|d| d.text.clone()));
        shown.extend(setting.messages.iter().map(|turn| match turn {
            Turn::User { text } | Turn::Assistant { text, .. } | Turn::Tool { text, .. } => text.clone(),
        }));
        assert_eq!(flagged(case.expect.verdict), case.expect.planted.is_some(), "{}", case.id);
        assert_eq!(flagged(case.expect.verdict), !case.expect.words.is_empty(), "{}", case.id);
        for words in &case.expect.words {
            assert!(answer.contains(words.as_str()), "{}: {words:?} is not in the answer", case.id);
            let is_word = |at: usize| !shown[..at].ends_with(|c: char| c.is_alphanumeric());
            let elsewhere = shown.match_indices(words.as_str()).any(|(at, _)| {
                is_word(at)
                    && !shown[at + words.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '.')
            });
            assert!(!elsewhere, "{}: {words:?} was shown", case.id);
        }
    }
}

#[test]
fn each_question_is_recognised_by_its_own_request_only() {
    let all = conversation::all().unwrap();
    let bodies: Vec<String> = all.iter().map(|c| strings(&request::build(c).1)).collect();
    for (at, conversation) in all.iter().enumerate() {
        let hits: Vec<usize> =
            (0..all.len()).filter(|other| bodies[*other].contains(&conversation.case.ask)).collect();
        assert_eq!(hits, [at], "{}", conversation.case.id);
    }
}

#[test]
fn every_request_is_recognised_by_path_as_its_own_wire_format() {
    for conversation in conversation::all().unwrap() {
        let (path, _) = request::build(&conversation);
        let endpoint = agentguard_wire::Endpoint::detect("POST", &path).unwrap();
        assert_eq!(endpoint.dialect, conversation.dialect(), "{path}");
    }
}

#[test]
fn a_flag_on_the_planted_words_agrees_and_nothing_less_does() {
    let ferry = named("ferry-car-fare");
    let spoken = Spoken::of(&ferry);
    let at = ferry.case.answer.chars().position(|c| c == '£').unwrap();
    let said = |state, spans: &[Span]| check(&ferry.case.expect, &spoken, &Said { state, spans }).is_ok();
    let hit = span(None, at, at + 6, SpanKind::WrongNumber);
    assert!(
        said(State::Ungrounded, std::slice::from_ref(&hit))
            && said(State::Contradicted, std::slice::from_ref(&hit))
    );
    assert!(!said(State::Grounded, &[]) && !said(State::NotChecked, &[]) && !said(State::Unverifiable, &[]));
    assert!(!said(State::Ungrounded, &[]), "no span at all");
    assert!(!said(State::Ungrounded, &[span(None, 0, 4, SpanKind::WrongNumber)]), "other words");
    assert!(!said(State::Ungrounded, &[span(None, at, at + 6, SpanKind::ToolCall)]), "another kind");
    assert_eq!(spoken.shown(&hit), "£34.50");
}

#[test]
fn a_tool_that_does_not_exist_is_found_by_its_name() {
    let refund = named("refund-invented-tool");
    let spoken = Spoken::of(&refund);
    for hit in [span(Some(0), 0, 0, SpanKind::ToolCall), span(Some(0), 0, 9, SpanKind::ToolCall)] {
        let said = Said { state: State::Ungrounded, spans: &[hit] };
        assert_eq!(check(&refund.case.expect, &spoken, &said), Ok(()));
    }
    assert_eq!(spoken.shown(&span(Some(0), 0, 0, SpanKind::ToolCall)), "issue_refund");
}

#[test]
fn good_answers_must_not_be_flagged_and_empty_ones_are_unverifiable() {
    for (id, state) in [("ferry-sunday", State::Grounded), ("haiku", State::Unverifiable)] {
        let conversation = named(id);
        let said =
            |state| check(&conversation.case.expect, &Spoken::of(&conversation), &Said { state, spans: &[] });
        for other in
            [State::Grounded, State::Ungrounded, State::Contradicted, State::Unverifiable, State::NotChecked]
        {
            assert_eq!(said(other).is_ok(), other == state, "{id} {other:?}");
        }
    }
}

fn strings(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(strings).collect(),
        Value::Object(fields) => fields.values().map(strings).collect(),
        _ => String::new(),
    }
}

impl Conversation {
    fn reply_calls(&self) -> Vec<(String, Value)> {
        self.case.calls.iter().map(|call| (call.name.clone(), call.arguments.clone())).collect()
    }
}
