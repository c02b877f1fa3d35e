//! As little HTTP/1.1 as the load needs: keep-alive, content-length and chunked, nothing else. Cheap on purpose: what it
//! costs is missing from the contender.

use anyhow::Context;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// A keep-alive connection and the bytes read ahead.
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
}

/// How the body of a message is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(usize),
    Chunked,
}

/// Start line and framing of a message whose head was read.
pub(crate) struct Head {
    pub(crate) start: String,
    pub(crate) framing: Framing,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> std::io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Reads a head, or `None` when the peer closed between messages.
    pub(crate) async fn head(&mut self) -> anyhow::Result<Option<Head>> {
        loop {
            if let Some(end) = memchr::memmem::find(&self.buffer, b"\r\n\r\n") {
                let head = parse(std::str::from_utf8(&self.buffer[..end])?)?;
                self.buffer.drain(..end + 4);
                return Ok(Some(head));
            }
            if self.fill().await? == 0 {
                anyhow::ensure!(self.buffer.is_empty(), "closed inside a head");
                return Ok(None);
            }
        }
    }

    /// Reads a body to its end, telling `seen` of every chunk as it arrives.
    pub(crate) async fn body(&mut self, framing: Framing, mut seen: impl FnMut(&[u8])) -> anyhow::Result<()> {
        match framing {
            Framing::Length(mut left) => {
                while left > 0 {
                    if self.buffer.is_empty() {
                        anyhow::ensure!(self.fill().await? > 0, "closed inside a body");
                    }
                    let take = left.min(self.buffer.len());
                    seen(&self.buffer[..take]);
                    self.buffer.drain(..take);
                    left -= take;
                }
            }
            Framing::Chunked => loop {
                let line = self.until_line_end().await?;
                let digits = std::str::from_utf8(&self.buffer[..line])?;
                let size = usize::from_str_radix(digits.split(';').next().unwrap_or_default().trim(), 16)?;
                while self.buffer.len() < line + 2 + size + 2 {
                    anyhow::ensure!(self.fill().await? > 0, "closed inside a chunk");
                }
                if size > 0 {
                    seen(&self.buffer[line + 2..line + 2 + size]);
                }
                self.buffer.drain(..line + 2 + size + 2);
                if size == 0 {
                    return Ok(());
                }
            },
        }
        Ok(())
    }

    async fn until_line_end(&mut self) -> anyhow::Result<usize> {
        loop {
            if let Some(end) = memchr::memmem::find(&self.buffer, b"\r\n") {
                return Ok(end);
            }
            anyhow::ensure!(self.fill().await? > 0, "closed inside a chunked body");
        }
    }

    async fn fill(&mut self) -> std::io::Result<usize> {
        self.stream.read_buf(&mut self.buffer).await
    }
}

fn parse(head: &str) -> anyhow::Result<Head> {
    let mut lines = head.split("\r\n");
    let start = lines.next().context("empty head")?.to_owned();
    let mut framing = Framing::Length(0);
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            framing = Framing::Length(value.trim().parse()?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            framing = Framing::Chunked;
        }
    }
    Ok(Head { start, framing })
}
