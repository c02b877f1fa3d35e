//! What the judge says of whole conversations, as its callers see it.

use std::sync::Arc;

use agentguard_judge::{Evidence, Session, Settings, Signal, Signals, SpanKind, State, Verdict};
use agentguard_wire::{Answer, Choice, Dialect, Message, Part, Request, Role, TokenLogprob};

const HANDBOOK: &str = "Acme Cloud offers three plans. The Starter plan costs $29 per month and includes 5 seats. \
The Team plan costs $99 per month and includes 25 seats and SSO. Support answers within 4 hours on weekdays. \
The service was launched on 12 March 2019 in Rotterdam by Ines Vermeer. Refunds are possible within 30 days of purchase.";

fn judge(question: &str, answer: &str) -> Verdict {
    judged(&request(question), Choice { text: answer.to_owned(), ..Choice::default() }, Settings::default())
}

fn request(question: &str) -> Request {
    let mut request = Request::new(Dialect::OpenaiChat);
    let prompt = format!("Answer from the context only.\n\nContext: {HANDBOOK}\n\nQuestion: {question}");
    request.messages.push(Message { role: Role::User, parts: vec![Part::Text(prompt)] });
    request
}

fn judged(request: &Request, choice: Choice, settings: Settings) -> Verdict {
    let answer = Answer { choices: vec![choice], ..Answer::default() };
    Session::judge(Arc::new(Evidence::gather(request)), settings, &answer)
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

#[test]
fn every_signal_can_be_switched_off() {
    let answer = "The Team plan costs $149 per month. It was founded by Oscar Lindqvist. See https://acme.test/x. 2 + 2 = 5. \
                  Refunds are not possible within 30 days of purchase. Wizards on comets juggle purple onions nightly.";
    let with = |signals: Signals| {
        let settings = Settings { signals, ..Settings::default() };
        judged(
            &request("What does it cost?"),
            Choice { text: answer.to_owned(), ..Choice::default() },
            settings,
        )
    };
    let all = with(Signals::all());
    let rules: Vec<Signal> = Signal::ALL.into_iter().filter(|signal| *signal != Signal::Model).collect();
    assert_eq!(all.signals, rules, "no model has read it");
    for (signal, marked) in [
        (Signal::Numbers, "$149"),
        (Signal::Entities, "Lindqvist"),
        (Signal::References, "https://acme.test/x"),
        (Signal::Consistency, "5"),
        (Signal::Grounding, "not possible"),
    ] {
        let texts = |verdict: &Verdict| -> Vec<String> {
            verdict
                .spans
                .iter()
                .map(|s| answer.chars().skip(s.start).take(s.end - s.start).collect())
                .collect()
        };
        let off = with(Signals::all().with(signal, false));
        assert!(texts(&all).iter().any(|t| t.contains(marked)), "{signal:?}: {:?}", texts(&all));
        assert!(!off.signals.contains(&signal));
        assert!(
            texts(&off).iter().all(|t| !t.contains(marked) || t.len() > marked.len() * 3),
            "{signal:?}: {:?}",
            texts(&off)
        );
    }
    let none = with(Signal::ALL.into_iter().fold(Signals::all(), |set, signal| set.with(signal, false)));
    assert_eq!((none.spans.len(), none.risk), (0, 0.0));
}

#[test]
fn doubtful_numbers_are_marked_but_never_a_reason() {
    let text = "The Team plan costs $99 per month and includes 25 seats.";
    let token = |token: &str, logprob| TokenLogprob { token: token.to_owned(), logprob };
    let logprobs = vec![
        token("The Team plan costs $", -0.01),
        token("99", -0.02),
        token(" per month and includes ", -0.1),
        token("25", -2.3),
        token(" seats.", -0.1),
    ];
    let choice = Choice { text: text.to_owned(), logprobs, ..Choice::default() };
    let verdict = judged(&request("What does it cost?"), choice, Settings::default());
    assert_eq!(words(text, &verdict, SpanKind::LowConfidence), ["25"]);
    assert_eq!(verdict.state, State::Grounded);
}

#[test]
fn without_evidence_only_what_needs_none_counts() {
    let mut request = Request::new(Dialect::OpenaiChat);
    request.messages.push(Message {
        role: Role::User,
        parts: vec![Part::Text("Who built the Eiffel Tower, and what is 17 + 4?".into())],
    });
    let judge = |text: &str| {
        judged(&request, Choice { text: text.to_owned(), ..Choice::default() }, Settings::default())
    };
    let right = judge("Gustave Eiffel's company built it between 1887 and 1889. 17 + 4 = 21.");
    assert_eq!((right.state, right.risk, right.spans.len()), (State::Unverifiable, 0.0, 0));
    let wrong = judge("Gustave Eiffel's company built it. 17 + 4 = 22.");
    assert_eq!(wrong.state, State::Ungrounded);
}

#[test]
fn explanations_quote_nothing() {
    for answer in [
        "The Team plan costs $149 per month, says Oscar Lindqvist.",
        "The Team plan costs $99 per month.",
        "Refunds are not possible within 30 days of purchase.",
        "I don't know.",
    ] {
        let verdict = judge("What does it cost?", answer);
        assert!(
            verdict.explanation.ends_with('.') && !verdict.explanation.contains('\n'),
            "{}",
            verdict.explanation
        );
        for word in ["149", "99", "Oscar", "Lindqvist", "Team", "Refunds", "Acme"] {
            assert!(!verdict.explanation.contains(word), "{}", verdict.explanation);
        }
    }
}

/// Pain 10: a long context or a long answer does not defeat the check.
#[test]
fn long_contexts_and_answers_are_read_to_the_end() {
    let filler: String = (0..4_000)
        .map(|n| format!("Depot {n} keeps {} pallets of tiles in hall {}. ", n % 97 + 3, n % 13))
        .collect();
    let mut request = Request::new(Dialect::OpenaiChat);
    let prompt = format!(
        "Context: {filler}The Zürich vault holds 7,431 gold coins. {filler}\n\nQuestion: What does the vault hold?"
    );
    request.messages.push(Message { role: Role::User, parts: vec![Part::Text(prompt)] });
    let lead = "Depot 17 keeps 20 pallets of tiles in hall 4. ".repeat(200);
    let judge = |last: &str| {
        let text = format!("{lead}{last}");
        judged(&request, Choice { text, ..Choice::default() }, Settings::default())
    };
    assert_eq!(judge("The Zürich vault holds 7,431 gold coins.").state, State::Grounded);
    let wrong = judge("The Zürich vault holds 9,999 gold coins.");
    assert_eq!(wrong.state, State::Contradicted, "{:?}", wrong.spans);
    assert!(wrong.spans.iter().all(|s| s.start >= lead.chars().count()));
}

#[test]
fn names_of_earlier_turns_are_known_but_prove_nothing() {
    let mut request = request("And who runs it today?");
    let earlier = Message {
        role: Role::Assistant,
        parts: vec![Part::Text("Tilda Brandt has run it since 2022.".into())],
    };
    request.messages.insert(0, earlier);
    let said = |text: &str| {
        judged(&request, Choice { text: text.to_owned(), ..Choice::default() }, Settings::default())
    };
    let known = said("Tilda Brandt runs Acme Cloud.");
    assert!(known.spans.iter().all(|s| s.kind != SpanKind::UnknownEntity), "{known:?}");
}

#[test]
fn answers_in_json_are_judged_by_value() {
    let mut request = request("Extract the plan as JSON.");
    request.wants_json = true;
    let judge = |text: &str| {
        judged(&request, Choice { text: text.to_owned(), ..Choice::default() }, Settings::default())
    };
    let right = judge(r#"{"plan": "Team", "price": "$99", "seats": 25, "sso": true, "confidence": 0.97}"#);
    assert_eq!(right.state, State::Grounded, "{right:?}");
    let text = r#"{"plan": "Team", "price": "$149", "seats": 40, "founder": "Oscar Lindqvist"}"#;
    let wrong = judge(text);
    assert_eq!(wrong.state, State::Ungrounded);
    let marked: Vec<String> = wrong.spans.iter().map(|s| text[s.start..s.end].to_owned()).collect();
    assert_eq!(marked, ["$149", "40", "Oscar Lindqvist"]);
}
