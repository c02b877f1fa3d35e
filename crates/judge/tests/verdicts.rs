//! What the judge says of whole conversations, as its callers see it.

use std::sync::Arc;

use agentguard_judge::{Evidence, Session, Settings, SpanKind, State, Verdict};
use agentguard_wire::{Answer, Choice, Dialect, Message, Part, Request, Role};

const HANDBOOK: &str = "Acme Cloud offers three plans. The Starter plan costs $29 per month and includes 5 seats. \
The Team plan costs $99 per month and includes 25 seats and SSO. Support answers within 4 hours on weekdays. \
The service was launched on 12 March 2019 in Rotterdam by Ines Vermeer. Refunds are possible within 30 days of purchase.";

fn judge(question: &str, answer: &str) -> Verdict {
    let mut request = Request::new(Dialect::OpenaiChat);
    let prompt = format!("Answer from the context only.\n\nContext: {HANDBOOK}\n\nQuestion: {question}");
    request.messages.push(Message { role: Role::User, parts: vec![Part::Text(prompt)] });
    let answer = Answer {
        choices: vec![Choice { text: answer.to_owned(), ..Choice::default() }],
        ..Answer::default()
    };
    Session::judge(Arc::new(Evidence::gather(&request)), Settings::default(), &answer)
}

fn words(answer: &str, verdict: &Verdict, kind: SpanKind) -> Vec<String> {
    let letters: Vec<char> = answer.chars().collect();
    verdict
        .spans
        .iter()
        .filter(|s| s.kind == kind)
        .map(|s| letters[s.start..s.end].iter().collect())
        .collect()
}

#[test]
fn a_faithful_answer_is_grounded() {
    for answer in [
        "The Team plan costs $99 per month and includes 25 seats.",
        "Acme Cloud was launched on March 12, 2019 in Rotterdam by Ines Vermeer.",
        "Refunds are possible within 30 days of purchase. Support answers within four hours on weekdays.",
        "There are three plans:\n\n- **Starter**: $29 per month, 5 seats\n- **Team**: $99 per month, 25 seats, SSO",
    ] {
        let verdict = judge("What does it cost?", answer);
        assert_eq!(verdict.state, State::Grounded, "{answer}: {verdict:#?}");
    }
}

#[test]
fn invented_figures_and_names_are_named() {
    let answer = "The Team plan costs $149 per month and includes 25 seats. It was launched in 2021 by Oscar Lindqvist.";
    let verdict = judge("What does it cost?", answer);
    assert!(matches!(verdict.state, State::Ungrounded | State::Contradicted), "{verdict:#?}");
    let letters: Vec<char> = answer.chars().collect();
    let marked: Vec<String> =
        verdict.spans.iter().map(|s| letters[s.start..s.end].iter().collect()).collect();
    for invented in ["$149", "2021", "Oscar Lindqvist"] {
        assert!(marked.iter().any(|m| m.contains(invented)), "{invented}: {marked:?}");
    }
    assert!(words(answer, &verdict, SpanKind::UnknownEntity).iter().any(|w| w.contains("Lindqvist")));
}

#[test]
fn an_empty_answer_is_not_a_clean_one() {
    assert_eq!(judge("What does it cost?", "").state, State::NotChecked);
}
