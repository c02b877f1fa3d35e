//! The bytes of a session → its responses.

use std::collections::HashMap;

use agentguard_judge::NotChecked;
use agentguard_wire::realtime::{Deflate, Finished, FrameError, Happening, Message, Messages, Session, Side};

use super::told::{Begun, Teller};
use crate::exchange::off_worker::{self, Panicked};
use crate::http::route::Route;

/// By how much JSON grows when it is decompressed, for the cost of reading it.
const GROWTH: usize = 8;

/// One connection, as far as it was heard.
pub(super) struct Conversation {
    client: Messages,
    server: Messages,
    session: Session,
    begun: HashMap<u64, Begun>,
    teller: Teller,
    /// Why something that was said is not known.
    missing: Option<NotChecked>,
    forgotten: u64,
    /// Bytes of either side's message that is not complete yet.
    waiting: [usize; 2],
    compressed: bool,
}

impl Conversation {
    pub(super) fn new(deflate: Option<Deflate>, route: &Route, teller: Teller) -> Self {
        let limits = teller.limits();
        let model = route.realtime.as_deref().unwrap_or_default();
        Self {
            client: Messages::new(Side::Client, deflate, limits.request_bytes),
            server: Messages::new(Side::Server, deflate, limits.response_bytes),
            session: Session::new(model, limits.request_bytes, limits.response_bytes),
            begun: HashMap::new(),
            teller,
            missing: None,
            forgotten: 0,
            waiting: [0; 2],
            compressed: deflate.is_some(),
        }
    }

    /// How many bytes there are to read when these come.
    pub(super) fn cost(&self, side: Side, bytes: &[u8]) -> usize {
        let grown = if self.compressed { GROWTH } else { 1 };
        (self.waiting[side as usize] + bytes.len()).saturating_mul(grown)
    }

    /// Takes the next bytes of one direction.
    ///
    /// # Errors
    /// Why nothing more can be read.
    pub(super) fn hear(&mut self, side: Side, bytes: &[u8]) -> Result<(), NotChecked> {
        let (mut happened, mut too_large, mut complete) = (Vec::new(), false, false);
        let read = off_worker::caught(|| {
            let mut messages = Vec::new();
            let reader = if side == Side::Client { &mut self.client } else { &mut self.server };
            let read = reader.feed(bytes, &mut messages);
            complete = !messages.is_empty();
            for message in messages {
                match (message, side) {
                    (Message::Data(data), Side::Client) => self.session.client(&data, &mut happened),
                    (Message::Data(data), Side::Server) => self.session.server(&data, &mut happened),
                    (Message::TooLarge, _) => too_large = true,
                }
            }
            read
        });
        let waiting = if complete { 0 } else { self.waiting[side as usize] + bytes.len() };
        self.waiting[side as usize] = waiting;
        if too_large {
            self.missing.get_or_insert(NotChecked::TooLarge);
        }
        for what in happened {
            self.happened(what);
        }
        self.teller.forgot(self.session.forgotten() - self.forgotten);
        self.forgotten = self.session.forgotten();
        match read {
            Ok(Ok(())) => Ok(()),
            Ok(Err(FrameError::Frame(_))) => Err(NotChecked::UnknownDialect),
            Ok(Err(FrameError::Deflate)) => Err(NotChecked::Encoding),
            Ok(Err(FrameError::TooLarge(_))) => Err(NotChecked::TooLarge),
            Err(Panicked) => Err(NotChecked::JudgeError),
        }
    }

    fn happened(&mut self, what: Happening) {
        match what {
            Happening::Began(number) => {
                self.begun.insert(number, self.teller.begin(self.session.model()));
            }
            Happening::Spoke(number) => {
                if let Some(begun) = self.begun.get_mut(&number) {
                    begun.spoke();
                }
            }
            Happening::Ended(finished) => self.tell(*finished, None),
            Happening::Unreadable => {
                self.missing.get_or_insert(NotChecked::UnknownDialect);
            }
        }
    }

    /// No more can be heard: the connection is over, or cannot be read any more for that reason.
    pub(super) fn end(mut self, reason: Option<NotChecked>) {
        let left = off_worker::caught(|| self.session.end()).unwrap_or_default();
        if left.is_empty()
            && let Some(reason) = reason
        {
            self.teller.unread(reason);
        }
        for finished in left {
            self.tell(finished, Some(reason.unwrap_or(NotChecked::Aborted)));
        }
    }

    fn tell(&mut self, finished: Finished, broke_off: Option<NotChecked>) {
        let Some(begun) = self.begun.remove(&finished.number) else { return };
        let long = finished.over.then_some(NotChecked::TooLarge);
        self.teller.judge(begun, finished, broke_off.or(self.missing).or(long));
    }
}
