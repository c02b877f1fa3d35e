//! After damage: no panic, nothing twice, every missing seq counted, everything else still there.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

const EVENTS: u64 = 120;
const ACKED: u64 = 30;

/// A directory of an instance with both lanes, several segments, a loss and an acknowledgement.
fn left_behind(dir: &tempfile::TempDir) -> Uuid {
    let config = SpoolConfig { cap_bytes: 256 << 10, ..small() };
    let (spool, mut reader) = open(dir, &config);
    for seq in 1..=EVENTS {
        spool.record(event(seq % 4 == 0, 60));
    }
    flush(&reader);
    reader.accounts().refused(spool.instance(), 77);
    let parcel = reader.next(ACKED as usize, usize::MAX).unwrap().unwrap();
    reader.accounts().acknowledge(spool.instance(), parcel.events.last().unwrap().0);
    spool.instance()
}

#[derive(Clone, Debug)]
enum Damage {
    Cut(Index),
    Flip(Index, u8),
    Overwrite(Index, Vec<u8>),
    Delete,
    Append(Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<Index>().prop_map(Damage::Cut),
        (any::<Index>(), 1_u8..).prop_map(|(place, flip)| Damage::Flip(place, flip)),
        (any::<Index>(), proptest::collection::vec(any::<u8>(), 1..300))
            .prop_map(|(place, bytes)| Damage::Overwrite(place, bytes)),
        Just(Damage::Delete),
        proptest::collection::vec(any::<u8>(), 1..300).prop_map(Damage::Append),
    ]
}

fn apply(damage: &Damage, path: &PathBuf) {
    let mut bytes = fs::read(path).unwrap();
    match damage {
        Damage::Delete => return fs::remove_file(path).unwrap(),
        Damage::Append(more) => bytes.extend(more),
        _ if bytes.is_empty() => {}
        Damage::Cut(place) => bytes.truncate(place.index(bytes.len())),
        Damage::Flip(place, flip) => {
            let place = place.index(bytes.len());
            bytes[place] ^= flip;
        }
        Damage::Overwrite(place, with) => {
            let start = place.index(bytes.len());
            let end = bytes.len().min(start + with.len());
            bytes[start..end].copy_from_slice(&with[..end - start]);
        }
    }
    fs::write(path, bytes).unwrap();
}

/// What a start finds: seqs that are sent, seqs that are reported lost.
fn recovered(dir: &tempfile::TempDir, instance: Uuid) -> (Vec<u64>, BTreeSet<u64>, Account) {
    let (_spool, mut reader) = open(dir, &small());
    let account = account(&reader, instance);
    let sent: Vec<u64> =
        drain(&mut reader).into_iter().filter(|(id, _)| *id == instance).flat_map(|(_, seqs)| seqs).collect();
    let lost = account.lost_ranges.iter().flat_map(|&(start, end)| start..=end).collect();
    (sent, lost, account)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damage_to_one_file_is_survived_and_counted(file: Index, damage in damage()) {
        let dir = scratch();
        let instance = left_behind(&dir);
        let files = files(&dir, instance);
        let path = &files[file.index(files.len())];
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        apply(&damage, path);
        let (sent, lost, account) = recovered(&dir, instance);

        prop_assert!(sent.windows(2).all(|pair| pair[0] < pair[1]), "twice or out of order: {:?}", sent);
        prop_assert!(sent.iter().all(|seq| !lost.contains(seq)), "sent and lost");
        prop_assert_eq!(account.in_flight, sent.len() as u64);
        let accounted: BTreeSet<u64> = sent.iter().copied().chain(lost.iter().copied()).collect();
        let missing: Vec<u64> = (ACKED + 1..=EVENTS).filter(|seq| !accounted.contains(seq)).collect();
        prop_assert!(missing.is_empty(), "{}: neither sent nor lost: {:?}", name, missing);
        if name == "cursor" || name == "meta.json" {
            let expected: Vec<u64> = (ACKED + 1..=EVENTS).filter(|seq| *seq != 77).collect();
            prop_assert!(sent.ends_with(&expected), "no verdict is lost with {}: {:?}", name, sent);
        } else {
            prop_assert_eq!(account.produced, EVENTS);
        }
    }

    #[test]
    fn a_directory_of_anything_is_survived(contents in proptest::collection::vec((0_u8..6, proptest::collection::vec(any::<u8>(), 0..200)), 0..6)) {
        let dir = scratch();
        let instance = dir.path().join(Uuid::now_v7().to_string());
        fs::create_dir(&instance).unwrap();
        let names = ["cursor", "losses", "meta.json", "00000000000000000001.pass", "7.flag", "what.ever"];
        for (name, bytes) in &contents {
            fs::write(instance.join(names[usize::from(*name)]), bytes).unwrap();
        }
        let (_spool, mut reader) = open(&dir, &small());
        prop_assert_eq!(drain(&mut reader), []);
    }
}

#[test]
fn a_torn_tail_costs_the_torn_verdict_and_it_is_counted() {
    let dir = scratch();
    let instance = left_behind(&dir);
    let last = files(&dir, instance)
        .into_iter()
        .rfind(|path| path.extension().is_some_and(|ext| ext == "pass"))
        .unwrap();
    let bytes = fs::read(&last).unwrap();
    fs::write(&last, &bytes[..bytes.len() - 1]).unwrap();
    let (sent, lost, account) = recovered(&dir, instance);
    assert_eq!(lost, BTreeSet::from([77, 119]));
    assert_eq!(account.lost[&agentguard_api::LossReason::Corrupt], 1);
    assert_eq!(sent.last(), Some(&EVENTS));
}

#[test]
fn damage_while_running_is_counted_by_the_reader() {
    let dir = scratch();
    let (spool, mut reader) = open(&dir, &small());
    for _ in 0..50 {
        spool.record(event(false, 10));
    }
    flush(&reader);
    let path = files(&dir, spool.instance())
        .into_iter()
        .find(|path| path.extension().is_some_and(|e| e == "pass"))
        .unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let sent = drain(&mut reader).remove(0).1;
    let account = account(&reader, spool.instance());
    assert_eq!((sent.len(), account.lost.values().sum::<u64>(), account.in_flight), (49, 1, 0));
}

#[test]
fn an_unknown_format_is_left_alone() {
    let dir = scratch();
    let instance = left_behind(&dir);
    let meta = dir.path().join(instance.to_string()).join("meta.json");
    let text = fs::read_to_string(&meta).unwrap().replace("\"format\":1", "\"format\":2");
    fs::write(&meta, text).unwrap();
    let before = files(&dir, instance);
    let (_spool, mut reader) = open(&dir, &small());
    assert_eq!(drain(&mut reader), []);
    assert_eq!(files(&dir, instance), before);
}
