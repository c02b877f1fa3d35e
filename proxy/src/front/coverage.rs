//! What is caught and what is not, in numbers: an operator sees here whether agents' calls pass through the judge at all.

use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, IntCounterVec, Opts, Registry};

use super::decide::{Decision, Mode, Reason};
use super::secure::Refusal;

/// Metrics of caught connections.
pub(crate) struct Coverage {
    connections: IntCounterVec,
    tunnelled: IntCounterVec,
    handshakes: IntCounterVec,
    mint: Histogram,
    not_checked: IntCounterVec,
    unreachable: IntCounterVec,
}

impl Coverage {
    pub(crate) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let counters = |name: &str, help: &str, labels: &[&str]| -> prometheus::Result<IntCounterVec> {
            let counters = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counters.clone()))?;
            Ok(counters)
        };
        let buckets = vec![0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05];
        let mint = Histogram::with_opts(
            HistogramOpts::new("agentguard_proxy_leaf_mint_seconds", "Time to make a certificate for a host")
                .buckets(buckets),
        )?;
        registry.register(Box::new(mint.clone()))?;
        Ok(Self {
            connections: counters(
                "agentguard_proxy_caught_connections_total",
                "Connections that were caught, by mode, by what was done with them, and why",
                &["mode", "decision", "reason"],
            )?,
            tunnelled: counters(
                "agentguard_proxy_tunnelled_bytes_total",
                "Bytes that passed unread, from the client (up) and to it (down)",
                &["mode", "direction"],
            )?,
            handshakes: counters(
                "agentguard_proxy_tls_handshake_failures_total",
                "TLS handshakes of clients with us that failed",
                &["mode", "reason"],
            )?,
            mint,
            not_checked: counters(
                "agentguard_proxy_connections_not_checked_total",
                "Connections to hosts that are to be judged and were not, by reason",
                &["reason"],
            )?,
            unreachable: counters(
                "agentguard_proxy_tunnels_unreachable_total",
                "Tunnels whose server could not be reached",
                &["mode"],
            )?,
        })
    }

    pub(crate) fn decided(&self, mode: Mode, decision: &Decision) {
        let (decision, reason) = match decision {
            Decision::Intercept(_) => ("intercept", "listed"),
            Decision::Tunnel(reason) => ("tunnel", reason.as_str()),
            Decision::Refuse(reason) => ("refuse", reason.as_str()),
        };
        self.connections.with_label_values(&[mode.as_str(), decision, reason]).inc();
        if reason == Reason::Pinned.as_str() {
            self.not_checked.with_label_values(&[reason]).inc();
        }
    }

    /// A connection that came to nothing before anything could be decided.
    pub(crate) fn ended(&self, mode: Mode, reason: &'static str) {
        self.connections.with_label_values(&[mode.as_str(), "refuse", reason]).inc();
    }

    pub(crate) fn tunnelled(&self, mode: Mode, (up, down): (u64, u64)) {
        self.tunnelled.with_label_values(&[mode.as_str(), "up"]).inc_by(up);
        self.tunnelled.with_label_values(&[mode.as_str(), "down"]).inc_by(down);
    }

    pub(crate) fn handshake_failed(&self, mode: Mode, refusal: Refusal) {
        self.handshakes.with_label_values(&[mode.as_str(), refusal.as_str()]).inc();
        if refusal == Refusal::Distrust {
            self.not_checked.with_label_values(&[Reason::Pinned.as_str()]).inc();
        }
    }

    /// A connection to a listed host passed unread, since the authority may not sign for it.
    pub(crate) fn not_permitted(&self) {
        self.not_checked.with_label_values(&["not_permitted"]).inc();
    }

    pub(crate) fn unreachable(&self, mode: Mode) {
        self.unreachable.with_label_values(&[mode.as_str()]).inc();
    }

    /// A certificate was made.
    pub(crate) fn minted(&self, took: Duration) {
        self.mint.observe(took.as_secs_f64());
    }
}
