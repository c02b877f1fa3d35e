//! A Realtime session over WebSocket, read along.
//!
//! The bytes of both directions pass through pingora as they come. A copy of each piece goes to a task of the connection's own,
//! which reads frames and events and has every response judged. The data path never waits for it: when more than
//! [`crate::Limits::realtime_bytes`] wait to be read, the reading ends, and the session is not checked from there on.
//!
//! Nothing can be held, changed or stopped here, whatever the policy's action is: the event says `observe`, and `would` what a
//! policy that acts would have done.

mod conversation;
mod told;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use agentguard_judge::NotChecked;
use agentguard_wire::realtime::{Deflate, Side};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{SEC_WEBSOCKET_EXTENSIONS, UPGRADE};
use pingora::http::ResponseHeader;
use pingora::proxy::Session;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::conversation::Conversation;
use self::told::Teller;
use crate::exchange::off_worker;
use crate::http::headers;
use crate::http::route::Route;
use crate::shared::Shared;

/// What a piece that waits costs beside its bytes.
const OVERHEAD: usize = 256;

/// The data path's end. Dropped with the connection.
pub(crate) struct Tap {
    /// `None`: nobody listens any more.
    to: Option<UnboundedSender<Heard>>,
    room: Arc<Semaphore>,
    /// Set when there was no room for a piece.
    missed: Arc<AtomicBool>,
}

/// A piece of one direction. The channel is bounded by the room that its pieces take.
struct Heard {
    side: Side,
    bytes: Bytes,
    _room: OwnedSemaphorePermit,
}

impl Tap {
    /// Begins to read along where the server has just switched protocols. `place`: the connection's place among the exchanges,
    /// which is kept until the last response is judged.
    pub(crate) fn open(
        session: &Session,
        head: &ResponseHeader,
        route: &Arc<Route>,
        place: Option<OwnedSemaphorePermit>,
        shared: &Arc<Shared>,
    ) -> Self {
        let trace = headers::trace_id(&session.req_header().headers);
        let teller = Teller::new(trace, route, place, shared);
        let (mut tap, heard) = Self::new(shared.limits.realtime_bytes);
        match extensions(&head.headers) {
            Some(deflate) => {
                let conversation = Conversation::new(deflate, route, teller);
                tokio::spawn(listen(heard, conversation, tap.missed.clone()));
            }
            None => {
                teller.unread(NotChecked::Encoding);
                tap.to = None;
            }
        }
        tap
    }

    fn new(room: usize) -> (Self, UnboundedReceiver<Heard>) {
        let (to, heard) = unbounded_channel();
        let room = Arc::new(Semaphore::new(room.min(Semaphore::MAX_PERMITS)));
        (Self { to: Some(to), room, missed: Arc::default() }, heard)
    }

    /// Passes a copy of a piece on, if there is room.
    pub(crate) fn hear(&mut self, side: Side, bytes: &Bytes) {
        let Some(to) = self.to.as_ref().filter(|_| !bytes.is_empty()) else { return };
        let cost = u32::try_from(bytes.len() + OVERHEAD).unwrap_or(u32::MAX);
        let heard = match self.room.clone().try_acquire_many_owned(cost) {
            Ok(room) => to.send(Heard { side, bytes: bytes.clone(), _room: room }).is_ok(),
            Err(_) => {
                self.missed.store(true, Ordering::Release);
                false
            }
        };
        if !heard {
            self.to = None;
        }
    }
}

/// What was agreed on how messages are compressed; `None`: it is not read.
fn extensions(head: &HeaderMap) -> Option<Option<Deflate>> {
    let websocket =
        head.get(UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
    let lines = head.get_all(SEC_WEBSOCKET_EXTENSIONS).iter();
    let agreed: Vec<_> = lines.map(|line| line.to_str().unwrap_or("?")).collect();
    Deflate::negotiated(&agreed.join(",")).ok().filter(|_| websocket)
}

async fn listen(mut heard: UnboundedReceiver<Heard>, conversation: Conversation, missed: Arc<AtomicBool>) {
    let mut conversation = Box::new(conversation);
    while let Some(Heard { side, bytes, _room }) = heard.recv().await {
        // What completes a long message takes a while to read.
        let read = off_worker::run(conversation.cost(side, &bytes), move || {
            let read = conversation.hear(side, &bytes);
            (conversation, read)
        });
        let Ok((hearer, read)) = read.await else { return };
        conversation = hearer;
        if let Err(reason) = read {
            return conversation.end(Some(reason));
        }
    }
    conversation.end(missed.load(Ordering::Acquire).then_some(NotChecked::Overload));
}

#[cfg(test)]
mod tests;
