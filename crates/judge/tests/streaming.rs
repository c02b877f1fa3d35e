//! Streamed and unstreamed judge the same, whatever the chunks; offsets are always places in the answer.

use std::sync::Arc;

use agentguard_judge::{Evidence, Input, Session, Settings, Span, State, Verdict};
use agentguard_wire::{
    Answer, Choice, Dialect, Event, Finish, Message, Part, Request, Role, TokenLogprob, Tool, ToolCall,
};
use proptest::prelude::*;

const CONTEXT: &str = "Acme Cloud was founded on 12 March 2019 in Rotterdam by Ines Vermeer. The Team plan costs $99 per month and \
includes 25 seats. Support answers within 4 hours on weekdays. Refunds are possible within 30 days. 日本の支社は東京にあります。";

fn evidence() -> Arc<Evidence> {
    let mut request = Request::new(Dialect::OpenaiChat);
    let prompt = format!("Context: {CONTEXT}\n\nQuestion: What does the Team plan cost, as JSON?");
    request.messages.push(Message { role: Role::User, parts: vec![Part::Text(prompt)] });
    request.tools.push(Tool {
        name: "lookup".into(),
        description: String::new(),
        parameters: Some(serde_json::json!({"type": "object", "properties": {"plan": {"type": "string"}}, "required": ["plan"]})),
        hosted: false,
    });
    Arc::new(Evidence::gather(&request))
}

/// The answer's events, its text and arguments cut after every `sizes` characters.
fn events(answer: &Answer, sizes: &[usize]) -> Vec<Event> {
    let mut events = Vec::new();
    for (choice, whole) in (0u32..).zip(&answer.choices) {
        let letters: Vec<char> = whole.text.chars().collect();
        let (mut at, mut turn) = (0, 0);
        let mut tokens = whole.logprobs.as_slice();
        while at < letters.len() {
            let next_break = whole.breaks.iter().copied().find(|b| *b > at).unwrap_or(usize::MAX);
            if whole.breaks.contains(&at) {
                events.push(Event::Break { choice, at });
            }
            let end = (at + sizes[turn % sizes.len()]).min(letters.len()).min(next_break);
            events.push(Event::Text { choice, start: at, text: letters[at..end].iter().collect() });
            let some = tokens.len().min(sizes[turn % sizes.len()]);
            events.push(Event::Logprobs { choice, tokens: tokens[..some].to_vec() });
            tokens = &tokens[some..];
            (at, turn) = (end, turn + 1);
        }
        events.push(Event::Logprobs { choice, tokens: tokens.to_vec() });
        for (call, tool) in (0u32..).zip(&whole.tool_calls) {
            events.push(Event::ToolStart { choice, call, id: String::new(), name: tool.name.clone() });
            for piece in tool.arguments.chars().collect::<Vec<_>>().chunks(sizes[0]) {
                events.push(Event::ToolArguments { choice, call, fragment: piece.iter().collect() });
            }
            events.push(Event::ToolEnd { choice, call });
        }
        if !whole.refusal.is_empty() {
            events.push(Event::Refusal { choice, text: whole.refusal.clone() });
        }
        events.push(Event::Finish { choice, reason: Finish::Stop });
    }
    events.push(Event::End);
    events
}

/// Feeds events; checks on the way that what is settled only grows and that nothing settled is flagged later.
fn streamed(evidence: &Arc<Evidence>, events: &[Event]) -> (Verdict, Vec<Span>) {
    let mut session = Session::new(Arc::clone(evidence), Settings::default());
    let mut settled = std::collections::HashMap::new();
    let mut spans = Vec::new();
    for event in events {
        let choice = match event {
            Event::Text { choice, .. } | Event::Break { choice, .. } | Event::Finish { choice, .. } => {
                *choice
            }
            _ => {
                spans.extend(session.event(event).spans);
                continue;
            }
        };
        let output = session.event(event);
        let before = settled.insert(choice, output.settled).unwrap_or(0);
        assert!(output.settled >= before, "settled went back from {before} to {}", output.settled);
        for span in &output.spans {
            assert!(
                span.start >= before && span.end <= output.settled,
                "{span:?} is outside {before}..{}",
                output.settled
            );
        }
        spans.extend(output.spans);
    }
    (session.finish(), spans)
}

fn valid(answer: &Answer, evidence: &Evidence, verdict: &Verdict) {
    let mut before: Option<&Span> = None;
    for span in &verdict.spans {
        let choice = &answer.choices[span.choice as usize];
        let length = match span.call {
            None => choice.text.chars().count(),
            Some(call) => choice.tool_calls[call as usize].arguments.chars().count(),
        };
        assert!(span.start <= span.end && span.end <= length, "{span:?} of {length}");
        assert!(span.start < span.end || span.call.is_some(), "{span:?} is empty");
        assert!((0.0..=1.0).contains(&span.risk));
        if let Some(place) = &span.evidence {
            let source = evidence.sources().iter().find(|s| s.label == place.source).expect("a known source");
            assert!(place.start < place.end && place.end <= source.text.chars().count(), "{place:?}");
        }
        if let Some(last) = before {
            let key = |s: &Span| (s.choice, s.call, s.start);
            assert!(key(last) <= key(span), "{last:?} before {span:?}");
        }
        before = Some(span);
    }
    assert!((0.0..=1.0).contains(&verdict.risk));
}

fn check(answer: &Answer, sizes: &[usize]) {
    let evidence = evidence();
    let whole = Session::judge(Arc::clone(&evidence), Settings::default(), answer);
    valid(answer, &evidence, &whole);
    let (verdict, spans) = streamed(&evidence, &events(answer, sizes));
    assert_eq!(verdict, whole);
    for span in spans {
        assert!(
            verdict.spans.contains(&span),
            "{span:?} was given while streaming and is not in the verdict"
        );
    }
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(vec![
            "The Team plan costs $99 per month. ", "It costs $149. ", "Acme was founded by Oscar Lindqvist in 2011. ", "Refunds are not possible within 30 days. ",
            "See https://acme.io/x. ", "2 + 2 = 5. ", "\n- one\n- two\n- three\n", "There are two plans:\n", "| a | 7 |\n", "```\ncode 42\n```\n", "I don't know. ",
            "{\"cost\": 149, \"city\": \"Delft\"}", "She said \"we never sleep at night here\". ", "日本の支社は大阪にあります。", "About 1.2 million users (45%) at 5 p.m. ",
        ]).prop_map(str::to_owned),
        2 => "[A-Za-z ]{1,12}",
        1 => any::<char>().prop_map(String::from),
        1 => prop::sample::select(vec![". ", "\n", "\"", "\u{301}", "\0", "\u{202e}", "1", "…", "{\"", "[", "`", "**", "  "]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|parts| parts.concat())
}

fn answers() -> impl Strategy<Value = Answer> {
    let choice =
        (pieces(), prop::collection::vec(0usize..200, 0..3), prop::option::of(pieces()), any::<bool>())
            .prop_map(|(text, mut breaks, arguments, logprobs)| {
                let length = text.chars().count();
                breaks.retain(|b| *b > 0 && *b < length);
                breaks.sort_unstable();
                breaks.dedup();
                let token = |(i, piece): (usize, &[char])| TokenLogprob {
                    token: piece.iter().collect(),
                    logprob: if i % 3 == 0 { -2.5 } else { -0.1 },
                };
                let letters: Vec<char> = text.chars().collect();
                let logprobs =
                    if logprobs { letters.chunks(4).enumerate().map(token).collect() } else { Vec::new() };
                let tool_calls = arguments
                    .map(|arguments| ToolCall {
                        id: String::new(),
                        name: if arguments.len() % 2 == 0 { "lookup".into() } else { "nothing".into() },
                        arguments,
                    })
                    .into_iter()
                    .collect();
                Choice { text, breaks, tool_calls, logprobs, ..Choice::default() }
            });
    prop::collection::vec(choice, 1..3).prop_map(|choices| Answer { choices, ..Answer::default() })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_chunking_gives_the_same_verdict(answer in answers(), sizes in prop::collection::vec(1usize..30, 1..6)) {
        check(&answer, &sizes);
    }
}

#[test]
fn huge_and_hostile_answers() {
    let repeat = |piece: &str, count: usize| piece.repeat(count);
    for text in [
        repeat("a", 40_000),
        repeat("word ", 8_000),
        repeat("\u{301}", 10_000),
        repeat("\0", 10_000),
        repeat("\u{202e}abc", 4_000),
        repeat("1.", 10_000),
        repeat("1 + ", 4_000),
        repeat("\"", 10_000),
        repeat("[1]", 4_000),
        repeat("{\"a\":", 6_000),
        repeat("((((", 4_000),
        repeat("$1,000,000.00 ", 1_000),
        repeat("Oscar Lindqvist met Zelda Marsh. ", 600),
        repeat("http://a.b/c?", 2_000),
        repeat("`", 10_000),
        repeat("日", 10_000),
        repeat("not ", 4_000),
    ] {
        let answer = Answer { choices: vec![Choice { text, ..Choice::default() }], ..Answer::default() };
        let evidence = evidence();
        let verdict = Session::judge(Arc::clone(&evidence), Settings::default(), &answer);
        valid(&answer, &evidence, &verdict);
        assert!(verdict.spans.len() <= 512);
    }
}

#[test]
fn a_sentence_settles_before_the_answer_ends() {
    let mut session = Session::new(evidence(), Settings::default());
    let first = session.step(Input::Text { choice: 0, text: "The Team plan costs $149 per month." });
    assert_eq!((first.settled, first.spans.len()), (0, 0));
    let second = session.step(Input::Text { choice: 0, text: " It" });
    assert_eq!((second.settled, second.spans.len()), (36, 1));
    let other = session.step(Input::Text { choice: 1, text: "Hello" });
    assert_eq!(other.settled, 0);
    assert_eq!(session.step(Input::End { choice: 0 }).settled, 38);
}

#[test]
fn refusals_and_nothing() {
    let refused = Answer {
        choices: vec![Choice { refusal: "I can't help with that.".into(), ..Choice::default() }],
        ..Answer::default()
    };
    assert_eq!(Session::judge(evidence(), Settings::default(), &refused).state, State::Unverifiable);
    check(&refused, &[1]);
    let said = Answer {
        choices: vec![Choice {
            text: "I'm sorry, but the context does not say that.".into(),
            ..Choice::default()
        }],
        ..Answer::default()
    };
    let verdict = Session::judge(evidence(), Settings::default(), &said);
    assert_eq!((verdict.state, verdict.spans.len()), (State::Grounded, 0));
    assert_eq!(Session::judge(evidence(), Settings::default(), &Answer::default()).state, State::NotChecked);
}
