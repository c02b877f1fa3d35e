//! The proxy and, unless it is elsewhere, the control plane, running in one process. They speak over HTTP and know
//! nothing of each other, as in a cluster: what works here works there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use agentguard_control::{Control, ControlError};
use agentguard_proxy::report::{ReportConfig, Token};
use agentguard_proxy::spool::SpoolConfig;
use agentguard_proxy::{Addresses, Running, Setup, StartError, warm_up};
use agentguard_telemetry::Secret;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Control as Where};
use crate::policy_file::PolicyFile;

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The control plane.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The proxy.
    #[error(transparent)]
    Proxy(#[from] StartError),
}

/// Everything that runs.
pub(crate) struct Stack {
    /// Where the proxy listens.
    pub(crate) proxy: Addresses,
    /// Where the control plane listens, when it is here.
    pub(crate) control: Option<agentguard_control::Addresses>,
    /// The one-time secret for the first account, to be shown once.
    pub(crate) first_secret: Option<Secret>,
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
        let first_secret = control.as_ref().and_then(Control::first_secret).cloned();
        let proxy = if config.proxies() { Some(running(config, policy, addresses).await?) } else { None };
        // Listening already, not serving yet: whoever connects now waits no longer than for a cold judge. Its tables are
        // made on a thread of their own; an error is a panic there, which the first exchange would meet again and report.
        if proxy.is_some() {
            let _ = tokio::task::spawn_blocking(warm_up).await;
        }
        let draining = CancellationToken::new();
        let stack = Self {
            proxy: proxy.as_ref().map(Running::addresses).unwrap_or_default(),
            control: addresses,
            first_secret,
            draining: draining.clone(),
            ended: tokio::spawn(serve(control, proxy, draining)),
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

async fn running(
    config: &Config,
    policy: &PolicyFile,
    control: Option<agentguard_control::Addresses>,
) -> Result<Running, StartError> {
    let setup = Setup {
        proxy: config.proxy.clone(),
        data_dir: &config.data_dir,
        spool: SpoolConfig {
            cap_bytes: config.spool_max,
            workload: config.proxy.workload.clone(),
            ..SpoolConfig::default()
        },
        report: Some(report(config, control)),
        model: config.model.clone(),
        model_threads: config.model_threads,
        policy_keys: config.policy_keys.clone(),
    };
    Running::start(setup, policy.in_force()).await
}

async fn serve(control: Option<Control>, proxy: Option<Running>, draining: CancellationToken) {
    let stop_control = CancellationToken::new();
    let control = control.map(|control| tokio::spawn(control.run(stop_control.clone())));
    match proxy {
        Some(proxy) => proxy.run(draining).await,
        None => draining.cancelled().await,
    }
    stop_control.cancel();
    if let Some(control) = control {
        let _ = control.await;
    }
}

async fn control(config: &Config, policy: &PolicyFile) -> Result<Option<Control>, ControlError> {
    let Where::Here {
        listen,
        metrics,
        token,
        database,
        database_password,
        retention,
        content,
        access,
        signing_key,
    } = &config.control
    else {
        return Ok(None);
    };
    let config = agentguard_control::Config {
        listen: *listen,
        metrics_listen: *metrics,
        token: token.clone(),
        database: database.clone(),
        database_password: database_password.clone(),
        retention: *retention,
        content: content.clone(),
        access: agentguard_control::Access::clone(access),
        signing_key: signing_key.clone(),
        policy: policy.view(),
        ..agentguard_control::Config::new(&config.data_dir)
    };
    Control::bind(config).await.map(Some)
}

fn report(config: &Config, control: Option<agentguard_control::Addresses>) -> ReportConfig {
    let (url, token) = match (&config.control, control) {
        (Where::Elsewhere { url, token }, _) => (url.to_string(), token),
        (Where::Here { listen, token, access, .. }, addresses) => {
            // What may only report is enough for reporting.
            let token = if access.sidecar_token.is_some() { &access.sidecar_token } else { token };
            (format!("http://{}", reachable(addresses.map_or(*listen, |at| at.api))), token)
        }
    };
    ReportConfig {
        token: token.clone().map(Token::Given),
        ca_file: config.proxy.ca_file.clone(),
        ..ReportConfig::to(url)
    }
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
