use proptest::prelude::*;

use super::*;
use crate::spool::tests::scratch;

fn losses(dir: &tempfile::TempDir) -> Losses {
    let metric = IntCounterVec::new(prometheus::Opts::new("lost_total", "Lost."), &["reason"]).unwrap();
    Losses::load(dir.path().join("losses"), metric).unwrap()
}

fn count(losses: &Losses) -> u64 {
    losses.counts().values().sum()
}

#[test]
fn a_seq_is_lost_once_whatever_the_reasons() {
    let dir = scratch();
    let mut losses = losses(&dir);
    losses.insert(LossReason::SpoolFull, 3, 6);
    losses.insert(LossReason::Corrupt, 5, 8);
    assert_eq!(*losses.counts(), BTreeMap::from([(LossReason::SpoolFull, 4), (LossReason::Corrupt, 2)]));
    assert_eq!((count(&losses), losses.unreported(9)), (6, vec![(3, 8)]));
}

#[test]
fn only_what_was_confirmed_is_not_reported_again() {
    let dir = scratch();
    let mut losses = losses(&dir);
    for seq in [1, 5, 9] {
        losses.insert(LossReason::QueueFull, seq, seq);
    }
    let first = losses.unreported(2);
    assert_eq!(first, [(1, 1), (5, 5)]);
    losses.insert(LossReason::QueueFull, 6, 6);
    losses.reported(&first, 9);
    assert_eq!(losses.unreported(9), [(6, 6), (9, 9)]);
    losses.report_again();
    assert_eq!(losses.unreported(9), [(1, 1), (5, 6), (9, 9)]);
}

proptest! {
    #[test]
    fn the_file_holds_what_memory_does(inserts in proptest::collection::vec((0_usize..5, 1_u64..500, 0_u64..5), 0..60)) {
        let dir = scratch();
        let mut written = losses(&dir);
        for (reason, start, more) in inserts {
            written.insert(LossReason::ALL[reason], start, start + more);
            written.save().unwrap();
        }
        let read = losses(&dir);
        prop_assert_eq!(read.counts(), written.counts());
        prop_assert_eq!(read.all(), written.all());
    }

    #[test]
    fn damage_costs_only_the_entries_that_it_touches(place: prop::sample::Index, cut: bool) {
        let dir = scratch();
        let mut written = losses(&dir);
        for seq in 1..=20 {
            written.insert(LossReason::SpoolFull, seq * 2, seq * 2);
        }
        written.save().unwrap();
        let mut bytes = fs::read(&written.path).unwrap();
        let place = place.index(bytes.len());
        if cut { bytes.truncate(place) } else { bytes[place] ^= 0x55 }
        fs::write(&written.path, &bytes).unwrap();
        let mut read = losses(&dir);
        prop_assert_eq!(count(&read), if cut { (place / ENTRY) as u64 } else { 19 });
        // And what is appended afterwards is in step.
        read.insert(LossReason::Corrupt, 1, 1);
        read.save().unwrap();
        prop_assert_eq!(count(&losses(&dir)), count(&read));
    }
}

#[test]
fn a_long_life_neither_fills_memory_nor_disk() {
    let dir = scratch();
    let mut losses = losses(&dir);
    for round in 0..4 {
        let from = round * 200_000;
        for seq in (from..from + 100_000).step_by(2) {
            losses.insert(LossReason::SpoolFull, seq + 1, seq + 1);
        }
        losses.save().unwrap();
        losses.reported(&losses.unreported(usize::MAX), u64::MAX);
    }
    assert_eq!(count(&losses), 200_000);
    assert!(losses.all().as_slice().len() <= REMEMBERED);
    losses.insert(LossReason::SpoolFull, 1_000_000, 1_000_000);
    losses.save().unwrap();
    losses.insert(LossReason::SpoolFull, 1_000_002, 1_000_002);
    losses.save().unwrap();
    let bytes = fs::metadata(dir.path().join("losses")).unwrap().len() as usize;
    assert!(bytes / ENTRY <= 3 * REMEMBERED, "{bytes}");
    assert_eq!(count(&self::losses(&dir)), 200_002);
}
