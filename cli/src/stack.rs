//! The proxy and, unless it is elsewhere, the control plane, running in one process. They speak over HTTP and know
//! nothing of each other, as in a cluster: what works here works there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use agentguard_control::{Control, ControlError};
use agentguard_encoder::LoadError;
use agentguard_proxy::report::{ReportConfig, ReportError, Reporter};
use agentguard_proxy::spool::{Spool, SpoolConfig, SpoolError};
use agentguard_proxy::{Addresses, BindError, ModelConfig, Proxy, warm_up};
use prometheus::Registry;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Control as Where};
use crate::model::Model;
use crate::policy_file::PolicyFile;

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The control plane.
    #[error(transparent)]
    Control(#[from] ControlError),
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

/// Everything that runs.
pub(crate) struct Stack {
    /// Where the proxy listens.
    pub(crate) proxy: Addresses,
    /// Where the control plane listens, when it is here.
    pub(crate) control: Option<agentguard_control::Addresses>,
    draining: CancellationToken,
    ended: JoinHandle<()>,
}

impl Stack {
    /// Opens everything, then serves. When it returns, clients may come.
    ///
    /// # Errors
    /// [`StackError`]; nothing is left running.
    pub(crate) async fn start(config: &Config, policy: &PolicyFile) -> Result<Self, StackError> {
        let control = control(config, policy).await?;
        let addresses = control.as_ref().map(Control::addresses);
        let sidecar =
            if config.proxies() { Some(Sidecar::start(config, policy, addresses).await?) } else { None };
        // Listening already, not serving yet: whoever connects now waits no longer than for a cold judge. Its tables are
        // made on a thread of their own; an error is a panic there, which the first exchange would meet again and report.
        if sidecar.is_some() {
            let _ = tokio::task::spawn_blocking(warm_up).await;
        }
        let draining = CancellationToken::new();
        let stack = Self {
            proxy: sidecar.as_ref().map(|sidecar| sidecar.proxy.addresses()).unwrap_or_default(),
            control: addresses,
            draining: draining.clone(),
            ended: tokio::spawn(serve(control, sidecar, draining)),
        };
        Ok(stack)
    }

    /// Ends it in the order in which verdicts flow: no new exchanges and the running ones to their end, what they
    /// recorded to the control plane, the control plane last.
    pub(crate) async fn drain(self) {
        self.draining.cancel();
        // An error is a panic in one of the parts, which was logged where it happened.
        let _ = self.ended.await;
    }
}

/// The proxy and what carries its verdicts to the control plane.
struct Sidecar {
    proxy: Proxy,
    spool: Arc<Spool>,
    reporter: Reporter,
}

impl Sidecar {
    async fn start(
        config: &Config,
        policy: &PolicyFile,
        control: Option<agentguard_control::Addresses>,
    ) -> Result<Self, StackError> {
        let registry = Registry::new();
        let spool_config = SpoolConfig {
            cap_bytes: config.spool_max,
            workload: config.proxy.workload.clone(),
            ..SpoolConfig::default()
        };
        let (spool, reader) = Spool::open(&config.data_dir.join("spool"), &spool_config, &registry)?;
        let spool = Arc::new(spool);
        let reporter = Reporter::new(reader, &report(config, control), policy.current(), &registry)?;
        let recorder: Arc<Spool> = Arc::clone(&spool);
        let (source, threads) = (config.model.clone(), config.model_threads);
        let model = spawn_blocking(move || Model::load(&source, threads)).await??;
        let model = model.map(|model| ModelConfig { threads, ..ModelConfig::new(Arc::new(model)) });
        let settings = agentguard_proxy::Config { model, ..config.proxy.clone() };
        let proxy = Proxy::bind(settings, policy.current(), recorder, &registry).await?;
        Ok(Self { proxy, spool, reporter })
    }

    /// Serves until told to drain, then sends what was recorded.
    async fn run(self, draining: CancellationToken) {
        let stop_reporter = CancellationToken::new();
        let reporter = tokio::spawn(self.reporter.run(stop_reporter.clone()));
        self.proxy.run(draining).await;
        stop_reporter.cancel();
        let _ = reporter.await;
        // Joins the spool's writer, a thread: not on a worker of the runtime.
        let _ = tokio::task::spawn_blocking(move || drop(self.spool)).await;
    }
}

async fn serve(control: Option<Control>, sidecar: Option<Sidecar>, draining: CancellationToken) {
    let stop_control = CancellationToken::new();
    let control = control.map(|control| tokio::spawn(control.run(stop_control.clone())));
    match sidecar {
        Some(sidecar) => sidecar.run(draining).await,
        None => draining.cancelled().await,
    }
    stop_control.cancel();
    if let Some(control) = control {
        let _ = control.await;
    }
}

async fn control(config: &Config, policy: &PolicyFile) -> Result<Option<Control>, ControlError> {
    let Where::Here { listen, metrics, token, retention } = &config.control else { return Ok(None) };
    let config = agentguard_control::Config {
        listen: *listen,
        metrics_listen: *metrics,
        token: token.clone(),
        retention: *retention,
        policy: policy.view(),
        ..agentguard_control::Config::new(&config.data_dir)
    };
    Control::bind(config).await.map(Some)
}

fn report(config: &Config, control: Option<agentguard_control::Addresses>) -> ReportConfig {
    let (url, token) = match (&config.control, control) {
        (Where::Elsewhere { url, token }, _) => (url.to_string(), token),
        (Where::Here { listen, token, .. }, addresses) => {
            (format!("http://{}", reachable(addresses.map_or(*listen, |at| at.api))), token)
        }
    };
    ReportConfig { token: token.clone(), ca_file: config.proxy.ca_file.clone(), ..ReportConfig::to(url) }
}

/// Where a listener of this machine is reached from this machine: one on every address, by loopback.
pub(crate) fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
