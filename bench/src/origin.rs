//! The provider: answers chat completions at once, or streams them at a steady pace. One thread of its own.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::http1::Connection;

/// Time to a stream's first chunk.
pub(crate) const FIRST: Duration = Duration::from_millis(25);
/// Time between two chunks of a stream.
pub(crate) const BETWEEN: Duration = Duration::from_millis(5);
/// Tokens of a stream.
pub(crate) const TOKENS: usize = 64;

const SENTENCES: [&str; 4] = [
    "The harbour bridge opened on 4 May 1931 after six years of work.",
    "It is 1,149 metres long and carries eight lanes of traffic.",
    "The chief engineer was Ida Brandt, who also drew the two granite towers.",
    "Maintenance costs 3.2 million euros a year and is paid by the city.",
];

/// Text of about `size` bytes, made of the same sentences over and over, so that answers are grounded.
pub(crate) fn text(size: usize) -> String {
    SENTENCES
        .iter()
        .cycle()
        .scan(0, |sum, s| {
            (*sum < size).then(|| {
                *sum += s.len() + 1;
                *s
            })
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Starts the origin on a free loopback port.
pub(crate) fn start() -> anyhow::Result<SocketAddr> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    std::thread::Builder::new().name("origin".into()).spawn(move || {
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::task::spawn_local(async move {
                    // A contender that closes in mid-exchange is the load's error to report, not ours.
                    let _ = serve(stream).await;
                });
            }
        });
    })?;
    Ok(address)
}

async fn serve(stream: TcpStream) -> anyhow::Result<()> {
    let mut connection = Connection::new(stream)?;
    let (small, large) = (unstreamed(600), unstreamed(15 * 1024));
    let events = events();
    while let Some(head) = connection.head().await? {
        let mut size = 0;
        let mut streamed = false;
        connection
            .body(head.framing, |chunk| {
                size += chunk.len();
                streamed |= memchr::memmem::find(chunk, b"\"stream\":true").is_some();
            })
            .await?;
        if streamed {
            stream_answer(&mut connection.stream, &events).await?;
        } else {
            connection.stream.write_all(if size > 8 * 1024 { &large } else { &small }).await?;
        }
    }
    Ok(())
}

async fn stream_answer(stream: &mut TcpStream, events: &[Vec<u8>]) -> anyhow::Result<()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    tokio::time::sleep(FIRST).await;
    stream.write_all(head.as_bytes()).await?;
    for event in events {
        stream.write_all(event).await?;
        tokio::time::sleep(BETWEEN).await;
    }
    stream.write_all(b"0\r\n\r\n").await?;
    Ok(())
}

fn unstreamed(size: usize) -> Vec<u8> {
    let body = serde_json::json!({
        "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG", "object": "chat.completion", "created": 1_764_000_000,
        "model": "gpt-4.1-mini", "system_fingerprint": "fp_f7f584ab7d",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text(size), "refusal": null}, "logprobs": null, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 71, "completion_tokens": 24, "total_tokens": 95}
    })
    .to_string();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn events() -> Vec<Vec<u8>> {
    let text = text(TOKENS * 6);
    let words = text.split_inclusive(' ').take(TOKENS);
    let payload = |delta: serde_json::Value, finish: Option<&str>| {
        serde_json::json!({
            "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG", "object": "chat.completion.chunk", "created": 1_764_000_000,
            "model": "gpt-4.1-mini", "system_fingerprint": "fp_f7f584ab7d",
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]
        })
        .to_string()
    };
    words
        .map(|word| payload(serde_json::json!({ "content": word }), None))
        .chain([payload(serde_json::json!({}), Some("stop")), "[DONE]".to_owned()])
        .map(|data| format!("data: {data}\n\n"))
        .map(|event| format!("{:x}\r\n{event}\r\n", event.len()).into_bytes())
        .collect()
}
