use agentguard_wire::Finish;
use bytes::Bytes;

use super::*;

fn text(choice: u32, start: usize, text: &str) -> Event {
    Event::Text { choice, start, text: text.to_owned() }
}

fn finish(choice: u32) -> Event {
    Event::Finish { choice, reason: Finish::Stop }
}

fn settled(settled: usize) -> Output {
    Output { spans: Vec::new(), settled }
}

struct Test(Queue);

impl Test {
    fn new(hold: Hold) -> Self {
        Self(Queue::new(hold))
    }

    /// Adds a frame of that name.
    fn push(&mut self, name: &'static str, events: &[Event]) -> &mut Self {
        let frame =
            Frame { raw: Bytes::from_static(name.as_bytes()), events: events.iter().cloned().collect() };
        self.0.push(frame, Instant::now(), false);
        self
    }

    /// The names of the frames that leave now.
    fn leaving(&mut self) -> String {
        let mut names = String::new();
        while self.0.ready().is_some() {
            names.push_str(std::str::from_utf8(&self.0.pop().unwrap().frame.raw).unwrap());
        }
        names
    }
}

const SENTENCE: Hold = Hold::Sentence { finish: true };

#[test]
fn a_frame_leaves_when_all_its_text_is_settled_and_in_order() {
    let mut test = Test::new(SENTENCE);
    test.push("role ", &[])
        .push("a ", &[text(0, 0, "Hällo ")])
        .push("b ", &[text(0, 6, "you. An")])
        .push("ping ", &[]);
    assert_eq!(test.leaving(), "role ");
    test.0.settle(&text(0, 0, ""), &settled(6));
    assert_eq!(test.leaving(), "a ");
    test.0.settle(&text(0, 0, ""), &settled(10));
    assert_eq!(test.leaving(), "", "half a frame is not a frame");
    test.0.settle(&finish(0), &settled(13));
    assert_eq!(test.leaving(), "b ping ");
}

#[test]
fn a_call_leaves_when_it_is_judged() {
    let start = Event::ToolStart { choice: 0, call: 1, id: "x".into(), name: "f".into() };
    let end = Event::ToolEnd { choice: 0, call: 1 };
    let mut test = Test::new(SENTENCE);
    test.push("start ", &[start]).push("end ", std::slice::from_ref(&end));
    assert_eq!(test.leaving(), "");
    test.0.settle(&end, &settled(0));
    assert_eq!(test.leaving(), "start end ");
}

#[test]
fn the_end_waits_for_the_verdict_in_every_mode() {
    for hold in [Hold::End, SENTENCE, Hold::All] {
        let mut test = Test::new(hold);
        test.push("done", &[Event::End]);
        assert_eq!(test.leaving(), "", "{hold:?}");
        test.0.open();
        assert_eq!(test.leaving(), "done", "{hold:?}");
    }
}

#[test]
fn with_the_end_held_alone_text_leaves_at_once_and_with_all_held_nothing_does() {
    let mut end = Test::new(Hold::End);
    end.push("a ", &[text(0, 0, "a")]).push("finish ", &[finish(0)]);
    assert_eq!(end.leaving(), "a finish ");
    let mut all = Test::new(Hold::All);
    all.push("role ", &[]).push("a ", &[text(0, 0, "a")]);
    all.0.settle(&finish(0), &settled(1));
    assert_eq!(all.leaving(), "");
    assert_eq!(all.0.bytes(), 7);
}

#[test]
fn a_finish_waits_for_the_verdict_but_holds_no_other_choice_up() {
    let mut test = Test::new(SENTENCE);
    test.push("finish0 ", &[finish(0)]).push("text1 ", &[text(1, 0, "Yes. ")]);
    assert_eq!(test.leaving(), "");
    test.0.settle(&text(1, 0, ""), &settled(5));
    assert_eq!(test.leaving(), "finish0 text1 ");
    test.push("finish1 ", &[finish(1)]).push("usage ", &[]).push("end", &[Event::End]);
    assert_eq!(test.leaving(), "");
    test.0.open();
    assert_eq!(test.leaving(), "finish1 usage end");
}

#[test]
fn a_finish_does_not_wait_when_only_words_are_removed() {
    let mut test = Test::new(Hold::Sentence { finish: false });
    test.push("finish ", &[finish(0)]).push("end", &[Event::End]);
    assert_eq!(test.leaving(), "finish ");
}

#[test]
fn a_repetition_waits_for_all_the_text_that_it_repeats() {
    let mut test = Test::new(SENTENCE);
    test.push("a ", &[text(0, 0, "One. Two")]).push("done ", &[Event::Snapshot { choice: 0 }]);
    test.0.settle(&text(0, 0, ""), &settled(4));
    assert_eq!(test.leaving(), "");
    test.0.settle(&finish(0), &settled(8));
    assert_eq!(test.leaving(), "a done ");
}

#[test]
fn a_hostile_choice_index_costs_no_memory() {
    let mut test = Test::new(SENTENCE);
    test.push("a", &[text(u32::MAX, 0, "x")]);
    test.0.settle(&text(u32::MAX, 0, ""), &settled(1));
    assert_eq!(test.leaving(), "a");
    assert!(test.0.came.len() <= MAX_CHOICES);
}
