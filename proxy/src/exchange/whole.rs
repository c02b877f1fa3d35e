//! An unstreamed answer: one piece, judged as one.
//!
//! Under `observe` it passes as it comes. Under every other action it is held until it is judged, and only then is there
//! a head to put anything into.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use agentguard_judge::{NotChecked, Verdict};
use agentguard_policy::Action;
use agentguard_wire::Edits;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use pingora::Result;
use pingora::http::ResponseHeader;
use tokio::time::Instant;

use super::late::Rest;
use super::ledger::Outcome;
use super::stream::LAST;
use super::{Parts, format, forward, refuse, request};
use crate::http::relay::{Received, Relay};

/// Delivers the answer and judges it.
pub(crate) async fn deliver(
    relay: &mut Relay<'_>,
    head: Box<ResponseHeader>,
    parts: &mut Parts<'_>,
) -> Result<Rest> {
    let body = Body { encoding: forward::encoding(&head).map(str::to_owned), ..Body::default() };
    if parts.plan.annotates() {
        held(relay, head, body, parts).await.map(|()| Rest::Nothing)
    } else {
        passed(relay, head, body, parts).await
    }
}

/// The answer's body, as far as it came.
#[derive(Default)]
struct Body {
    encoding: Option<String>,
    chunks: VecDeque<Bytes>,
    bytes: usize,
    trailers: Option<Box<HeaderMap>>,
}

impl Body {
    /// Takes the next chunk. Whether it is still within the limit.
    fn take(&mut self, chunk: Bytes, limit: usize) -> bool {
        self.bytes += chunk.len();
        if self.bytes > limit {
            return false;
        }
        self.chunks.push_back(chunk);
        true
    }
}

async fn passed(
    relay: &mut Relay<'_>,
    head: Box<ResponseHeader>,
    mut body: Body,
    parts: &mut Parts<'_>,
) -> Result<Rest> {
    let limit = parts.shared.limits.response_bytes;
    relay.send_head(head).await?;
    let mut within = true;
    loop {
        match forward::next(relay, &parts.shared.cut).await? {
            Received::Interim(head) | Received::Head(head) => relay.send_head(head).await?,
            Received::Body(chunk) => {
                relay.send_body(chunk.clone()).await?;
                within = within && body.take(chunk, limit);
            }
            Received::Trailers(trailers) => break relay.send_end(Some(trailers)).await?,
            Received::End => break relay.send_end(None).await?,
        }
    }
    Ok(Rest::Whole(Passed { body: within.then_some(body) }))
}

/// An answer that has passed and is still to be judged.
pub(crate) struct Passed {
    /// `None`: it was too large to be kept.
    body: Option<Body>,
}

impl Passed {
    /// Comes to the verdict.
    pub(crate) async fn conclude(self, parts: &mut Parts<'_>) {
        let judged = match self.body {
            Some(body) => judge(&body, parts, LAST).await.map(|(verdict, _)| verdict),
            None => Err(NotChecked::TooLarge),
        };
        let verdict = judged.unwrap_or_else(Verdict::not_checked);
        parts.ledger.judged(parts.judging);
        parts.ledger.settle(Outcome { would: parts.plan.would(&verdict), ..Outcome::seen(verdict) });
    }
}

async fn held(
    relay: &mut Relay<'_>,
    head: Box<ResponseHeader>,
    mut body: Body,
    parts: &mut Parts<'_>,
) -> Result<()> {
    let limit = parts.shared.limits.response_bytes;
    let begun = Instant::now();
    let mut excess = forward::length(&head).is_some_and(|length| length > limit).then(Bytes::new);
    while excess.is_none() {
        match forward::next(relay, &parts.shared.cut).await? {
            Received::Interim(head) | Received::Head(head) => relay.send_head(head).await?,
            Received::Body(chunk) => excess = (!body.take(chunk.clone(), limit)).then_some(chunk),
            Received::Trailers(trailers) => {
                body.trailers = Some(trailers);
                break;
            }
            Received::End => break,
        }
    }
    if let Some(excess) = excess {
        return too_large(relay, head, body, excess, parts).await;
    }
    let judged = judge(&body, parts, parts.plan.rule.hold_budget).await;
    parts.ledger.held(begun.elapsed());
    parts.ledger.judged(parts.judging);
    let (verdict, decoded) = match judged {
        Ok((verdict, decoded)) => (verdict, Some(decoded)),
        Err(reason) => (Verdict::not_checked(reason), None),
    };
    let plan = parts.plan;
    if plan.acts() && (plan.action == Action::Block || verdict.reason.is_some()) && plan.is_over(&verdict) {
        return relay.refuse(refuse::reply(verdict, parts.format, parts.ledger)).await;
    }
    let mut edits = Edits::default();
    if plan.action == Action::Redact {
        plan.redact(&verdict.spans, &mut edits);
    }
    match decoded.filter(|_| !edits.is_empty()) {
        Some(decoded) => match parts.format.redact(decoded, edits).await {
            Ok(edited) => redacted(relay, head, body, edited, verdict, parts).await,
            Err(reason) if plan.stops(reason) => {
                relay.refuse(refuse::reply(Verdict::not_checked(reason), parts.format, parts.ledger)).await
            }
            Err(_) => whole(relay, head, body, verdict, parts).await,
        },
        None => whole(relay, head, body, verdict, parts).await,
    }
}

/// Decodes, reads and judges the body. Gives the decoded body beside the verdict.
async fn judge(body: &Body, parts: &mut Parts<'_>, limit: Duration) -> Result<(Verdict, Bytes), NotChecked> {
    let raw = request::joined(&body.chunks);
    let decoded = format::decode(body.encoding.as_deref(), raw, parts.shared.limits.decoded_bytes).await?;
    let answer = parts.format.answer(decoded.clone()).await;
    if let Some(reason) = parts.judging.failure() {
        parts.ledger.read(answer.unwrap_or_default());
        return Err(reason);
    }
    let answer = answer?;
    if answer.error.is_some() {
        return Err(NotChecked::UpstreamError);
    }
    let answer = Arc::new(answer);
    let verdict = parts.judging.judge(&answer, limit).await;
    parts.ledger.read(Arc::unwrap_or_clone(answer));
    Ok((verdict?, decoded))
}

/// Delivers it as it came, with the verdict in the head.
async fn whole(
    relay: &mut Relay<'_>,
    mut head: Box<ResponseHeader>,
    body: Body,
    verdict: Verdict,
    parts: &mut Parts<'_>,
) -> Result<()> {
    parts.ledger.annotation(&verdict, Action::Annotate).put(&mut head)?;
    parts.ledger.settle(Outcome { action: Action::Annotate, ..Outcome::seen(verdict) });
    relay.send_head(head).await?;
    for chunk in body.chunks {
        relay.send_body(chunk).await?;
    }
    relay.send_end(body.trailers).await
}

/// Delivers an edited body, decoded.
async fn redacted(
    relay: &mut Relay<'_>,
    mut head: Box<ResponseHeader>,
    body: Body,
    edited: Bytes,
    verdict: Verdict,
    parts: &mut Parts<'_>,
) -> Result<()> {
    parts.ledger.annotation(&verdict, Action::Redact).put(&mut head)?;
    parts.ledger.settle(Outcome { action: Action::Redact, ..Outcome::seen(verdict) });
    head.remove_header(&CONTENT_ENCODING);
    relay.reframe(&mut head, Some(edited.len()))?;
    relay.send_head(head).await?;
    relay.send_body(edited).await?;
    relay.send_end(body.trailers).await
}

/// It is larger than can be kept: refused, or let through from here on, by policy.
async fn too_large(
    relay: &mut Relay<'_>,
    mut head: Box<ResponseHeader>,
    body: Body,
    excess: Bytes,
    parts: &mut Parts<'_>,
) -> Result<()> {
    let verdict = Verdict::not_checked(NotChecked::TooLarge);
    if parts.plan.stops(NotChecked::TooLarge) {
        return relay.refuse(refuse::reply(verdict, parts.format, parts.ledger)).await;
    }
    parts.ledger.annotation(&verdict, Action::Annotate).put(&mut head)?;
    parts.ledger.settle(Outcome { action: Action::Annotate, ..Outcome::seen(verdict) });
    relay.send_head(head).await?;
    for chunk in body.chunks {
        relay.send_body(chunk).await?;
    }
    relay.send_body(excess).await?;
    forward::rest(relay, &parts.shared.cut).await
}
