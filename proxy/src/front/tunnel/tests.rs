use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let far = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (listener.accept().await.unwrap().0, far)
}

#[tokio::test]
async fn every_byte_arrives_and_each_direction_ends_by_itself() {
    let ((client, mut agent), (server, mut provider)) = (pair().await, pair().await);
    let tunnel = tokio::spawn(splice(client, server, b"first ".to_vec()));
    let question: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let asked = question.clone();
    let agent = tokio::spawn(async move {
        agent.write_all(&asked).await.unwrap();
        agent.shutdown().await.unwrap();
        // The client has said its last word; the answer is still to come.
        let mut answer = Vec::new();
        agent.read_to_end(&mut answer).await.unwrap();
        answer
    });
    let mut heard = Vec::new();
    provider.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, [b"first ", &question[..]].concat());
    provider.write_all(b"the answer").await.unwrap();
    drop(provider);
    assert_eq!(agent.await.unwrap(), b"the answer");
    assert_eq!(tunnel.await.unwrap(), (question.len() as u64 + 6, 10));
}

#[tokio::test]
async fn a_broken_connection_ends_the_other() {
    let ((client, mut agent), (server, provider)) = (pair().await, pair().await);
    let tunnel = tokio::spawn(splice(client, server, Vec::new()));
    socket2::SockRef::from(&provider).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    drop(provider); // a reset
    let mut rest = Vec::new();
    let _ = agent.read_to_end(&mut rest).await;
    tunnel.await.unwrap();
    assert!(rest.is_empty());
}
