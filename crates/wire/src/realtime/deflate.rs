//! Compressed messages (RFC 7692).

use flate2::{Decompress, FlushDecompress, Status};

use super::frames::{FrameError, Side};

/// Size of the pieces in which output is taken.
const BUFFER: usize = 16 << 10;
/// What a sender leaves out at the end of each message (RFC 7692, section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// How messages may be compressed, as the server's handshake says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deflate {
    client_starts_anew: bool,
    server_starts_anew: bool,
}

/// An extension that is not read: what frames mean is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the WebSocket uses an extension other than permessage-deflate")]
pub struct UnknownExtension;

impl Deflate {
    /// Reads `Sec-WebSocket-Extensions` of the server's answer. `None`: messages are not compressed.
    ///
    /// # Errors
    /// [`UnknownExtension`].
    pub fn negotiated(header: &str) -> Result<Option<Self>, UnknownExtension> {
        let mut agreed = None;
        for extension in header.split(',').map(str::trim).filter(|extension| !extension.is_empty()) {
            let mut fields = extension.split(';').map(str::trim);
            if agreed.is_some() || fields.next() != Some("permessage-deflate") {
                return Err(UnknownExtension);
            }
            let mut deflate = Self { client_starts_anew: false, server_starts_anew: false };
            for field in fields {
                match field.split('=').next().unwrap_or_default().trim() {
                    "client_no_context_takeover" => deflate.client_starts_anew = true,
                    "server_no_context_takeover" => deflate.server_starts_anew = true,
                    // The largest window reads the smaller ones.
                    "client_max_window_bits" | "server_max_window_bits" => {}
                    _ => return Err(UnknownExtension),
                }
            }
            agreed = Some(deflate);
        }
        Ok(agreed)
    }
}

/// One direction's decompressor.
pub(super) struct Inflate {
    inner: Decompress,
    starts_anew: bool,
    /// The compressed data said that it ends, which it need not.
    ended: bool,
}

impl Inflate {
    pub(super) fn new(deflate: Deflate, side: Side) -> Self {
        let starts_anew = match side {
            Side::Client => deflate.client_starts_anew,
            Side::Server => deflate.server_starts_anew,
        };
        Self { inner: Decompress::new(false), starts_anew, ended: false }
    }

    /// Appends what a piece of a message holds, up to `limit` bytes of the message.
    pub(super) fn feed(
        &mut self,
        mut input: &[u8],
        out: &mut Vec<u8>,
        limit: usize,
    ) -> Result<(), FrameError> {
        let mut buffer = [0; BUFFER];
        while !self.ended {
            let (taken, given) = (self.inner.total_in(), self.inner.total_out());
            let status = self.inner.decompress(input, &mut buffer, FlushDecompress::Sync);
            let status = status.map_err(|_| FrameError::Deflate)?;
            // Neither count exceeds the length of its buffer.
            let taken = (self.inner.total_in() - taken) as usize;
            let given = (self.inner.total_out() - given) as usize;
            if out.len() + given > limit {
                return Err(FrameError::TooLarge(limit));
            }
            out.extend_from_slice(&buffer[..given]);
            input = &input[taken..];
            self.ended = status == Status::StreamEnd;
            // Output that did not fit before may come alone, so that only no progress at all means that this is all.
            if given == 0 && taken == 0 {
                break;
            }
        }
        if input.is_empty() || self.ended { Ok(()) } else { Err(FrameError::Deflate) }
    }

    /// The message is over.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>, limit: usize) -> Result<(), FrameError> {
        self.feed(&TAIL, out, limit)?;
        if self.starts_anew {
            self.inner.reset(false);
            self.ended = false;
        } else if self.ended {
            // The next message would refer to text that the decompressor forgets with its end.
            return Err(FrameError::Deflate);
        }
        Ok(())
    }
}
