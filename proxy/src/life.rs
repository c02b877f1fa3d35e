//! The life of an exchange, to be read aloud.
//!
//! A connection is accepted and told apart in `front/`, its requests are routed in `http/guard.rs`. Those that an LLM
//! endpoint or an agent answers come here; all others are plainly proxied by pingora. A Realtime session is one of those: its
//! bytes pass, and `exchange/realtime` reads along.

use std::sync::Arc;

use agentguard_judge::{Evidence, NotChecked, Verdict};
use agentguard_policy::{Action, Direction, Exchange};
use agentguard_wire::Request;
use agentguard_wire::encoding::Decoder;
use http::Method;
use http::header::ACCEPT;
use pingora::http::ResponseHeader;
use pingora::proxy::Session;
use pingora::{ErrorSource, Result};
use tokio::sync::OwnedSemaphorePermit;

use crate::exchange::format::{self, Format, Layout, Shape};
use crate::exchange::judging::Judging;
use crate::exchange::late::{Case, Rest};
use crate::exchange::ledger::{Ledger, Outcome};
use crate::exchange::plan::Plan;
use crate::exchange::stream::Flow;
use crate::exchange::{Parts, forward, refuse, request, tee, whole};
use crate::http::relay::Relay;
use crate::http::route::Route;
use crate::shared::Shared;

/// Whether a request becomes an exchange: every call of an LLM endpoint, and every question to an agent.
pub(crate) fn concerns(session: &Session, route: &Route) -> bool {
    let head = session.req_header();
    let waits_for_events =
        || head.headers.get(ACCEPT).is_some_and(|v| v.as_bytes().starts_with(b"text/event-stream"));
    let asks = route.direction == Direction::Inbound
        && (head.method == Method::POST || (head.method == Method::GET && waits_for_events()));
    (route.endpoint.is_some() || asks) && !session.is_upgrade_req()
}

/// From the request's head to the answer's last byte.
/// `place`: the exchange's among those that run; taken where its verdict comes later.
pub(crate) async fn exchange(
    session: &mut Session,
    route: &Arc<Route>,
    shared: &Arc<Shared>,
    place: &mut Option<OwnedSemaphorePermit>,
) -> Result<()> {
    let format = route.endpoint.clone().map_or(Format::Generic, Format::Llm);
    // Whatever happens from here on, one event comes of it.
    let mut ledger = Ledger::open(session, route, shared);
    // The request is read, as far as the limit goes; what is longer streams on unread.
    let asked = request::read(session, &format, &shared.limits, &shared.timeouts).await?;
    ledger.asked(format.name(), asked.model(&format));
    // Policy is asked once: a new one counts for the next exchange.
    let plan = plan(route, asked.model(&format), shared);
    ledger.planned(&plan);
    let streams = asked.request.as_ref().is_ok_and(|request| request.stream);
    // Evidence is prepared from now on, while the provider thinks; an agent's is complete only when it speaks.
    let judging = match asked.request {
        Err(reason) => Judging::failed(reason),
        Ok(_) if !plan.judges() => Judging::failed(NotChecked::Disabled),
        Ok(request) => match route.direction {
            Direction::Outbound => judge_answer(request, asked.size, &plan, &mut ledger, shared),
            Direction::Inbound => judge_reply(request, &plan, &ledger, shared),
        },
    };
    // A request that may not go out unjudged ends here.
    if let Some(reason) = judging.failure().filter(|reason| plan.stops(*reason)) {
        return refuse::turn_away(reason, &format, &mut ledger).send(session).await;
    }
    // Out it goes.
    let mut relay = Relay::start(session, route, asked.upload, &shared.timeouts).await?;
    let mut case = Case { format, plan, judging, ledger, shared: shared.clone() };
    match answer(&mut relay, streams, case.parts()).await {
        Ok(Rest::Nothing) => Ok(()),
        // The last byte is out: no other request waits for the verdict.
        Ok(rest) => {
            case.conclude(rest, place.take());
            Ok(())
        }
        // An exchange that broke off is told as far as it got; pingora breaks the client's connection off as well.
        Err(error) => {
            let Case { judging, ledger, .. } = &mut case;
            ledger.broke_off(judging, *error.esource() == ErrorSource::Upstream).await;
            Err(error)
        }
    }
}

/// From the answer's head to its last byte; what is left to do then.
async fn answer(relay: &mut Relay<'_>, streams: bool, mut parts: Parts<'_>) -> Result<Rest> {
    let head = forward::head(relay, &parts.shared.cut).await?;
    parts.ledger.answered(head.status.as_u16());
    // An error is the provider's own word: it passes untouched.
    if !head.status.is_success() {
        parts.ledger.settle(Outcome::seen(Verdict::not_checked(NotChecked::UpstreamError)));
        return opaque(relay, head, &mut parts).await.map(|()| Rest::Nothing);
    }
    match parts.format.shape(forward::content_type(&head), streams, forward::length(&head).is_some()) {
        // Pictures and pages are nobody's claims.
        Shape::Opaque => opaque(relay, head, &mut parts).await.map(|()| Rest::Nothing),
        // One piece is judged as one.
        Shape::Whole => whole::deliver(relay, head, &mut parts).await,
        // A stream passes through our hands where there is something to do to it, and past us where there is not.
        Shape::Stream(layout) => {
            parts.ledger.streamed();
            match hands(&head, layout, &parts) {
                Hands::Off => tee::deliver(relay, head, layout, &mut parts).await,
                Hands::On(decoder) => {
                    Flow::new(relay, head, layout, decoder, parts)?.run().await.map(|()| Rest::Nothing)
                }
                Hands::Tied(reason) => {
                    let verdict = Verdict::not_checked(reason);
                    let reply = refuse::reply(verdict, parts.format, parts.ledger);
                    relay.refuse(reply).await.map(|()| Rest::Nothing)
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

fn hands(head: &ResponseHeader, layout: Layout, parts: &Parts<'_>) -> Hands {
    let plan = parts.plan;
    let encoding = forward::encoding(head);
    if !plan.acts() {
        // Only a comment could be added, and only between plain events.
        let comments = plan.action == Action::Annotate && layout.has_comments() && encoding.is_none();
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

/// Passes an answer on that is not read. An agent's own errors and pages are not even reported.
async fn opaque(relay: &mut Relay<'_>, head: Box<ResponseHeader>, parts: &mut Parts<'_>) -> Result<()> {
    if matches!(parts.format, Format::Generic) {
        parts.ledger.discard();
    }
    relay.send_head(head).await?;
    forward::rest(relay, &parts.shared.cut).await
}

/// The policy for a request.
pub(crate) fn plan(route: &Route, model: &str, shared: &Shared) -> Plan {
    let policy = shared.policy.load();
    let exchange = Exchange {
        direction: route.direction,
        provider: &route.target.provider,
        host: route.target.origin.host(),
        path: route.path.path(),
        model,
    };
    Plan::new(policy.resolve(&exchange).clone(), policy.revision.clone(), policy.redaction.clone())
}

/// Begins to judge a provider's answer. What the agent is shown here is evidence for its own reply, too.
pub(crate) fn judge_answer(
    request: Request,
    size: usize,
    plan: &Plan,
    ledger: &mut Ledger,
    shared: &Shared,
) -> Judging {
    let witness = shared.contexts.as_ref().map(|contexts| {
        let (call, witness) = contexts.begin(ledger.origin().0);
        ledger.informs(call);
        witness
    });
    Judging::begin(&shared.judged, shared.model.as_ref(), plan.rule.settings(), size, move || {
        let evidence = Evidence::gather(&request);
        if let Some(witness) = witness {
            witness.saw(&evidence);
        }
        (evidence, None)
    })
}

/// Judges an agent's reply, once it speaks, by what it was asked and what it has seen by then.
fn judge_reply(question: Request, plan: &Plan, ledger: &Ledger, shared: &Shared) -> Judging {
    let contexts = shared.contexts.clone();
    let (trace, begun) = ledger.origin();
    let trace = trace.map(str::to_owned);
    Judging::when_heard(&shared.judged, shared.model.as_ref(), plan.rule.settings(), move || {
        let asked = Evidence::gather(&question);
        let seen = contexts.map(|contexts| contexts.seen(trace.as_deref(), begun));
        match seen {
            Some((seen, correlation)) if correlation.is_some() => {
                let sources = asked.sources().iter().cloned().chain(seen).collect();
                (Evidence::from_sources(sources, asked.tools().to_vec()), correlation)
            }
            _ => (asked, None),
        }
    })
}
