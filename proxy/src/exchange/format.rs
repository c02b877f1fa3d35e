//! The format that an exchange speaks: every call into the wire crate, with panics caught.

use agentguard_judge::NotChecked;
use agentguard_wire::encoding::{Decoder, EncodingError};
use agentguard_wire::{
    Answer, Edits, Endpoint, Framing, Notice, Refusal, Request, StreamDecoder, StreamEncoder,
};
use bytes::Bytes;

use super::off_worker::{self, Panicked};

/// What is spoken.
#[derive(Clone, Debug)]
pub(crate) struct Format {
    pub(crate) endpoint: Endpoint,
}

impl Format {
    /// Its name in events.
    pub(crate) fn name(&self) -> &'static str {
        self.endpoint.dialect.as_str()
    }

    /// Reads a request that has been decoded.
    pub(crate) async fn request(&self, body: Bytes) -> Result<Request, NotChecked> {
        let endpoint = self.endpoint.clone();
        let parsed =
            off_worker::run(body.len(), move || agentguard_wire::parse_request(&endpoint, &body)).await;
        known(parsed)
    }

    /// Reads an unstreamed answer that has been decoded.
    pub(crate) async fn answer(&self, body: Bytes) -> Result<Answer, NotChecked> {
        let dialect = self.endpoint.dialect;
        let parsed = off_worker::run(body.len(), move || agentguard_wire::parse_answer(dialect, &body)).await;
        known(parsed)
    }

    /// Edits an unstreamed answer that has been decoded.
    pub(crate) async fn redact(&self, body: Bytes, edits: Edits) -> Result<Bytes, NotChecked> {
        let dialect = self.endpoint.dialect;
        let edited = move || agentguard_wire::redact_answer(dialect, &body, &edits);
        known(off_worker::run(0, edited).await).map(Bytes::from)
    }

    /// The answer that refuses.
    pub(crate) fn refuse(&self, notice: &Notice) -> Option<Refusal> {
        off_worker::caught(|| agentguard_wire::refuse(self.endpoint.dialect, notice)).ok()
    }

    /// A reader of streams.
    pub(crate) fn decoder(&self, framing: Framing) -> StreamDecoder {
        StreamDecoder::new(self.endpoint.dialect, framing)
    }

    /// What edits and ends streams.
    pub(crate) fn encoder(&self, framing: Framing) -> StreamEncoder {
        StreamEncoder::new(self.endpoint.dialect, framing)
    }

    /// How a response of that type is streamed; `None`: it is one piece.
    pub(crate) fn framing(&self, content_type: &str, asked: bool) -> Option<Framing> {
        let streamed = self.endpoint.stream.unwrap_or(asked);
        Framing::of(self.endpoint.dialect, content_type, streamed)
    }
}

fn known<T, E>(parsed: Result<Result<T, E>, Panicked>) -> Result<T, NotChecked> {
    match parsed {
        Ok(Ok(parsed)) => Ok(parsed),
        Ok(Err(_)) => Err(NotChecked::UnknownDialect),
        Err(Panicked) => Err(NotChecked::JudgeError),
    }
}

/// Why a body could not be decoded, as a verdict says it.
pub(crate) fn undecodable(error: &EncodingError) -> NotChecked {
    match error {
        EncodingError::TooLarge(_) => NotChecked::TooLarge,
        EncodingError::Unknown(_) | EncodingError::Corrupt(_) => NotChecked::Encoding,
    }
}

/// Decodes a whole body.
pub(crate) async fn decode(encoding: Option<&str>, body: Bytes, limit: usize) -> Result<Bytes, NotChecked> {
    let Some(encoding) = encoding.map(str::to_owned) else { return Ok(body) };
    let decoded = off_worker::run(body.len(), move || {
        let mut decoder = Decoder::new(&encoding, limit)?;
        let mut decoded = Vec::from(decoder.feed(&body)?);
        decoded.extend_from_slice(&decoder.finish()?);
        Ok::<_, EncodingError>(Bytes::from(decoded))
    });
    decoded.await.map_err(|Panicked| NotChecked::JudgeError)?.map_err(|e| undecodable(&e))
}
