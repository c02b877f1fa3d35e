use super::*;

#[tokio::test]
async fn a_newcomer_gets_the_place_of_the_oldest_that_has_said_nothing() {
    let places = Places::new(3);
    let mut come: Vec<Newcomer> = (0..3).map(|_| places.admit().unwrap()).collect();
    let mut taken = Vec::new();
    for newcomer in &mut come {
        taken.push(newcomer.place().await.unwrap());
    }
    come[0].known();
    let mut fourth = places.admit().unwrap();
    come[1].sent_away().await;
    for stays in [&come[0], &come[2]] {
        assert!(timeout(Duration::from_millis(10), stays.sent_away()).await.is_err());
    }
    // The place is free when the other has left.
    let leaves = async {
        tokio::task::yield_now().await;
        drop(taken.remove(1));
    };
    let (place, ()) = tokio::join!(fourth.place(), leaves);
    assert!(place.is_some());
}

#[tokio::test]
async fn where_all_are_in_use_nobody_is_sent_away() {
    let places = Places::new(1);
    let mut first = places.admit().unwrap();
    let place = first.place().await;
    first.known();
    assert!(places.admit().is_none());
    drop(place);
    assert!(places.admit().is_some());
}

#[tokio::test]
async fn those_that_have_left_are_forgotten() {
    let places = Places::new(2);
    for _ in 0..100 {
        drop(places.admit());
    }
    assert!(places.strangers.lock().waiting.is_empty());
    assert_eq!(places.all.available_permits(), 2);
}
