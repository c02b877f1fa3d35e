use std::future;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::*;

const PATIENCE: Duration = Duration::from_secs(5);

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let far = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (listener.accept().await.unwrap().0, far)
}

async fn told(
    client: &TcpStream,
    server: Option<TcpStream>,
    patience: Duration,
) -> (Option<Opening>, Vec<u8>) {
    let (mut read, mut reached) = (Vec::new(), None);
    let dial = future::ready(Ok(server));
    let opening = tell(client, &mut read, &mut reached, dial, patience).await.unwrap();
    (opening, read)
}

#[tokio::test]
async fn bytes_that_are_no_tls_are_told_at_once_and_kept() {
    let (client, mut far) = pair().await;
    far.write_all(b"SSH-2.0-x\r\n").await.unwrap();
    assert_eq!(told(&client, None, PATIENCE).await, (Some(Opening::Plain), b"SSH-2.0-x\r\n".to_vec()));
}

#[tokio::test]
async fn a_server_that_speaks_first_is_not_waited_for_in_vain() {
    let ((client, _far), (near, mut server)) = (pair().await, pair().await);
    server.write_all(b"220 mail.test ESMTP\r\n").await.unwrap();
    assert_eq!(told(&client, Some(near), PATIENCE).await, (Some(Opening::ServerFirst), Vec::new()));
}

#[tokio::test]
async fn a_client_that_thinks_first_is_still_read() {
    let ((client, mut far), (near, _server)) = (pair().await, pair().await);
    let late = tokio::spawn(async move {
        tokio::time::sleep(3 * QUIET).await;
        far.write_all(b"hello").await.unwrap();
        far
    });
    assert_eq!(told(&client, Some(near), PATIENCE).await, (Some(Opening::Plain), b"hello".to_vec()));
    drop(late.await.unwrap());
}

#[tokio::test]
async fn half_a_hello_is_unreadable_and_not_plain() {
    let (client, mut far) = pair().await;
    far.write_all(b"\x16\x03\x01\x02\x00\x01").await.unwrap();
    let (opening, read) = told(&client, None, 2 * QUIET).await;
    assert_eq!((opening, read.len()), (Some(Opening::Unreadable), 6));
}

#[tokio::test]
async fn nobody_speaks_or_the_client_leaves() {
    let (client, far) = pair().await;
    assert_eq!(told(&client, None, 3 * QUIET).await.0, None);
    drop(far);
    assert_eq!(told(&client, None, PATIENCE).await.0, None);
}
