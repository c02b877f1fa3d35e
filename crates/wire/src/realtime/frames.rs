//! Bytes of one direction → messages (RFC 6455). Frame heads are read by tungstenite, which asks for no socket here.

use std::io::Cursor;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::deflate::{Deflate, Inflate};

/// The longest payload of a control frame (section 5.5).
const CONTROL: u64 = 125;

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Masks its frames.
    Client,
    /// Does not.
    Server,
}

/// A whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text or binary: what the peer reads as JSON.
    Data(Vec<u8>),
    /// It was longer than is kept.
    TooLarge,
}

/// Why the rest of a direction cannot be read. Holds no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The bytes are no WebSocket frames.
    #[error("not a WebSocket frame: {0}")]
    Frame(&'static str),
    /// The compressed data makes no sense.
    #[error("a compressed WebSocket message cannot be read")]
    Deflate,
    /// A compressed message grew over the limit.
    #[error("a compressed WebSocket message is longer than {0} bytes")]
    TooLarge(usize),
}

/// Reads the frames of one direction, in whatever pieces they come.
pub struct Messages {
    side: Side,
    inflate: Option<Inflate>,
    limit: usize,
    /// Bytes of a frame's head that is not complete yet; never more than a head.
    head: Vec<u8>,
    frame: Option<Frame>,
    message: Option<Partial>,
    closed: bool,
}

/// The frame at hand.
struct Frame {
    /// Whether it belongs to the message; control frames do not.
    data: bool,
    last: bool,
    left: u64,
    mask: [u8; 4],
    /// Bytes of its payload that came, modulo the mask's length.
    at: usize,
}

/// The message at hand.
struct Partial {
    bytes: Vec<u8>,
    compressed: bool,
    over: bool,
}

impl Messages {
    /// A reader at the start of the connection. A message of more than `limit` bytes is not kept.
    #[must_use]
    pub fn new(side: Side, deflate: Option<Deflate>, limit: usize) -> Self {
        let inflate = deflate.map(|deflate| Inflate::new(deflate, side));
        Self { side, inflate, limit, head: Vec::new(), frame: None, message: None, closed: false }
    }

    /// Adds bytes; complete messages are appended to `out`. What follows a close frame is ignored.
    ///
    /// # Errors
    /// [`FrameError`]: nothing more can be read of this direction.
    pub fn feed(&mut self, mut bytes: &[u8], out: &mut Vec<Message>) -> Result<(), FrameError> {
        while !self.closed {
            let Some(mut frame) = self.frame.take() else {
                match self.begin(&mut bytes)? {
                    Some(frame) => self.frame = Some(frame),
                    None => return Ok(()),
                }
                continue;
            };
            let here = usize::try_from(frame.left).unwrap_or(usize::MAX).min(bytes.len());
            let (payload, rest) = bytes.split_at(here);
            bytes = rest;
            if frame.data {
                self.take(payload, &frame)?;
            }
            frame.left -= here as u64;
            frame.at = (frame.at + here) % frame.mask.len();
            if frame.left > 0 {
                self.frame = Some(frame);
                return Ok(());
            }
            if frame.data && frame.last {
                out.extend(self.end()?);
            }
        }
        Ok(())
    }

    /// The next frame, once its head is complete; the head is taken from `bytes`.
    fn begin(&mut self, bytes: &mut &[u8]) -> Result<Option<Frame>, FrameError> {
        loop {
            let parsed = FrameHeader::parse(&mut Cursor::new(&self.head));
            if let Some((head, length)) = parsed.map_err(|_| FrameError::Frame("an unknown opcode"))? {
                self.head.clear();
                return self.open(&head, length).map(Some);
            }
            let Some((next, rest)) = bytes.split_first() else { return Ok(None) };
            self.head.push(*next);
            *bytes = rest;
        }
    }

    fn open(&mut self, head: &FrameHeader, length: u64) -> Result<Frame, FrameError> {
        if head.rsv2 || head.rsv3 || (head.rsv1 && self.inflate.is_none()) {
            return Err(FrameError::Frame("a reserved bit is set"));
        }
        if head.mask.is_some() != (self.side == Side::Client) {
            return Err(FrameError::Frame("clients mask, servers do not"));
        }
        if length > i64::MAX as u64 {
            return Err(FrameError::Frame("its length has the highest bit set"));
        }
        let data = match head.opcode {
            OpCode::Control(_) if !head.is_final || head.rsv1 || length > CONTROL => {
                return Err(FrameError::Frame("a control frame that is long, in pieces or compressed"));
            }
            OpCode::Control(kind) => {
                self.closed = kind == Control::Close;
                false
            }
            OpCode::Data(Data::Continue) if self.message.is_none() || head.rsv1 => {
                return Err(FrameError::Frame("a continuation of nothing"));
            }
            OpCode::Data(Data::Continue) => true,
            OpCode::Data(_) if self.message.is_some() => {
                return Err(FrameError::Frame("a message within another"));
            }
            OpCode::Data(_) => {
                self.message = Some(Partial { bytes: Vec::new(), compressed: head.rsv1, over: false });
                true
            }
        };
        let mask = head.mask.unwrap_or_default();
        Ok(Frame { data, last: head.is_final, left: length, mask, at: 0 })
    }

    /// Adds a piece of the frame's payload to the message.
    fn take(&mut self, payload: &[u8], frame: &Frame) -> Result<(), FrameError> {
        let Some(message) = &mut self.message else { return Ok(()) };
        let mask = frame.mask.iter().cycle().skip(frame.at);
        let plain = payload.iter().zip(mask).map(|(byte, mask)| byte ^ mask);
        if message.compressed
            && let Some(inflate) = &mut self.inflate
        {
            return inflate.feed(&plain.collect::<Vec<_>>(), &mut message.bytes, self.limit);
        }
        if message.bytes.len() + payload.len() > self.limit {
            message.over = true;
            message.bytes = Vec::new();
        }
        if !message.over {
            message.bytes.extend(plain);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<Option<Message>, FrameError> {
        let Some(mut message) = self.message.take() else { return Ok(None) };
        if message.compressed
            && let Some(inflate) = &mut self.inflate
        {
            inflate.finish(&mut message.bytes, self.limit)?;
        }
        Ok(Some(if message.over { Message::TooLarge } else { Message::Data(message.bytes) }))
    }
}
