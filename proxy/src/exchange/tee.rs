//! A stream that passes as it comes, byte for byte, while the judge reads along.

use agentguard_judge::NotChecked;
use agentguard_wire::encoding::{Decoder, EncodingError};
use agentguard_wire::{Event, Frame};
use bytes::Bytes;
use pingora::Result;
use pingora::http::ResponseHeader;

use super::format::{self, Format, Frames, Layout};
use super::late::Rest;
use super::ledger::{Outcome, settled};
use super::off_worker::{self, Panicked};
use super::stream::LAST;
use super::{Parts, forward};
use crate::http::relay::{Received, Relay};

/// Delivers the stream and judges it.
pub(crate) async fn deliver(
    relay: &mut Relay<'_>,
    head: Box<ResponseHeader>,
    layout: Layout,
    parts: &mut Parts<'_>,
) -> Result<Rest> {
    let encoding = forward::encoding(&head).map(str::to_owned);
    let mut reader =
        Reader::new(parts.format, layout, encoding.as_deref(), parts.shared.limits.decoded_bytes);
    relay.send_head(head).await?;
    loop {
        let owes = parts.judging.owes();
        let received = tokio::select! {
            biased;
            received = forward::next(relay, &parts.shared.cut) => received?,
            _ = parts.judging.ready(), if owes => continue,
        };
        match received {
            Received::Interim(head) | Received::Head(head) => relay.send_head(head).await?,
            Received::Body(bytes) => {
                relay.send_body(bytes.clone()).await?;
                reader.read(&bytes, parts);
            }
            Received::Trailers(trailers) => break relay.send_end(Some(trailers)).await?,
            Received::End => break relay.send_end(None).await?,
        }
    }
    reader.finish(parts);
    parts.judging.end();
    if parts.judging.owes() {
        return Ok(Rest::Stream(reader.missing()));
    }
    conclude(reader.missing(), parts).await; // at once
    Ok(Rest::Nothing)
}

/// Comes to the verdict. `missing`: why not everything was read.
pub(crate) async fn conclude(missing: Option<NotChecked>, parts: &mut Parts<'_>) {
    let verdict = settled(parts.judging.conclude(LAST).await, missing);
    parts.ledger.judged(parts.judging);
    parts.ledger.settle(Outcome { would: parts.plan.would(&verdict), ..Outcome::seen(verdict) });
}

/// Reads a stream for the judge only.
struct Reader {
    decoder: Option<Decoder>,
    frames: Frames,
    /// Why the rest is not read.
    failure: Option<NotChecked>,
    /// Whether a frame made no sense.
    unread: bool,
}

impl Reader {
    fn new(format: &Format, layout: Layout, encoding: Option<&str>, limit: usize) -> Self {
        let (mut decoder, mut failure) = (None, None);
        if let Some(encoding) = encoding {
            match Decoder::new(encoding, limit) {
                Ok(made) => decoder = Some(made),
                Err(error) => failure = Some(format::undecodable(&error)),
            }
        }
        Self { decoder, frames: format.decoder(layout), failure, unread: false }
    }

    fn read(&mut self, bytes: &Bytes, parts: &mut Parts<'_>) {
        if self.failure.is_none() {
            let decoder = self.decoder.as_mut();
            let decoded = off_worker::caught(|| decoder.map_or_else(|| Ok(bytes.clone()), |d| d.feed(bytes)));
            self.took(decoded, false, parts);
        }
    }

    fn finish(&mut self, parts: &mut Parts<'_>) {
        if self.failure.is_none() {
            let decoder = self.decoder.as_mut();
            let rest = off_worker::caught(|| decoder.map_or_else(|| Ok(Bytes::new()), Decoder::finish));
            self.took(rest, true, parts);
        }
    }

    /// Why the judge has not heard everything.
    fn missing(&self) -> Option<NotChecked> {
        self.failure.or(self.unread.then_some(NotChecked::UnknownDialect))
    }

    fn took(
        &mut self,
        decoded: Result<Result<Bytes, EncodingError>, Panicked>,
        last: bool,
        parts: &mut Parts<'_>,
    ) {
        let (bytes, failure) = match decoded {
            Ok(Ok(bytes)) => (bytes, None),
            Ok(Err(error)) => (Bytes::new(), Some(format::undecodable(&error))),
            Err(Panicked) => (Bytes::new(), Some(NotChecked::JudgeError)),
        };
        let mut found = Vec::new();
        let framed = self.frames.feed(&bytes, last, &mut found);
        self.failure = failure.or(framed.err().map(|Panicked| NotChecked::JudgeError));
        for event in found.into_iter().flat_map(|frame: Frame| frame.events) {
            self.unread |= event == Event::Unreadable;
            parts.ledger.heard(&event);
            let _ = parts.judging.read(&event); // what it settles holds nothing up here
        }
    }
}
