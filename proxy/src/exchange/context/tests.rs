use super::*;

const KEEP: Duration = Duration::from_secs(60);

fn source(text: &str) -> Source {
    Source { kind: SourceKind::Document, label: "documents[0]".to_owned(), text: text.to_owned() }
}

fn call(contexts: &Contexts, trace: Option<&str>, text: &str) {
    contexts.begin(trace).0.add([source(text)].into_iter());
}

fn texts(seen: &(Vec<Source>, Option<Correlation>)) -> Vec<&str> {
    seen.0.iter().map(|source| source.text.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn calls_of_the_same_trace_are_found_and_others_are_not() {
    let contexts = Contexts::new(KEEP, 1000);
    let since = Instant::now();
    call(&contexts, Some("a"), "mine");
    call(&contexts, Some("b"), "another's");
    call(&contexts, None, "nobody's");
    let seen = contexts.seen(Some("a"), since);
    assert_eq!((texts(&seen), seen.1), (vec!["mine"], Some(Correlation::Trace)));
    assert_eq!(seen.0[0].label, "call[0].documents[0]");
}

#[tokio::test(start_paused = true)]
async fn without_a_trace_those_begun_meanwhile_are_taken_and_marked() {
    let contexts = Contexts::new(KEEP, 1000);
    call(&contexts, None, "before");
    tokio::time::advance(Duration::from_millis(1)).await;
    let since = Instant::now();
    assert_eq!(contexts.seen(None, since), (Vec::new(), None));
    call(&contexts, None, "meanwhile");
    call(&contexts, Some("b"), "of another trace");
    let seen = contexts.seen(Some("a"), since);
    assert_eq!((texts(&seen), seen.1), (vec!["meanwhile"], Some(Correlation::Overlap)));
    assert_eq!(texts(&contexts.seen(None, since)), ["meanwhile", "of another trace"]);
}

#[tokio::test(start_paused = true)]
async fn memory_is_bounded_by_bytes_and_age() {
    let contexts = Contexts::new(KEEP, 10);
    let since = Instant::now();
    call(&contexts, None, "123456");
    call(&contexts, None, "abcdef");
    call(&contexts, None, "");
    assert_eq!(texts(&contexts.seen(None, since)), ["abcdef", ""], "the oldest went");
    tokio::time::advance(2 * KEEP).await;
    call(&contexts, None, "new");
    assert_eq!(texts(&contexts.seen(None, since)), ["new"]);
}

#[test]
fn a_reply_waits_for_evidence_that_is_still_being_prepared() {
    let contexts = Contexts::new(KEEP, 1000);
    let since = Instant::now();
    let (_, witness) = contexts.begin(None);
    let preparing = std::thread::spawn(move || {
        std::thread::park_timeout(Duration::from_millis(50));
        witness.0.add([source("late")].into_iter());
        drop(witness);
    });
    assert_eq!(texts(&contexts.seen(None, since)), ["late"]);
    preparing.join().unwrap();
}
