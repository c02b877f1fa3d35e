//! At the cap: who goes first, and that every seq is accounted for.

use agentguard_api::LossReason;
use proptest::prelude::*;

use super::*;

fn tight() -> SpoolConfig {
    SpoolConfig { cap_bytes: 64 << 10, ..small() }
}

fn on_disk(dir: &tempfile::TempDir, instance: Uuid) -> u64 {
    let is_segment = |path: &PathBuf| path.extension().is_some_and(|ext| ext == "pass" || ext == "flag");
    files(dir, instance)
        .iter()
        .filter(|path| is_segment(path))
        .map(|path| fs::metadata(path).unwrap().len())
        .sum()
}

#[test]
fn the_oldest_passing_verdicts_make_room_and_flagged_ones_stay() {
    let dir = scratch();
    let (spool, mut reader) = open(&dir, &tight());
    let flagged = |seq: u64| seq.is_multiple_of(40);
    for seq in 1..=2000 {
        spool.record(event(flagged(seq), 100));
        if seq % 50 == 0 {
            flush(&reader);
        }
    }
    flush(&reader);
    assert!(on_disk(&dir, spool.instance()) <= 64 << 10);
    let account = account(&reader, spool.instance());
    let seqs = drain(&mut reader).remove(0).1;
    assert!(
        (1..=2000).filter(|seq| flagged(*seq)).all(|seq| seqs.contains(&seq)),
        "a flagged verdict went: {seqs:?}"
    );
    let passing: Vec<u64> = seqs.iter().copied().filter(|seq| !flagged(*seq)).collect();
    let oldest = passing[0];
    assert!((oldest..=2000).filter(|seq| !flagged(*seq)).eq(passing), "passing ones go oldest first");
    assert!(oldest > 1000, "the cap was reached: {oldest}");
    assert_eq!(account.lost, [(LossReason::SpoolFull, 2000 - seqs.len() as u64)].into());
    let lost: Vec<u64> = account.lost_ranges.iter().flat_map(|&(start, end)| start..=end).collect();
    assert!((1..oldest).filter(|seq| !flagged(*seq)).eq(lost));
}

#[test]
fn flagged_verdicts_go_only_for_newer_flagged_ones() {
    let dir = scratch();
    let (spool, mut reader) = open(&dir, &tight());
    for seq in 1..=1000 {
        spool.record(event(true, 100));
        if seq % 50 == 0 {
            flush(&reader);
        }
    }
    let full = account(&reader, spool.instance());
    for _ in 0..100 {
        spool.record(event(false, 100));
    }
    flush(&reader);
    let seqs = drain(&mut reader).remove(0).1;
    let kept: Vec<u64> = seqs.iter().copied().filter(|seq| *seq <= 1000).collect();
    assert!((kept[0]..=1000).eq(kept.iter().copied()) && kept[0] > 1, "the oldest went: {kept:?}");
    assert_eq!(
        1000 - kept.len() as u64,
        full.lost[&LossReason::SpoolFull],
        "no flagged one went for a passing one"
    );
}

#[test]
fn what_was_sent_is_not_evicted_because_it_may_be_stored() {
    let dir = scratch();
    let (spool, mut reader) = open(&dir, &tight());
    for _ in 0..20 {
        spool.record(event(false, 100));
    }
    flush(&reader);
    let sent = reader.next(10, usize::MAX).unwrap().unwrap();
    for seq in 0..2000 {
        spool.record(event(false, 100));
        if seq % 50 == 0 {
            flush(&reader);
        }
    }
    flush(&reader);
    let instance = spool.instance();
    assert!(account(&reader, instance).lost_ranges.iter().all(|(start, _)| *start > 10));
    drop((spool, reader));

    let (_spool, mut reader) = open(&dir, &tight());
    assert_eq!(reader.next(10, usize::MAX).unwrap().unwrap(), sent, "sent again after a restart");
}

/// Regression: a flagged verdict went while a passing one, in the segment that was being written, could have.
#[test]
fn a_passing_verdict_that_is_being_written_goes_before_a_flagged_one() {
    let dir = scratch();
    let (spool, mut reader) = open(&dir, &tight());
    // Most of it is taken by what was sent already.
    for _ in 1..=70 {
        spool.record(event(false, 100));
    }
    flush(&reader);
    while reader.next(1000, usize::MAX).unwrap().is_some() {}
    let lost = |reader: &SpoolReader| account(reader, spool.instance()).lost_ranges;
    let record = |flagged, count| {
        for _ in 0..count {
            spool.record(event(flagged, 100));
            flush(&reader);
        }
        lost(&reader)
    };
    // Closed segments of flagged ones, and passing ones of which the last are in a segment that is still open: 83 to 85.
    assert_eq!(record(true, 12), []);
    assert_eq!(record(false, 3), []);
    let first = (0..40).map(|_| record(true, 1)).find(|lost| !lost.is_empty());
    let first = first.expect("the cap is reached");
    assert!(
        first.iter().all(|(start, end)| (83..=85).contains(start) && *end <= 85),
        "a flagged one went first: {first:?}"
    );
}

/// Regression: a batch of the whole spool, sent and not answered, left nothing to go but the flagged verdicts that came after it.
#[test]
fn a_parcel_leaves_most_of_the_spool_to_go() {
    let dir = scratch();
    let (spool, mut reader) = open(&dir, &tight());
    for seq in 1..=400 {
        spool.record(event(false, 100));
        if seq % 50 == 0 {
            flush(&reader);
        }
    }
    flush(&reader);
    let parcel = reader.next(1000, usize::MAX).unwrap().unwrap();
    let bytes: usize = parcel.events.iter().map(|(_, payload)| payload.len()).sum();
    assert!((8 << 10..=16 << 10).contains(&bytes), "{bytes} bytes of {}", 64 << 10);
    for seq in 1..=60 {
        spool.record(event(true, 100));
        if seq % 10 == 0 {
            flush(&reader);
        }
    }
    flush(&reader);
    let lost = account(&reader, spool.instance()).lost_ranges;
    assert!(lost.iter().all(|(_, end)| *end <= 400), "flagged ones went: {lost:?}");
}

#[test]
fn a_lowered_cap_is_kept_at_the_next_start() {
    let dir = scratch();
    let (spool, reader) = open(&dir, &small());
    let instance = spool.instance();
    for _ in 0..2000 {
        spool.record(event(false, 100));
    }
    flush(&reader);
    assert!(on_disk(&dir, instance) > 64 << 10);
    drop((spool, reader));
    let (_spool, mut reader) = open(&dir, &tight());
    assert!(on_disk(&dir, instance) <= 64 << 10);
    let account = account(&reader, instance);
    let kept = drain(&mut reader).remove(0).1.len() as u64;
    assert_eq!(account.lost[&LossReason::SpoolFull] + kept, 2000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the sizes, the mix and the acknowledgements: acknowledged + lost + in flight is what was produced.
    #[test]
    fn every_seq_is_accounted_for(steps in proptest::collection::vec((any::<bool>(), 0_usize..3000, 0_u8..12), 1..200)) {
        let dir = scratch();
        // Groups of many, or the test does nothing but wait for the disk.
        let (spool, mut reader) = open(&dir, &SpoolConfig { sync_interval: Duration::from_millis(50), ..tight() });
        let instance = spool.instance();
        let mut acknowledged = 0;
        for (flagged, filler, other) in &steps {
            spool.record(event(*flagged, *filler));
            if *other == 0 {
                flush(&reader);
            }
            if *other == 1 && let Some(parcel) = reader.next(5, usize::MAX).unwrap() {
                acknowledged += parcel.events.len() as u64;
                reader.accounts().acknowledge(instance, parcel.events.last().unwrap().0);
            }
            let now = account(&reader, instance);
            let lost: u64 = now.lost.values().sum();
            prop_assert_eq!(now.produced, acknowledged + lost + now.in_flight);
            prop_assert!(now.spool_bytes <= 64 << 10);
        }
        flush(&reader);
        drop((spool, reader));

        let (_spool, mut reader) = open(&dir, &tight());
        let rest: Vec<u64> = drain(&mut reader).into_iter().flat_map(|(_, seqs)| seqs).collect();
        let now = account(&reader, instance);
        let lost: u64 = now.lost.values().sum();
        prop_assert_eq!(now.produced, steps.len() as u64);
        prop_assert_eq!(acknowledged + rest.len() as u64 + lost, steps.len() as u64);
        prop_assert!(rest.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
