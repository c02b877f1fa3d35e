//! The encoder's readings come back late, in any order, or never: the verdict depends on none of that but the last.

use std::sync::Arc;

use agentguard_encoder::{Score, Tokenizer, Window};
use agentguard_judge::session::Task;
use agentguard_judge::{Evidence, Input, Session, Settings, Signal, Signals, Verdict};
use agentguard_wire::{Dialect, Message, Part, Request, Role};
use proptest::prelude::*;

const CONTEXT: &str = "Acme Cloud was founded on 12 March 2019 in Rotterdam by Ines Vermeer. The Team plan costs $99 per month and \
includes 25 seats. Support answers within 4 hours on weekdays. Refunds are possible within 30 days.";

const ANSWER: &str = "The Team plan costs $99 per month. It was designed by a group of volunteers from Ghent, who met every week.\n\n\
- Support answers within 4 hours.\n- Refunds take 90 days and need a lawyer.\n\n```\nlet x = 1;\n```\nYes. Acme Cloud was founded in 2019 in Rotterdam.";

fn evidence() -> Arc<Evidence> {
    let mut request = Request::new(Dialect::OpenaiChat);
    let prompt = format!("Context: {CONTEXT}\n\nQuestion: What does the Team plan cost?");
    request.messages.push(Message { role: Role::User, parts: vec![Part::Text(prompt)] });
    let mut evidence = Evidence::gather(&request);
    evidence.encode(&Arc::new(Tokenizer::new()), &Arc::from("test-1"));
    Arc::new(evidence)
}

/// Stands in for the model: whatever it says, it says the same of the same window.
fn read(task: &Task) -> Vec<Score> {
    let risk = |window: &Window, at: usize| {
        let sum: usize = window.ids().iter().map(|id| usize::from(*id)).sum();
        ((sum + at * 37) % 97) as f32 / 97.0
    };
    let score = |w: &Window| Score {
        tokens: (0..w.ranges().len()).map(|at| risk(w, at)).collect(),
        sentence: risk(w, 91),
    };
    task.windows.iter().map(score).collect()
}

/// Judges in pieces of that many characters; a reading comes back when the turn says so, the first or the last owed.
fn judged(evidence: &Arc<Evidence>, size: usize, turns: &[u8]) -> Verdict {
    let mut session = Session::new(Arc::clone(evidence), Settings::default());
    let mut owed: Vec<Task> = Vec::new();
    let (mut settled, mut turn) = (0, 0);
    let letters: Vec<char> = ANSWER.chars().collect();
    for piece in letters.chunks(size) {
        let text: String = piece.iter().collect();
        let output = session.step(Input::Text { choice: 0, text: &text });
        assert!(output.settled >= settled, "settled went back");
        settled = output.settled;
        owed.extend(session.tasks());
        let which = turns[turn % turns.len()];
        turn += 1;
        if which > 0 && !owed.is_empty() {
            let task = owed.remove(if which == 1 { 0 } else { owed.len() - 1 });
            let output = session.read(task.id, Some(read(&task)));
            for span in &output.spans {
                assert!(
                    span.start >= settled && span.end <= output.settled,
                    "{span:?}: {settled}..{}",
                    output.settled
                );
            }
            assert!(output.settled >= settled, "settled went back");
            settled = output.settled;
        }
    }
    session.end();
    owed.extend(session.tasks());
    assert_eq!(session.waits(), !owed.is_empty());
    for task in owed.into_iter().rev() {
        session.read(task.id, Some(read(&task)));
    }
    assert!(!session.waits());
    session.finish()
}

proptest! {
    #[test]
    fn readings_may_come_late_and_in_any_order(size in 1_usize..80, turns in prop::collection::vec(0_u8..3, 1..12)) {
        let evidence = evidence();
        let whole = judged(&evidence, ANSWER.len(), &[0]);
        prop_assert_eq!(judged(&evidence, size, &turns), whole);
    }
}

#[test]
fn the_model_is_named_when_it_has_read_every_sentence_and_only_then() {
    let evidence = evidence();
    let read_all = judged(&evidence, ANSWER.len(), &[0]);
    assert!(read_all.signals.contains(&Signal::Model), "{read_all:?}");
    assert!(read_all.judge.ends_with("+test-1"), "{}", read_all.judge);

    let mut session = Session::new(Arc::clone(&evidence), Settings::default());
    session.step(Input::Text { choice: 0, text: ANSWER });
    session.end();
    let tasks = session.tasks();
    assert!(tasks.len() > 2, "{} sentences", tasks.len());
    session.read(tasks[0].id, Some(read(&tasks[0])));
    let partly = session.finish();
    assert!(!partly.signals.contains(&Signal::Model));
    let missed = format!("The model was skipped for {} of {} sentences.", tasks.len() - 1, tasks.len());
    assert!(partly.explanation.ends_with(&missed), "{}", partly.explanation);
}

#[test]
fn without_any_reading_the_rules_judge_alone_as_they_would_without_a_model() {
    let evidence = evidence();
    let without = Settings { signals: Signals::all().with(Signal::Model, false), ..Settings::default() };
    let mut plain = Session::new(Arc::clone(&evidence), without);
    plain.step(Input::Text { choice: 0, text: ANSWER });
    plain.end();
    assert!(plain.tasks().is_empty());
    let plain = plain.finish();

    let mut skipped = Session::new(Arc::clone(&evidence), Settings::default());
    let before = skipped.step(Input::Text { choice: 0, text: ANSWER });
    assert!(before.spans.is_empty(), "nothing is said before the model has read");
    skipped.end();
    let outputs = skipped.skip();
    assert_eq!(outputs.last().map(|(_, output)| output.settled), Some(ANSWER.chars().count()));
    let skipped = skipped.finish();
    assert_eq!((skipped.state, skipped.risk, skipped.spans), (plain.state, plain.risk, plain.spans));
    assert_eq!((skipped.signals, skipped.judge), (plain.signals, plain.judge));
}

#[test]
fn a_reading_of_the_wrong_length_is_none() {
    let evidence = evidence();
    let mut session = Session::new(evidence, Settings::default());
    session.step(Input::Text { choice: 0, text: ANSWER });
    session.end();
    for task in session.tasks() {
        let mut risks = read(&task);
        risks[0].tokens.pop();
        session.read(task.id, Some(risks));
    }
    assert!(!session.waits());
    assert!(!session.finish().signals.contains(&Signal::Model));
}
