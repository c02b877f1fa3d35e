//! How many requests of a kind one caller may send: GCRA, in this process. Several replicas allow several times as much.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{Quota, RateLimiter};
use http::{HeaderMap, HeaderValue};

use super::routes::Class;
use super::{ApiError, Origin};
use crate::config;
use crate::identity::Known;

/// Callers told apart in each kind; past this, those that are new share one place.
const CALLERS: usize = 50_000;

type Limiter = RateLimiter<
    String,
    governor::state::keyed::DashMapStateStore<String>,
    DefaultClock,
    StateInformationMiddleware,
>;

/// The limits of every kind.
pub(super) struct Rates {
    query: Option<Limiter>,
    export: Option<Limiter>,
    login: Option<Limiter>,
    ingest: Option<Limiter>,
}

/// What is left to a caller.
pub(super) struct Left {
    limit: u32,
    remaining: u32,
    /// Seconds until it is all there again, or, for who has none left, until one more request.
    reset: u64,
}

fn limiter(a_minute: u32) -> Option<Limiter> {
    let a_minute = NonZeroU32::new(a_minute)?;
    Some(RateLimiter::dashmap(Quota::per_minute(a_minute)).with_middleware())
}

impl Rates {
    pub(super) fn new(rates: &config::Rates) -> Self {
        Self {
            query: limiter(rates.query),
            export: limiter(rates.export),
            login: limiter(rates.login),
            ingest: limiter(rates.ingest),
        }
    }

    /// Counts a request; `Err` when it is one too many.
    pub(super) fn take(
        &self,
        class: Class,
        who: Option<&Known>,
        origin: &Origin,
    ) -> Result<Option<Left>, Left> {
        let limiter = match class {
            Class::Free => None,
            Class::Query => self.query.as_ref(),
            Class::Export => self.export.as_ref(),
            Class::Login => self.login.as_ref(),
            Class::Ingest => self.ingest.as_ref(),
        };
        let Some(limiter) = limiter else { return Ok(None) };
        let address = origin.address.map(|address| address.to_string()).unwrap_or_default();
        let key = match (class, who) {
            (Class::Login, _) | (_, None) => address,
            // One credential may be that of all sidecars.
            (Class::Ingest, Some(who)) => format!("{} {address}", who.principal.id()),
            (_, Some(who)) => who.principal.id(),
        };
        if limiter.len() >= CALLERS {
            limiter.retain_recent();
        }
        let key = if limiter.len() >= CALLERS { String::new() } else { key };
        match limiter.check_key(&key) {
            Ok(state) => {
                let (limit, remaining) = (state.quota().burst_size().get(), state.remaining_burst_capacity());
                let reset = state.quota().replenish_interval().saturating_mul(limit - remaining.min(limit));
                Ok(Some(Left { limit, remaining, reset: seconds(reset) }))
            }
            Err(not) => {
                let limit = not.quota().burst_size().get();
                let wait = not.wait_time_from(DefaultClock::default().now());
                Err(Left { limit, remaining: 0, reset: seconds(wait) })
            }
        }
    }
}

/// Whole seconds, at least one.
fn seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}

impl Left {
    /// Says so in an answer: `RateLimit-Limit`, `-Remaining`, `-Reset` (draft-ietf-httpapi-ratelimit-headers-07).
    pub(super) fn write(&self, headers: &mut HeaderMap) {
        headers.insert("ratelimit-limit", HeaderValue::from(self.limit));
        headers.insert("ratelimit-remaining", HeaderValue::from(self.remaining));
        headers.insert("ratelimit-reset", HeaderValue::from(self.reset));
    }
}

impl IntoResponse for Left {
    /// One too many.
    fn into_response(self) -> Response {
        let mut response = ApiError::Limited { seconds: self.reset }.into_response();
        self.write(response.headers_mut());
        response
    }
}

#[cfg(test)]
mod tests;
