use std::sync::mpsc;

use prometheus::Registry;

use super::*;
use agentguard_encoder::{Ground, Score};

/// Reads when it is let.
struct Gated {
    tokenizer: Arc<Tokenizer>,
    version: Arc<str>,
    gate: Mutex<mpsc::Receiver<()>>,
}

impl Model for Gated {
    fn tokenizer(&self) -> &Arc<Tokenizer> {
        &self.tokenizer
    }

    fn version(&self) -> &Arc<str> {
        &self.version
    }

    fn read(&self, windows: &[Window]) -> Result<Vec<Score>, String> {
        self.gate.lock().recv().map_err(|e| e.to_string())?;
        Ok(windows.iter().map(|w| Score { tokens: vec![0.5; w.ranges().len()], sentence: 0.5 }).collect())
    }
}

fn gated(queue: usize) -> (Pool, mpsc::Sender<()>, Metrics) {
    let (open, gate) = mpsc::channel();
    let model =
        Gated { tokenizer: Arc::new(Tokenizer::new()), version: Arc::from("test-1"), gate: Mutex::new(gate) };
    let config = ModelConfig { queue, ..ModelConfig::new(Arc::new(model)) };
    let metrics = Metrics::new(&Registry::new()).expect("metrics");
    (Pool::start(&config, metrics.clone()).expect("a thread"), open, metrics)
}

/// A sentence for the model.
fn task(pool: &Pool) -> Task {
    use agentguard_judge::{Evidence, Input, Session, Settings, Source, SourceKind};
    let text = "The tower is 41 m high and was built in 1902.".to_owned();
    let source = Source { kind: SourceKind::Document, label: "documents[0]".to_owned(), text };
    let mut evidence = Evidence::from_sources(vec![source], Vec::new());
    let (tokenizer, version) = pool.reads();
    evidence.encode(tokenizer, version);
    let mut session = Session::new(Arc::new(evidence), Settings::default());
    session.step(Input::Text { choice: 0, text: "The tower is 41 m high." });
    session.end();
    session.tasks().remove(0)
}

#[test]
fn sentences_are_read_in_order_and_of_those_nobody_waits_for_none_is_read() {
    let (pool, open, metrics) = gated(64);
    let first = pool.read(task(&pool));
    while metrics.queue.get() > 0 {
        std::thread::yield_now();
    }
    let left = pool.read(task(&pool));
    let last = pool.read(task(&pool));
    drop(left);
    for _ in 0..2 {
        open.send(()).expect("the model waits");
    }
    for reply in [first, last] {
        let reading = reply.blocking_recv().expect("a reading");
        assert_eq!(reading.scores.map(|scores| scores.len()), Some(1));
    }
    let count = |outcome: &str| metrics.sentences.with_label_values(&[outcome]).get();
    assert_eq!((count("read"), count("left"), count("overload")), (2, 1, 0));
}

#[test]
fn without_room_a_sentence_is_not_taken_and_at_the_end_nobody_waits() {
    let (pool, open, metrics) = gated(1);
    let first = pool.read(task(&pool));
    while metrics.queue.get() > 0 {
        std::thread::yield_now();
    }
    let waits = pool.read(task(&pool));
    let refused = pool.read(task(&pool));
    assert!(refused.blocking_recv().is_err(), "there is no room");
    drop(pool);
    assert!(waits.blocking_recv().is_err(), "the pool ends");
    drop(open);
    // What it was reading is answered: it failed.
    assert!(first.blocking_recv().expect("an answer").scores.is_none());
}

#[test]
fn windows_are_made_with_its_tokenizer() {
    let (pool, _open, _) = gated(1);
    let (tokenizer, version) = pool.reads();
    let ground = Ground::new(tokenizer, "", std::iter::once("The tower is high."));
    assert_eq!(ground.windows(tokenizer, "", "It is high.").len(), 1);
    assert_eq!(&**version, "test-1");
}
