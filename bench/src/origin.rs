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

/// Text of about `size` bytes of which no two sentences are the same. A longer one begins like a shorter one, so that
/// answers are grounded.
pub(crate) fn text(size: usize) -> String {
    const TOWNS: [&str; 7] = ["Rotterdam", "Lyon", "Porto", "Tampere", "Graz", "Aarhus", "Split"];
    const MONTHS: [&str; 5] = ["March", "May", "June", "October", "December"];
    let mut text = String::with_capacity(size + 128);
    for n in 0.. {
        let (town, month) = (TOWNS[n % TOWNS.len()], MONTHS[n % MONTHS.len()]);
        let sentence = match n % 4 {
            0 => format!(
                "The bridge of {town} opened on {} {month} {} after {} years of work. ",
                n % 27 + 1,
                1931 + n % 80,
                3 + n % 9
            ),
            1 => format!(
                "It is {} metres long and carries {} lanes of traffic and {} cables. ",
                149 + 7 * n,
                2 + n % 7,
                12 + n
            ),
            2 => format!(
                "Its chief engineer, who drew the granite towers, came from {town} with {} masons in {month}. ",
                40 + n
            ),
            _ => format!(
                "Maintenance costs {}.{} million euros a year and is paid by the city, not by bridge number {n}. ",
                1 + n % 5,
                n % 10
            ),
        };
        text.push_str(&sentence);
        if text.len() >= size {
            break;
        }
    }
    text.truncate(text.trim_end().len());
    text
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
