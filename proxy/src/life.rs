//! The life of an exchange, to be read aloud.
//!
//! A connection is accepted and told apart in `front/`, its requests are routed in `http/guard.rs`. Those that an LLM
//! endpoint answers come here; all others are plainly proxied by pingora.

use std::sync::Arc;

use agentguard_judge::{Evidence, NotChecked, Verdict};
use agentguard_policy::{Action, Exchange};
use agentguard_wire::encoding::Decoder;
use agentguard_wire::{Framing, Request};
use pingora::http::ResponseHeader;
use pingora::proxy::Session;
use pingora::{ErrorSource, Result};

use crate::exchange::format::Format;
use crate::exchange::judging::Judging;
use crate::exchange::ledger::{Ledger, Outcome};
use crate::exchange::plan::Plan;
use crate::exchange::stream::Flow;
use crate::exchange::{Parts, format, forward, refuse, request, tee, whole};
use crate::http::relay::Relay;
use crate::http::route::Route;
use crate::shared::Shared;

/// Whether a request becomes an exchange.
pub(crate) fn concerns(session: &Session, route: &Route) -> bool {
    route.endpoint.is_some() && !session.is_upgrade_req()
}

/// From the request's head to the answer's last byte.
pub(crate) async fn exchange(session: &mut Session, route: &Arc<Route>, shared: &Arc<Shared>) -> Result<()> {
    let Some(format) = route.endpoint.clone().map(|endpoint| Format { endpoint }) else { return Ok(()) };
    // Whatever happens from here on, one event comes of it.
    let mut ledger = Ledger::open(session, route, shared);
    // The request is read, as far as the limit goes; what is longer streams on unread.
    let asked = request::read(session, &format, &shared.limits, &shared.timeouts).await?;
    ledger.asked(format.name(), asked.model(&format));
    // Policy is asked once: a new one counts for the next exchange.
    let plan = plan(route, asked.model(&format), shared);
    ledger.planned(&plan);
    let streams = asked.request.as_ref().is_ok_and(|request| request.stream);
    // Evidence is prepared from now on, while the provider thinks.
    let mut judging = prepare(asked.request, &plan, shared);
    // A request that may not go out unjudged ends here.
    if let Some(reason) = judging.failure().filter(|reason| plan.stops(*reason)) {
        return refuse::turn_away(reason, &format, &mut ledger).send(session).await;
    }
    // Out it goes.
    let mut relay = Relay::start(session, route, asked.upload, &shared.timeouts)?;
    let parts = Parts { format: &format, plan: &plan, judging: &mut judging, ledger: &mut ledger, shared };
    let delivered = answer(&mut relay, streams, parts).await;
    // An exchange that broke off is told as far as it got; pingora breaks the client's connection off as well.
    if let Err(error) = &delivered {
        ledger.broke_off(&mut judging, *error.esource() == ErrorSource::Upstream).await;
    }
    delivered
}

/// From the answer's head to its last byte.
async fn answer(relay: &mut Relay<'_>, streams: bool, mut parts: Parts<'_>) -> Result<()> {
    let head = forward::head(relay, &parts.shared.cut).await?;
    parts.ledger.answered(head.status.as_u16());
    // An error is the provider's own word: it passes untouched.
    if !head.status.is_success() {
        parts.ledger.settle(Outcome::seen(Verdict::not_checked(NotChecked::UpstreamError)));
        relay.send_head(head).await?;
        return forward::rest(relay, &parts.shared.cut).await;
    }
    match parts.format.framing(forward::content_type(&head), streams) {
        // One piece is judged as one.
        None => whole::deliver(relay, head, &mut parts).await,
        // A stream passes through our hands where there is something to do to it, and past us where there is not.
        Some(framing) => {
            parts.ledger.streamed();
            match hands_on(&head, framing, &parts) {
                Hands::Off => tee::deliver(relay, head, framing, &mut parts).await,
                Hands::On(decoder) => Flow::new(relay, head, framing, decoder, parts)?.run().await,
                Hands::Tied(reason) => {
                    let verdict = Verdict::not_checked(reason);
                    relay.refuse(refuse::reply(verdict, parts.format, parts.ledger)).await
                }
            }
        }
    }
}

/// What is done with a stream's frames.
enum Hands {
    /// They are not touched.
    Off,
    /// They pass through our hands, decoded.
    On(Option<Decoder>),
    /// They cannot be read, and may not pass unread.
    Tied(NotChecked),
}

fn hands_on(head: &ResponseHeader, framing: Framing, parts: &Parts<'_>) -> Hands {
    let plan = parts.plan;
    let encoding = forward::encoding(head);
    if !plan.acts() {
        // Only a comment could be added, and only between plain events.
        let comments = plan.action == Action::Annotate && framing == Framing::Sse && encoding.is_none();
        return if comments { Hands::On(None) } else { Hands::Off };
    }
    match encoding.map(|encoding| Decoder::new(encoding, parts.shared.limits.decoded_bytes)) {
        None => Hands::On(None),
        Some(Ok(decoder)) => Hands::On(Some(decoder)),
        Some(Err(error)) => {
            let reason = format::undecodable(&error);
            if plan.stops(reason) { Hands::Tied(reason) } else { Hands::Off }
        }
    }
}

/// The policy for a request.
fn plan(route: &Route, model: &str, shared: &Shared) -> Plan {
    let policy = shared.policy.load();
    let exchange = Exchange {
        direction: route.direction,
        provider: &route.target.provider,
        host: route.target.origin.host(),
        path: route.path.path(),
        model,
    };
    Plan::new(policy.resolve(&exchange).clone(), policy.revision.clone())
}

/// Begins to judge, where there is something to judge by.
fn prepare(request: Result<Request, NotChecked>, plan: &Plan, shared: &Shared) -> Judging {
    match request {
        Err(reason) => Judging::failed(reason),
        Ok(_) if !plan.judges() => Judging::failed(NotChecked::Disabled),
        Ok(request) => {
            Judging::begin(&shared.judged, plan.rule.settings(), move || Evidence::gather(&request))
        }
    }
}
