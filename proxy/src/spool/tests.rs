//! The spool as a whole: write, read, acknowledge, start again.

mod cap;
mod damage;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::*;

/// In memory where there is such a place: what is tested here is not the disk, and its syncs would take minutes.
pub(super) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary directory")
}

/// A config whose segments hold a handful of small events.
fn small() -> SpoolConfig {
    SpoolConfig { cap_bytes: 1 << 20, sync_interval: Duration::from_millis(1), ..SpoolConfig::default() }
}

fn event(flagged: bool, filler: usize) -> VerdictEvent {
    serde_json::from_value(json!({
        "id": Uuid::nil(), "instance": Uuid::nil(), "seq": 0, "ts": 1_700_000_000_000_000_i64, "direction": "outbound",
        "verdict": if flagged { "contradicted" } else { "grounded" }, "risk": 0.5, "action": "annotate", "mode": "pass",
        "model": "m".repeat(filler),
    }))
    .expect("an event")
}

fn open(dir: &tempfile::TempDir, config: &SpoolConfig) -> (Spool, SpoolReader) {
    Spool::open(dir.path(), config, &Registry::new()).expect("a spool")
}

fn flush(reader: &SpoolReader) {
    assert!(reader.accounts().flush(Duration::from_secs(20)), "the writer is stuck");
}

/// Everything there is to read, acknowledged parcel by parcel: instance, seqs.
fn drain(reader: &mut SpoolReader) -> Vec<(Uuid, Vec<u64>)> {
    let mut all: Vec<(Uuid, Vec<u64>)> = Vec::new();
    while let Some(parcel) = reader.next(7, 4096).expect("readable") {
        let seqs: Vec<u64> = parcel.events.iter().map(|(seq, _)| *seq).collect();
        for (seq, payload) in &parcel.events {
            let event: VerdictEvent = serde_json::from_slice(payload).expect("an event");
            assert_eq!((event.instance, event.seq), (parcel.instance, *seq));
        }
        reader.accounts().acknowledge(parcel.instance, *seqs.last().expect("not empty"));
        match all.last_mut().filter(|(instance, _)| *instance == parcel.instance) {
            Some((_, known)) => known.extend(seqs),
            None => all.push((parcel.instance, seqs)),
        }
    }
    all
}

fn account(reader: &SpoolReader, instance: Uuid) -> Account {
    reader
        .accounts()
        .all(usize::MAX)
        .into_iter()
        .find(|account| account.instance == instance)
        .expect("an account")
}

fn files(dir: &tempfile::TempDir, instance: Uuid) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.path().join(instance.to_string())).expect("a directory");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

fn segments(dir: &tempfile::TempDir, instance: Uuid) -> usize {
    let is_segment = |path: &PathBuf| path.extension().is_some_and(|ext| ext == "pass" || ext == "flag");
    files(dir, instance).iter().filter(|path| is_segment(path)).count()
}

#[test]
fn events_come_out_in_order_over_both_lanes() {
    let dir = scratch();
    let (spool, mut reader) = open(&dir, &small());
    for n in 0..500 {
        spool.record(event(n % 3 == 0, n % 100));
    }
    flush(&reader);
    assert_eq!(drain(&mut reader), [(spool.instance(), (1..=500).collect())]);
    let account = account(&reader, spool.instance());
    assert_eq!((account.produced, account.in_flight, account.live), (500, 0, true));
    assert!(segments(&dir, spool.instance()) <= 2, "acknowledged segments are deleted");
    assert!(reader.next(1, 1).unwrap().is_none());
}

#[test]
fn what_was_not_acknowledged_is_sent_by_the_next_start_under_its_own_instance() {
    let dir = scratch();
    let (spool, mut reader) = open(&dir, &small());
    let first = spool.instance();
    for n in 0..300 {
        spool.record(event(n % 5 == 0, 50));
    }
    flush(&reader);
    let parcel = reader.next(100, usize::MAX).unwrap().unwrap();
    reader.accounts().acknowledge(first, parcel.events[59].0);
    drop((spool, reader));

    let (spool, mut reader) = open(&dir, &small());
    assert_ne!(spool.instance(), first);
    spool.record(event(false, 0));
    flush(&reader);
    assert_eq!(account(&reader, first).in_flight, 240);
    assert_eq!(drain(&mut reader), [(first, (61..=300).collect()), (spool.instance(), vec![1])]);
    let done = account(&reader, first);
    assert_eq!((done.produced, done.in_flight, done.live), (300, 0, false));
    reader.accounts().confirm(&done);
    assert!(!dir.path().join(first.to_string()).exists(), "done");
    assert_eq!(reader.accounts().all(9).len(), 1);
}

#[test]
fn an_instance_that_recorded_nothing_leaves_nothing() {
    let dir = scratch();
    drop(open(&dir, &small()));
    let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["lock"]);
}

#[test]
fn nobody_waits_for_a_writer_that_is_gone() {
    let dir = scratch();
    let (spool, mut reader) = open(&dir, &small());
    let instance = spool.instance();
    spool.record(event(false, 0));
    drop(spool);
    let started = std::time::Instant::now();
    flush(&reader);
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(drain(&mut reader), [(instance, vec![1])]);
}

#[test]
fn one_process_at_a_time() {
    let dir = scratch();
    let first = open(&dir, &small());
    let error = Spool::open(dir.path(), &small(), &Registry::new()).unwrap_err().to_string();
    assert!(error.contains("is in use by another process"), "{error}");
    drop(first);
    drop(open(&dir, &small()));
}

#[test]
fn recording_never_waits_and_a_full_queue_is_counted() {
    let dir = scratch();
    let config = SpoolConfig { queue_events: 4, ..small() };
    let (spool, mut reader) = open(&dir, &config);
    // The writer cannot publish while the shelf is held, as on a disk that hangs.
    let slowest = spool.shared.shelf(|_| {
        let times = (0..2000).map(|_| {
            let started = std::time::Instant::now();
            spool.record(event(false, 10));
            started.elapsed()
        });
        times.max()
    });
    assert!(slowest < Some(Duration::from_millis(500)), "{slowest:?}");
    flush(&reader);
    let account = account(&reader, spool.instance());
    assert_eq!(account.produced, 2000);
    assert!(account.lost[&agentguard_api::LossReason::QueueFull] > 1000, "{:?}", account.lost);
    let kept: u64 = drain(&mut reader).iter().map(|(_, seqs)| seqs.len() as u64).sum();
    assert_eq!(kept + account.lost.values().sum::<u64>(), 2000);
    assert_eq!(kept, account.in_flight);
}

#[test]
fn an_event_too_large_for_a_record_is_kept_without_its_content() {
    let dir = scratch();
    let (spool, mut reader) = open(&dir, &SpoolConfig { cap_bytes: 16 << 20, ..small() });
    let source = |text: String| json!({"label": "documents[0]", "kind": "document", "text": text});
    for (text, evidence) in [(100, 2_000_000), (2_000_000, 100)] {
        let content = json!({"texts": ["t".repeat(text)], "evidence": [source("e".repeat(evidence))]});
        spool.record(VerdictEvent { content: serde_json::from_value(content).ok(), ..event(true, 1) });
    }
    flush(&reader);
    let parcel = reader.next(10, usize::MAX).unwrap().unwrap();
    let contents: Vec<_> = parcel
        .events
        .iter()
        .map(|(_, payload)| serde_json::from_slice::<VerdictEvent>(payload).unwrap().content)
        .collect();
    assert_eq!(
        contents[0].as_ref().map(|content| (content.texts[0].len(), content.evidence.len())),
        Some((100, 0))
    );
    assert_eq!(contents[1], None);
}

#[test]
fn a_disk_that_refuses_costs_verdicts_that_are_counted_and_nothing_else() {
    let dir = scratch();
    let (spool, mut reader) = open(&dir, &small());
    let blocked = dir.path().join(spool.instance().to_string());
    fs::write(&blocked, "not a directory").unwrap();
    for _ in 0..10 {
        spool.record(event(true, 0));
    }
    flush(&reader);
    assert_eq!(
        account(&reader, spool.instance()).lost,
        [(agentguard_api::LossReason::WriteFailed, 10)].into()
    );
    fs::remove_file(&blocked).unwrap();
    spool.record(event(true, 0));
    flush(&reader);
    assert_eq!(drain(&mut reader), [(spool.instance(), vec![11])]);
    assert_eq!(account(&reader, spool.instance()).produced, 11);
}

#[test]
fn a_refused_verdict_is_lost_and_the_others_are_not() {
    let dir = scratch();
    let (spool, mut reader) = open(&dir, &small());
    for _ in 0..3 {
        spool.record(event(false, 0));
    }
    flush(&reader);
    reader.accounts().refused(spool.instance(), 2);
    assert_eq!(account(&reader, spool.instance()).in_flight, 2);
    assert_eq!(drain(&mut reader), [(spool.instance(), vec![1, 3])]);
    let account = account(&reader, spool.instance());
    assert_eq!((account.lost_ranges, account.in_flight), (vec![(2, 2)], 0));
}
