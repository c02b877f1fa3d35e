use super::*;

/// Holds its place until it is sent away, as connections do.
async fn idle(places: Places) -> u64 {
    let Some((newcomer, _place)) = places.admit().await else { panic!("not let in") };
    newcomer.sent_away().await;
    newcomer.number
}

#[tokio::test]
async fn a_newcomer_gets_the_place_of_the_oldest_that_has_said_nothing() {
    let places = Places::new(3);
    let (first, _in_use) = places.admit().await.unwrap();
    let second = tokio::spawn(idle(places.clone()));
    tokio::task::yield_now().await;
    let third = tokio::spawn(idle(places.clone()));
    tokio::task::yield_now().await;
    first.known();
    let fourth = places.admit().await.unwrap();
    assert_eq!(second.await.unwrap(), 1);
    assert!(!third.is_finished());
    drop(fourth);
    third.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_a_crowd_gets_a_place_in_turn() {
    let places = Places::new(4);
    let crowd: Vec<_> = (0..1000).map(|_| tokio::spawn(idle(places.clone()))).collect();
    let last = async {
        while places.strangers.lock().came < 1000 {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(30), last).await.unwrap();
    // Nobody waits for a place that another one took.
    let begun = std::time::Instant::now();
    assert!(places.admit().await.is_some());
    assert!(begun.elapsed() < LEAVES / 2, "{:?}", begun.elapsed());
    crowd.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn where_all_are_in_use_nobody_is_sent_away() {
    let places = Places::new(1);
    let (first, place) = places.admit().await.unwrap();
    first.known();
    assert!(places.admit().await.is_none());
    drop(place);
    assert!(places.admit().await.is_some());
}

#[tokio::test]
async fn those_that_have_left_are_forgotten() {
    let places = Places::new(2);
    for _ in 0..100 {
        drop(places.admit().await);
    }
    assert!(places.strangers.lock().waiting.is_empty());
    assert_eq!(places.all.available_permits(), 2);
}
