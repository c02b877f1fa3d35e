use proptest::prelude::*;

use super::*;

fn file(payloads: &[String]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (index, payload) in payloads.iter().enumerate() {
        encode(index as u64 + 1, payload.as_bytes(), &mut bytes);
    }
    bytes
}

fn found(bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    scan(bytes).map(|record| (record.seq, bytes[record.payload].to_vec())).collect()
}

proptest! {
    #[test]
    fn what_was_written_is_found(payloads in proptest::collection::vec(".{0,40}", 0..10)) {
        let expected: Vec<_> =
            payloads.iter().enumerate().map(|(index, text)| (index as u64 + 1, text.as_bytes().to_vec())).collect();
        prop_assert_eq!(found(&file(&payloads)), expected);
    }

    /// Damage costs the records that it touches and no other.
    #[test]
    fn damage_costs_only_what_it_touches(
        payloads in proptest::collection::vec("[a-z]{0,40}", 1..10),
        place: prop::sample::Index,
        flip in 1_u8..,
    ) {
        let mut bytes = file(&payloads);
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        let mut end = 0;
        let mut expected = Vec::new();
        for (index, payload) in payloads.iter().enumerate() {
            let start = end;
            end += HEADER + payload.len();
            if !(start..end).contains(&place) {
                expected.push((index as u64 + 1, payload.as_bytes().to_vec()));
            }
        }
        prop_assert_eq!(found(&bytes), expected);
    }

    #[test]
    fn a_cut_costs_only_the_tail(payloads in proptest::collection::vec("[a-z]{0,40}", 1..10), place: prop::sample::Index) {
        let mut bytes = file(&payloads);
        bytes.truncate(place.index(bytes.len()));
        let mut end = 0;
        let whole = payloads.iter().take_while(|payload| {
            end += HEADER + payload.len();
            end <= bytes.len()
        });
        prop_assert_eq!(found(&bytes).len(), whole.count());
    }

    #[test]
    fn any_bytes_are_survived(bytes: Vec<u8>) {
        let _ = found(&bytes);
    }
}
