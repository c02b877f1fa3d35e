use serde_json::json;

use super::*;

fn parcel(events: u64) -> Parcel {
    let events = (1..=events).map(|seq| (seq, json!({"seq": seq, "ts": 0}).to_string().into_bytes()));
    Parcel { instance: Uuid::now_v7(), events: events.collect() }
}

fn decoded(batch: &Batch) -> agentguard_api::Batch {
    serde_json::from_slice(&zstd::decode_all(&batch.body[..]).unwrap()).unwrap()
}

#[test]
fn the_body_is_the_batch_that_the_api_describes() {
    for count in [1, 2, 1000] {
        let batch = Batch::new(parcel(count));
        let sent = decoded(&batch);
        assert_eq!(
            (sent.instance, sent.events.len() as u64, batch.last_seq()),
            (batch.instance(), count, count)
        );
        assert_eq!(sent.events.last(), Some(&json!({"seq": count, "ts": 0})));
    }
    assert!(Batch::new(parcel(1)).age() > 1e9);
}

#[test]
fn halves_hold_everything_in_order() {
    let (first, second) = Batch::new(parcel(5)).halves();
    let second = second.unwrap();
    assert_eq!((first.len(), first.last_seq(), second.len(), second.last_seq()), (3, 3, 2, 5));
    assert_eq!((decoded(&first).events.len(), decoded(&second).events.len()), (3, 2));
    assert!(Batch::new(parcel(1)).halves().1.is_none());
}
