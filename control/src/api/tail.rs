//! `GET /api/v1/tail`: verdicts as they are stored, as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use agentguard_api::query::{TailLost, VerdictFilter};
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::{HeaderMap, HeaderValue};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;

use super::params::Params;
use super::verdicts;
use crate::http::{ApiError, App, Caller};
use crate::store::{Filter, Scope};
use crate::tail::{Entry, Hub};

/// A comment this often keeps proxies between from closing the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// One reader.
struct Reader {
    hub: Arc<Hub>,
    scope: Scope,
    filter: Filter,
    lost: u64,
    missed: VecDeque<Arc<Entry>>,
    live: Receiver<Arc<Entry>>,
    drain: CancellationToken,
    _slot: OwnedSemaphorePermit,
}

/// Follow verdicts as they are stored.
#[utoipa::path(get, path = "/api/v1/tail", tag = "verdicts",
    params(VerdictFilter, ("last-event-id" = Option<String>, Header, description = "Go on after this event, if it is still at hand.")),
    responses((status = 200, description = "Server-sent events: `verdict` with a list item, `lost` with a count of what this reader \
        was too slow for (before the filter).", body = String, content_type = "text/event-stream")))]
pub(crate) async fn tail(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, ApiError> {
    let filter = verdicts::filter(&mut params)?;
    params.end()?;
    let slot = Arc::clone(&app.tails)
        .try_acquire_owned()
        .map_err(|_| ApiError::Busy("too many readers of the tail"))?;
    let start = app.hub.join(headers.get("last-event-id").and_then(|v| v.to_str().ok()));
    let reader = Reader {
        hub: Arc::clone(&app.hub),
        scope: caller.scope().clone(),
        filter,
        lost: start.lost,
        missed: start.missed.into(),
        live: start.live,
        drain: app.drain.clone(),
        _slot: slot,
    };
    let events = stream::unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok::<_, Infallible>(event), reader))
    });
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE).text("still here");
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    // nginx holds answers back unless told not to.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

impl Reader {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.lost > 0 {
                let lost = TailLost { lost: std::mem::take(&mut self.lost) };
                return Event::default().event("lost").json_data(lost).ok();
            }
            let entry = match self.missed.pop_front() {
                Some(entry) => entry,
                None => tokio::select! {
                    received = self.live.recv() => match received {
                        Ok(entry) => entry,
                        Err(RecvError::Lagged(n)) => {
                            self.lost = n;
                            continue;
                        }
                        Err(RecvError::Closed) => return None,
                    },
                    () = self.drain.cancelled() => return None,
                },
            };
            if entry.passes(&self.scope, &self.filter) {
                let id = self.hub.id(entry.number);
                return Some(Event::default().event("verdict").id(id).data(&*entry.event.body));
            }
        }
    }
}
