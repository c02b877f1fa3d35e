//! Metrics of the data path as a whole. Those of judging are beside the judging.

use prometheus::{IntCounter, IntGauge, Registry};

use crate::http::errors::FaultMetrics;

/// Counters that listeners and the guard share.
pub(crate) struct Metrics {
    pub(crate) connections: IntGauge,
    pub(crate) connections_refused: IntCounter,
    pub(crate) shed: IntCounter,
    pub(crate) request_bytes: IntCounter,
    pub(crate) response_bytes: IntCounter,
    pub(crate) faults: FaultMetrics,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let counter = |name: &str, help: &str| -> prometheus::Result<IntCounter> {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let connections = IntGauge::new("agentguard_proxy_connections", "Client connections open now")?;
        registry.register(Box::new(connections.clone()))?;
        Ok(Self {
            connections,
            connections_refused: counter(
                "agentguard_proxy_connections_refused_total",
                "Client connections closed because too many were open",
            )?,
            shed: counter(
                "agentguard_proxy_exchanges_shed_total",
                "Requests answered 503 because too many exchanges were running",
            )?,
            request_bytes: counter("agentguard_proxy_request_bytes_total", "Bytes of request bodies")?,
            response_bytes: counter("agentguard_proxy_response_bytes_total", "Bytes of response bodies")?,
            faults: FaultMetrics::new(registry)?,
        })
    }
}
