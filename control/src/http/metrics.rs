//! Requests counted, and the port where all metrics are read.

use std::sync::Arc;
use std::time::Duration;

use agentguard_telemetry::metrics::{CALL_SECONDS, CONTENT_TYPE, MetricError, exposition, register};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{Method, header};
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};

use super::{ApiError, App};

/// The seed's names.
pub(super) struct Metrics {
    requests: IntCounterVec,
    seconds: HistogramVec,
}

impl Metrics {
    /// Makes and registers them.
    pub(super) fn new(registry: &Registry) -> Result<Self, MetricError> {
        let requests = IntCounterVec::new(
            Opts::new("http_requests_total", "Requests answered, by route as declared."),
            &["method", "route", "status"],
        );
        let seconds = HistogramVec::new(
            HistogramOpts::new("http_request_duration_seconds", "Time until the head of the answer.")
                .buckets(CALL_SECONDS.to_vec()),
            &["route"],
        );
        Ok(Self { requests: register(registry, requests)?, seconds: register(registry, seconds)? })
    }

    /// Counts one request.
    pub(super) fn count(&self, method: &Method, route: &str, status: u16, took: Duration) {
        // Methods are the client's words; only the known ones become labels.
        let method = match *method {
            Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::DELETE | Method::OPTIONS => {
                method.as_str()
            }
            _ => "OTHER",
        };
        self.requests.with_label_values(&[method, route, &status.to_string()]).inc();
        self.seconds.with_label_values(&[route]).observe(took.as_secs_f64());
    }
}

/// `GET /metrics`.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    match exposition(&app.registry) {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics could not be written");
            ApiError::Busy("metrics could not be written").into_response()
        }
    }
}
