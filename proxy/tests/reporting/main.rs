//! Spool and reporter against a stand-in for the control plane over real sockets: failures, outages, kills.

mod control;
mod kill;
mod outage;
mod retry;

use std::path::Path;
use std::time::{Duration, Instant};

use agentguard_api::VerdictEvent;
use agentguard_proxy::InForce;
use agentguard_proxy::report::{ReportConfig, Reporter};
use agentguard_proxy::spool::{Accounts, Spool, SpoolConfig};
use prometheus::Registry;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use control::Control;

/// A spool and its reporter, as in a running proxy.
struct Sidecar {
    spool: Spool,
    accounts: Accounts,
    stop: CancellationToken,
    reporter: JoinHandle<u64>,
    registry: Registry,
}

impl Sidecar {
    fn start(dir: &Path, config: &ReportConfig) -> Self {
        Self::with(dir, config, &SpoolConfig::default())
    }

    fn with(dir: &Path, config: &ReportConfig, spool: &SpoolConfig) -> Self {
        let registry = Registry::new();
        let (spool, reader) = Spool::open(dir, spool, &registry).expect("a spool");
        let accounts = reader.accounts();
        let reporter = Reporter::new(reader, config, InForce::built_in(), &registry).expect("a reporter");
        let stop = CancellationToken::new();
        let reporter = tokio::spawn(reporter.run(stop.clone()));
        Self { spool, accounts, stop, reporter, registry }
    }

    /// Drains, as on SIGTERM; how many verdicts are left.
    async fn stop(self) -> u64 {
        self.stop.cancel();
        self.reporter.await.expect("the reporter ends")
    }

    fn metric(&self, line: &str) -> f64 {
        let text = agentguard_telemetry::metrics::exposition(&self.registry).expect("metrics");
        let value = text.lines().find_map(|found| found.strip_prefix(line)?.trim().parse().ok());
        value.unwrap_or_else(|| panic!("no {line} in {text}"))
    }
}

/// Quick to try again; patient with a busy machine.
fn quick(control: &Control) -> ReportConfig {
    ReportConfig {
        heartbeat: Duration::from_millis(50),
        timeout: Duration::from_secs(10),
        drain: Duration::from_secs(30),
        min_backoff: Duration::from_millis(5),
        max_backoff: Duration::from_millis(50),
        ..ReportConfig::to(control.url())
    }
}

fn event(flagged: bool, model: &str) -> VerdictEvent {
    serde_json::from_value(json!({
        "id": Uuid::now_v7(), "instance": Uuid::nil(), "seq": 0, "ts": 1_700_000_000_000_000_i64, "direction": "outbound",
        "verdict": if flagged { "ungrounded" } else { "grounded" }, "risk": 0.5, "action": "annotate", "mode": "pass",
        "model": model,
    }))
    .expect("an event")
}

/// Until it holds, or a panic after half a minute.
async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "not within 30 s: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
