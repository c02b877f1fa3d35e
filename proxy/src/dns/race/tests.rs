use std::time::Instant;

use tokio::net::TcpListener;

use super::*;

#[tokio::test]
async fn the_first_that_answers_wins_and_one_that_refuses_costs_no_time() {
    let refused = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let open = listener.local_addr().unwrap();
    let begun = Instant::now();
    let stream = connect(&[refused, open]).await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), open);
    assert!(begun.elapsed() < HEAD_START);
    assert!(connect(&[refused]).await.is_err());
    assert!(connect(&[]).await.is_err());
}
