//! The proxy with what carries its verdicts away: started together, and ended in the order in which verdicts flow.

use std::path::Path;
use std::sync::Arc;

use agentguard_encoder::LoadError;
use prometheus::Registry;
use tokio::task::{JoinError, spawn_blocking};
use tokio_util::sync::CancellationToken;

use crate::model::{ModelSource, Trained};
use crate::policy::{Distribution, InForce, Sidecar, TrustedKey};
use crate::report::{ReportConfig, ReportError, Reporter};
use crate::spool::{Spool, SpoolConfig, SpoolError};
use crate::{Addresses, BindError, Config, ModelConfig, Proxy};

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The spool.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The reporter.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The trained encoder.
    #[error(transparent)]
    Model(#[from] LoadError),
    /// The thread that loads it.
    #[error("the encoder's model could not be loaded: {0}")]
    Loading(#[from] JoinError),
    /// The proxy.
    #[error(transparent)]
    Proxy(#[from] BindError),
}

/// What is started.
#[derive(Debug)]
pub struct Setup<'s> {
    /// The proxy, but for its model.
    pub proxy: Config,
    /// Where verdicts wait; the spool is a folder in it.
    pub data_dir: &'s Path,
    /// How many of them.
    pub spool: SpoolConfig,
    /// The control plane; `None`: they wait for a later start that has one.
    pub report: Option<ReportConfig>,
    /// The trained encoder.
    pub model: ModelSource,
    /// Threads that run it.
    pub model_threads: usize,
    /// The keys whose policy bundles are believed; empty: those of the first bundle that comes.
    pub policy_keys: Vec<TrustedKey>,
}

/// A proxy, its spool and its reporter.
pub struct Running {
    proxy: Proxy,
    spool: Arc<Spool>,
    reporter: Option<Reporter>,
    distribution: Option<Distribution>,
}

impl Running {
    /// Opens everything; nothing is served before [`Running::run`].
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running.
    pub async fn start(setup: Setup<'_>, policy: Arc<InForce>) -> Result<Self, StartError> {
        let registry = Registry::new();
        let (spool, reader) = Spool::open(&setup.data_dir.join("spool"), &setup.spool, &registry)?;
        let spool = Arc::new(spool);
        let (mut reporter, mut distribution) = (None, None);
        if let Some(report) = &setup.report {
            reporter = Some(Reporter::new(reader, report, Arc::clone(&policy), &registry)?);
            let sidecar = Sidecar {
                workload: &setup.proxy.workload,
                instance: spool.instance(),
                data_dir: setup.data_dir,
                keys: setup.policy_keys,
            };
            distribution = Some(Distribution::new(sidecar, report, Arc::clone(&policy), &registry)?);
        }
        let (source, threads) = (setup.model, setup.model_threads);
        let model = spawn_blocking(move || Trained::load(&source, threads)).await??;
        let model = model.map(|model| ModelConfig { threads, ..ModelConfig::new(Arc::new(model)) });
        let recorder: Arc<Spool> = Arc::clone(&spool);
        let proxy =
            Proxy::bind(Config { model, ..setup.proxy }, policy.current(), recorder, &registry).await?;
        let reporter = reporter.map(|reporter| reporter.telling(proxy.unjudged()));
        Ok(Self { proxy, spool, reporter, distribution })
    }

    /// Where the proxy listens.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.proxy.addresses()
    }

    /// Serves until told to drain, then sends what was recorded.
    pub async fn run(self, draining: CancellationToken) {
        let stop = CancellationToken::new();
        let reporter = self.reporter.map(|reporter| tokio::spawn(reporter.run(stop.clone())));
        let distribution = self.distribution.map(|asks| tokio::spawn(asks.run(draining.clone())));
        self.proxy.run(draining).await;
        stop.cancel();
        if let Some(distribution) = distribution {
            let _ = distribution.await; // it was told to stop with the listeners
        }
        if let Some(reporter) = reporter {
            let _ = reporter.await; // a panic was logged where it happened
        }
        // Joins the spool's writer, a thread: not on a worker of the runtime.
        let _ = spawn_blocking(move || drop(self.spool)).await;
    }
}
