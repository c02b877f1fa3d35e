//! The one place that knows how a request is run while its response is still ours.
//!
//! pingora's filters cannot wait and cannot hold a response head. So the client's request is run as a subrequest of its
//! own, whose output arrives here piece by piece and is written to the client when the exchange says so. The subrequest API is
//! labelled alpha (pingora 0.9.1); nothing outside this file touches it.
//!
//! Towards the client: `100 Continue` is answered by us, a client that goes away ends the subrequest at once, and a
//! request that is still being sent streams on while the answer comes. Back-pressure goes both ways: four pieces are in
//! flight, then the faster side waits.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Version};
use pingora::http::ResponseHeader;
use pingora::protocols::http::HttpTask;
use pingora::protocols::http::subrequest::server::SubrequestHandle;
use pingora::proxy::Session;
use pingora::proxy::subrequest::{BodyMode, Ctx as SubrequestCtx};
use pingora::{Error, ErrorSource, ErrorType, OrErr, Result};
use tokio::sync::mpsc::Permit;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::reply::Reply;
use super::route::Route;
use crate::Timeouts;

/// How often a request goes out again since a pooled connection was stale: more than one of them may be.
const REPLAYS: u8 = 3;

/// What arrives from the upstream.
pub(crate) enum Received {
    /// An informational response (103 Early Hints and the like).
    Interim(Box<ResponseHeader>),
    /// The head of the response.
    Head(Box<ResponseHeader>),
    /// More of its body.
    Body(Bytes),
    /// Trailers, which end it.
    Trailers(Box<HeaderMap>),
    /// It is complete.
    End,
}

/// What the inner request is told, and what it tells.
pub(crate) struct Attempt {
    /// Where to.
    pub(crate) route: Arc<Route>,
    /// A pooled connection broke before it answered: it had been closed by the upstream while it was idle.
    pub(crate) stale: AtomicBool,
    /// The length that an h2 response declared. Hidden from the inner request, which would be over with the last byte of the
    /// body and never see the trailers behind it; that the length is kept, h2 itself sees to.
    pub(crate) length: OnceLock<HeaderValue>,
}

/// A request body on its way to the upstream.
pub(crate) struct Upload {
    /// Read already, in order.
    pub(crate) read: VecDeque<Bytes>,
    /// Whether that is all of it.
    pub(crate) complete: bool,
    /// Whether the upstream was told that it is.
    ended: bool,
}

impl Upload {
    /// What was read so far, and whether that is all.
    pub(crate) fn new(read: VecDeque<Bytes>, complete: bool) -> Self {
        Self { read, complete, ended: false }
    }

    fn has_more(&self) -> bool {
        !self.read.is_empty() || (self.complete && !self.ended)
    }

    /// Passes the next chunk on; without a permit the upstream has answered and reads no more.
    fn pass(&mut self, permit: Option<Permit<'_, HttpTask>>) {
        match permit {
            Some(permit) => {
                let chunk = self.read.pop_front();
                self.ended = self.complete && self.read.is_empty();
                permit.send(HttpTask::Body(chunk, self.ended));
            }
            None => {
                self.read.clear();
                self.complete = true;
                self.ended = true;
            }
        }
    }
}

/// The exchange's two ends: the client's session and the running subrequest.
pub(crate) struct Relay<'s> {
    session: &'s mut Session,
    route: Arc<Route>,
    between_bytes: Duration,
    client_read: Duration,
    inner: Inner,
    upload: Upload,
    /// The whole request, for another try on another connection; `None` once it cannot be repeated.
    replay: Option<VecDeque<Bytes>>,
    replays: u8,
    /// Set once the response began: the longest wait for its next bytes.
    silent_until: Option<Instant>,
    ended: bool,
}

/// A running subrequest. Dropping it cancels the upstream at once.
struct Inner {
    handle: SubrequestHandle,
    attempt: Arc<Attempt>,
    task: AbortHandle,
    complete: bool,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // A complete one is left to hand its connection back to the pool.
        if !self.complete {
            self.task.abort();
        }
    }
}

impl<'s> Relay<'s> {
    /// Sends the request on.
    pub(crate) async fn start(
        session: &'s mut Session,
        route: &Arc<Route>,
        upload: Upload,
        timeouts: &Timeouts,
    ) -> Result<Self> {
        if !upload.complete && session.req_header().headers.contains_key(EXPECT) {
            session.write_continue_response().await.map_err(|e| e.into_down())?; // nothing, if it was said before
        }
        if session.is_http2() {
            frame_as_http1(session, &upload)?;
        }
        let inner = spawn(session, route);
        let replay = upload.complete.then(|| upload.read.clone());
        Ok(Self {
            session,
            route: route.clone(),
            between_bytes: timeouts.between_bytes,
            client_read: timeouts.client_read,
            inner,
            upload,
            replay,
            replays: 0,
            silent_until: None,
            ended: false,
        })
    }

    /// What comes next. Cancel-safe.
    ///
    /// # Errors
    /// Of the upstream, or of the client, marked as such ([`ErrorSource`]). An error after the head must be returned to
    /// pingora, which then breaks the client's connection off instead of ending it cleanly.
    pub(crate) async fn next(&mut self) -> Result<Received> {
        loop {
            if self.ended {
                return Ok(Received::End);
            }
            match self.step().await {
                Ok(Some(received)) => return Ok(received),
                Ok(None) => {}
                Err(error) => self.retry_or(error)?,
            }
        }
    }

    async fn step(&mut self) -> Result<Option<Received>> {
        let Self { session, inner, upload, silent_until, client_read, .. } = self;
        let SubrequestHandle { tx, rx, .. } = &mut inner.handle;
        upload.complete = upload.complete || session.downstream_session.is_body_done();
        let has_more = upload.has_more();
        let task = tokio::select! {
            biased;
            task = rx.recv() => task,
            permit = tx.reserve(), if has_more => {
                upload.pass(permit.ok());
                return Ok(None);
            }
            read = rest(session, upload.complete, *client_read), if !has_more => {
                match read.map_err(|e| e.into_down())? {
                    Some(chunk) => upload.read.extend((!chunk.is_empty()).then_some(chunk)),
                    None => upload.complete = true,
                }
                return Ok(None);
            }
            () = sleep_until(silent_until.unwrap_or_else(Instant::now)), if silent_until.is_some() => {
                let silent = Error::explain(ErrorType::ReadTimedout, "between two reads of the response");
                return Err(silent.into_up());
            }
        };
        self.received(task)
    }

    fn received(&mut self, task: Option<HttpTask>) -> Result<Option<Received>> {
        if task.is_some() {
            self.replay = None;
            self.silent_until = Some(Instant::now() + self.between_bytes);
        }
        match task {
            Some(HttpTask::Header(head, _)) if head.status.is_informational() => {
                Ok(Some(Received::Interim(head)))
            }
            Some(HttpTask::Header(mut head, _)) => {
                if let Some(length) = self.inner.attempt.length.get() {
                    head.remove_header(&TRANSFER_ENCODING);
                    head.insert_header(CONTENT_LENGTH, length)?;
                }
                Ok(Some(Received::Head(head)))
            }
            Some(HttpTask::Body(chunk, end)) => {
                self.ended |= end;
                self.inner.complete |= end;
                Ok(chunk.filter(|c| !c.is_empty()).map(Received::Body))
            }
            Some(HttpTask::Trailer(trailers)) => {
                self.finish();
                Ok(trailers.map(Received::Trailers))
            }
            Some(HttpTask::Done) => {
                self.finish();
                Ok(None)
            }
            Some(HttpTask::UpgradedBody(..)) => {
                Error::e_explain(ErrorType::InternalError, "an upgraded connection was relayed")
            }
            Some(HttpTask::Failed(error)) => Err(error),
            None => Err(self.inner.handle.subreq_proxy_error.try_recv().unwrap_or_else(|_| {
                Error::explain(ErrorType::InternalError, "the inner request ended without a word")
            })),
        }
    }

    fn finish(&mut self) {
        self.ended = true;
        self.inner.complete = true;
    }

    /// A pooled connection that the upstream had closed meanwhile is no fault that a client should see: the same
    /// request goes out again, on another connection.
    fn retry_or(&mut self, error: Box<Error>) -> Result<()> {
        let stale =
            self.inner.attempt.stale.load(Ordering::Relaxed) && *error.esource() != ErrorSource::Downstream;
        let Some(read) = self.replay.clone().filter(|_| stale && self.replays < REPLAYS) else {
            return Err(error);
        };
        self.replays += 1;
        self.inner = spawn(self.session, &self.route);
        self.upload = Upload::new(read, true);
        self.silent_until = None;
        Ok(())
    }

    /// Writes a response head to the client; nothing of it can be taken back then.
    pub(crate) async fn send_head(&mut self, head: Box<ResponseHeader>) -> Result<()> {
        self.write(HttpTask::Header(head, false)).await
    }

    /// Writes a piece of the body.
    pub(crate) async fn send_body(&mut self, bytes: Bytes) -> Result<()> {
        if bytes.is_empty() { Ok(()) } else { self.write(HttpTask::Body(Some(bytes), false)).await }
    }

    /// Ends the response cleanly. What the upstream still has to say is not waited for.
    pub(crate) async fn send_end(&mut self, trailers: Option<Box<HeaderMap>>) -> Result<()> {
        self.write(trailers.map_or(HttpTask::Done, |t| HttpTask::Trailer(Some(t)))).await
    }

    async fn write(&mut self, task: HttpTask) -> Result<()> {
        self.session.write_response_tasks(vec![task]).await.map(|_| ()).map_err(|e| e.into_down())?;
        // The wait for a slow client is not the upstream's silence.
        self.silent_until = self.silent_until.map(|_| Instant::now() + self.between_bytes);
        Ok(())
    }

    /// Makes room in a head for a body of another length or of one not yet known.
    pub(crate) fn reframe(&self, head: &mut ResponseHeader, length: Option<usize>) -> Result<()> {
        head.remove_header(&CONTENT_LENGTH);
        head.remove_header(&TRANSFER_ENCODING);
        match length {
            Some(length) => head.set_content_length(length),
            None if self.session.req_header().version == Version::HTTP_11 && !self.session.is_http2() => {
                head.insert_header(TRANSFER_ENCODING, "chunked")
            }
            None => Ok(()),
        }
    }

    /// Gives the client an answer of our own in the place of the upstream's, which is cancelled.
    pub(crate) async fn refuse(&mut self, reply: Reply) -> Result<()> {
        if !self.ended {
            self.inner.task.abort();
            self.ended = true;
        }
        reply.send(self.session).await.map_err(|e| e.into_down())
    }
}

/// The next piece of the request; once it is complete, nothing but the client's leaving.
async fn rest(session: &mut Session, complete: bool, patience: Duration) -> Result<Option<Bytes>> {
    let read = session.downstream_session.read_body_or_idle(complete);
    if complete {
        return read.await;
    }
    timeout(patience, read).await.or_err(ErrorType::ReadTimedout, "for the rest of the request")?
}

fn spawn(session: &Session, route: &Arc<Route>) -> Inner {
    let attempt =
        Arc::new(Attempt { route: route.clone(), stale: AtomicBool::new(false), length: OnceLock::new() });
    let ctx =
        SubrequestCtx::builder().body_mode(BodyMode::ExpectBody).user_ctx(Box::new(attempt.clone())).build();
    let spawner =
        session.subrequest_spawner.as_ref().expect("the guard allows subrequests for relayed requests");
    let (prepared, handle) = spawner.create_subrequest(&session.downstream_session, ctx);
    let task = tokio::spawn(prepared.run()).abort_handle();
    Inner { handle, attempt, task, complete: false }
}

/// The inner request is parsed anew as HTTP/1.1: an h2 request needs a host and a length for that.
fn frame_as_http1(session: &mut Session, upload: &Upload) -> Result<()> {
    let head = session.req_header_mut();
    head.set_version(Version::HTTP_11);
    if let Some(authority) = head.uri.authority().map(|a| a.as_str().to_owned()) {
        head.insert_header(HOST, authority)?;
    }
    if head.headers.contains_key(CONTENT_LENGTH) {
        return Ok(());
    }
    if upload.complete {
        head.insert_header(CONTENT_LENGTH, upload.read.iter().map(Bytes::len).sum::<usize>())
    } else {
        head.insert_header(TRANSFER_ENCODING, "chunked")
    }
}
