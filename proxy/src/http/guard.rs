//! pingora's side of the proxy: every request passes here, outer ones first and, relayed, a second time as inner ones.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use agentguard_wire::realtime::Side;
use async_trait::async_trait;
use bytes::Bytes;
use http::header::{ALT_SVC, CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING};
use http::{StatusCode, Uri, Version};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::proxy::{FailToProxy, ProxyHttp, ProxyWarnLogContext, Session};
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorType, Result};
use tokio::sync::OwnedSemaphorePermit;

use super::errors::{FORBIDDEN, Fault, RESOLVE};
use super::headers;
use super::relay::Attempt;
use super::reply::Reply;
use super::route::{Asked, Route, RouteError, Router};
use crate::exchange::realtime::Tap;
use crate::front::bound::Bound;
use crate::life;
use crate::shared::Shared;
use crate::upstream::resolve::ResolveError;

/// Addresses of one upstream that are tried before its client is told.
const TRIES: u8 = 3;

/// One listener's requests.
pub(crate) struct Guard {
    pub(crate) router: Router,
    pub(crate) shared: Arc<Shared>,
}

/// One request.
#[derive(Default)]
pub(crate) struct Ctx {
    route: Option<Result<Arc<Route>, RouteError>>,
    /// Set in inner requests.
    attempt: Option<Arc<Attempt>>,
    /// The exchange's place among those that run; inner requests ride on the outer's.
    permit: Option<OwnedSemaphorePermit>,
    tries: u8,
    /// Reads a Realtime session along.
    tap: Option<Tap>,
}

impl Ctx {
    fn route(&self) -> Option<&Arc<Route>> {
        self.route.as_ref()?.as_ref().ok()
    }

    /// As metrics and logs call the upstream.
    fn upstream(&self) -> &str {
        self.route().map_or("", |route| route.target.label())
    }
}

#[async_trait]
impl ProxyHttp for Guard {
    type CTX = Ctx;

    fn new_ctx(&self) -> Ctx {
        Ctx::default()
    }

    async fn early_request_filter(&self, session: &mut Session, ctx: &mut Ctx) -> Result<()> {
        let told = session.subrequest_ctx.as_ref().and_then(|sub| sub.user_ctx());
        if let Some(attempt) = told.and_then(|told| told.downcast_ref::<Arc<Attempt>>()) {
            ctx.route = Some(Ok(attempt.route.clone()));
            ctx.attempt = Some(attempt.clone());
            return Ok(());
        }
        let asked = Asked { caught: Bound::of(session.as_downstream()), ..Asked::of(session.req_header()) };
        ctx.route = Some(self.router.route(&asked).map(Arc::new));
        ctx.permit = self.shared.exchanges.clone().try_acquire_owned().ok();
        Ok(())
    }

    fn allow_spawning_subrequest(&self, session: &Session, ctx: &Ctx) -> bool {
        ctx.attempt.is_none() && ctx.route().is_some_and(|route| life::concerns(session, route))
    }

    async fn request_filter(&self, session: &mut Session, ctx: &mut Ctx) -> Result<bool> {
        if ctx.attempt.is_some() {
            return Ok(false);
        }
        if ctx.permit.is_none() {
            self.shared.metrics.shed.inc();
            Reply::error(503, "agentguard_overloaded", "agentguard: too many exchanges at once")
                .with("retry-after", "1")
                .send(session)
                .await?;
            return Ok(true);
        }
        match ctx.route.as_ref() {
            Some(Ok(route)) if life::concerns(session, route) => {
                let route = route.clone();
                life::exchange(session, &route, &self.shared, &mut ctx.permit).await?;
                Ok(true)
            }
            Some(Ok(_)) => Ok(false),
            Some(Err(error)) => {
                let status = match error {
                    RouteError::UnknownProvider { .. } => 404,
                    RouteError::Path | RouteError::NotForUs => 400,
                    RouteError::Port { .. } => 403,
                    RouteError::Misdirected(_) => 421,
                };
                Reply::error(status, "agentguard_no_route", &format!("agentguard: {error}"))
                    .send(session)
                    .await?;
                Ok(true)
            }
            None => Error::e_explain(ErrorType::InternalError, "the request was not routed"),
        }
    }

    async fn upstream_peer(&self, session: &mut Session, ctx: &mut Ctx) -> Result<Box<HttpPeer>> {
        let route = ctx
            .route()
            .ok_or_else(|| Error::explain(ErrorType::InternalError, "the request has no route"))?;
        let peer = route.target.peer(session.is_upgrade_req(), &self.shared.timeouts).await;
        peer.map(Box::new).map_err(|e| {
            let kind = if matches!(e, ResolveError::Forbidden { .. }) { FORBIDDEN } else { RESOLVE };
            Error::because(kind, "for an upstream", e).into_up()
        })
    }

    async fn upstream_request_filter(
        &self,
        _: &mut Session,
        head: &mut RequestHeader,
        ctx: &mut Ctx,
    ) -> Result<()> {
        let Some(route) = ctx.route() else { return Ok(()) };
        head.set_uri(Uri::from(route.path.clone()));
        head.insert_header(HOST, route.target.authority.clone())?;
        headers::strip_request(head);
        if ctx.attempt.is_some() {
            head.remove_header(&EXPECT); // answered by us before the body was read
        }
        Ok(())
    }

    async fn upstream_response_filter(
        &self,
        _: &mut Session,
        head: &mut ResponseHeader,
        ctx: &mut Ctx,
    ) -> Result<()> {
        headers::strip_response(head);
        if matches!(self.router, Router::Caught) {
            // It would show the client another way to the host, past us.
            head.remove_header(&ALT_SVC);
        }
        if let Some(attempt) = &ctx.attempt
            && head.version == Version::HTTP_2
            && let Some(length) = head.remove_header(&CONTENT_LENGTH)
        {
            let _ = attempt.length.set(length); // set already: a response has one head
        }
        Ok(())
    }

    async fn response_filter(
        &self,
        session: &mut Session,
        head: &mut ResponseHeader,
        ctx: &mut Ctx,
    ) -> Result<()> {
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            // Its client need not say anything for long: it waits as long for it as for the other side.
            session.set_read_timeout(Some(self.shared.timeouts.first_byte));
            if let Some(Ok(route)) = &ctx.route
                && route.realtime.is_some()
            {
                ctx.tap = Some(Tap::open(session, head, route, ctx.permit.take(), &self.shared));
            }
        }
        if session.req_header().version == Version::HTTP_10 {
            head.remove_header(&TRANSFER_ENCODING); // RFC 9112, section 6.1: such a client knows no chunks
        }
        Ok(())
    }

    async fn request_body_filter(
        &self,
        _: &mut Session,
        body: &mut Option<Bytes>,
        _: bool,
        ctx: &mut Ctx,
    ) -> Result<()> {
        if let (Some(tap), Some(bytes)) = (&mut ctx.tap, body) {
            tap.hear(Side::Client, bytes);
        }
        Ok(())
    }

    fn response_body_filter(
        &self,
        _: &mut Session,
        body: &mut Option<Bytes>,
        _: bool,
        ctx: &mut Ctx,
    ) -> Result<Option<Duration>> {
        // The first bytes may come with the head that switched, before pingora says that it has.
        if let (Some(tap), Some(bytes)) = (&mut ctx.tap, body) {
            tap.hear(Side::Server, bytes);
        }
        Ok(None)
    }

    fn fail_to_connect(
        &self,
        _: &mut Session,
        peer: &HttpPeer,
        ctx: &mut Ctx,
        mut e: Box<Error>,
    ) -> Box<Error> {
        ctx.tries += 1;
        // Whoever answers with a wrong certificate has been reached.
        let reached = Fault::of(&e) == Fault::Tls;
        let another = !reached && ctx.route().is_some_and(|route| route.target.unreachable(peer));
        e.set_retry(another && ctx.tries < TRIES);
        e
    }

    fn error_while_proxy(
        &self,
        _: &HttpPeer,
        session: &mut Session,
        mut e: Box<Error>,
        ctx: &mut Ctx,
        client_reused: bool,
    ) -> Box<Error> {
        let unanswered = session.response_written().is_none();
        if let Some(attempt) = &ctx.attempt {
            let broken = matches!(Fault::of(&e), Fault::Reset | Fault::Protocol | Fault::Internal);
            attempt.stale.store(client_reused && unanswered && broken, Ordering::Relaxed);
            e.set_retry(false); // the relay holds the whole body and repeats it itself
        } else if !session.req_header().method.is_idempotent() || session.as_ref().retry_buffer_truncated() {
            e.set_retry(false);
        } else {
            e.retry.decide_reuse(client_reused);
        }
        e
    }

    async fn fail_to_proxy(&self, session: &mut Session, e: &Error, ctx: &mut Ctx) -> FailToProxy {
        let none = FailToProxy { error_code: 0, can_reuse_downstream: false };
        if ctx.attempt.is_some() {
            return none; // the relay is told, and tells the client
        }
        let fault = Fault::of(e);
        self.shared.metrics.faults.count(ctx.upstream(), fault);
        tracing::debug!(upstream = ctx.upstream(), fault = fault.as_str(), "an exchange failed");
        if session.response_written().is_some() {
            return none; // too late: the connection is broken off, which is what the upstream did
        }
        let told = ctx.route().map_or("", |route| route.target.name());
        let Some(reply) = fault.reply(told) else { return none };
        let error_code = reply.status;
        let _ = reply.send(session).await; // the client may be gone, too
        FailToProxy { error_code, can_reuse_downstream: false }
    }

    async fn logging(&self, session: &mut Session, _: Option<&Error>, ctx: &mut Ctx) {
        if ctx.attempt.is_none() {
            self.shared.metrics.request_bytes.inc_by(session.body_bytes_read() as u64);
            self.shared.metrics.response_bytes.inc_by(session.body_bytes_sent() as u64);
        }
    }

    /// pingora writes this into its own log lines: nothing of path, query or host may be in it.
    fn request_summary(&self, session: &Session, ctx: &Ctx) -> String {
        format!("{} to {}", session.req_header().method, ctx.upstream())
    }

    fn suppress_error_log(&self, _: &Session, _: &Ctx, _: &Error) -> bool {
        true // counted, and logged in `fail_to_proxy` without content
    }

    fn suppress_proxy_warn_log(&self, _: &Session, _: &Ctx, _: &Error, _: ProxyWarnLogContext) -> bool {
        true
    }
}
