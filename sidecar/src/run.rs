//! The sidecar's life: certificates, listeners, traffic, drain.

use std::io;

use agentguard_policy::{Policy, PolicyError};
use agentguard_proxy::intercept::Intercept;
use agentguard_proxy::report::{ReportConfig, Token};
use agentguard_proxy::signals::{Signals, Told};
use agentguard_proxy::spool::SpoolConfig;
use agentguard_proxy::{HashKeyError, InForce, Running, Setup, StartError, warm_up};
use agentguard_telemetry::logs::{self, Format, LogError};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::files;
use crate::trust::{self, TrustError};

/// Why the sidecar does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("signals cannot be received: {0}")]
    Signals(#[source] io::Error),
    #[error(transparent)]
    HashKey(#[from] HashKeyError),
}

/// Runs until a signal ends it.
pub(crate) async fn run(config: Config) -> Result<(), RunError> {
    logs::init(Some(&config.flags.log), Format::of_stderr())?;
    files::raise();
    // Before anything listens: a signal during start must not kill half a process.
    let mut signals = Signals::new().map_err(RunError::Signals)?;
    let policy = match &config.flags.policy {
        Some(path) => InForce::file(Policy::load(path)?),
        None => InForce::built_in(),
    };
    let report = config.flags.control_url.as_ref().map(|url| report(url, &config));
    if report.is_none() {
        tracing::warn!("no --control-url: verdicts wait in {}", config.flags.data_dir.display());
    }
    // Applications start when /startup answers, which is after this.
    let setup = Setup {
        proxy: settings(&config)?,
        data_dir: &config.flags.data_dir,
        spool: SpoolConfig { workload: config.workload.clone(), ..SpoolConfig::default() },
        report,
        model: config.model(),
        model_threads: config.flags.model_threads,
        policy_keys: config.policy_keys.clone(),
    };
    let proxy = Running::start(setup, policy.clone()).await?;
    let _ = spawn_blocking(warm_up).await; // a panic there would be met again by the first exchange
    let addresses = proxy.addresses();
    tracing::info!(mode = ?config.flags.mode, ?addresses, hosts = %config.hosts, "ready");

    let drain = CancellationToken::new();
    let serving = tokio::spawn(proxy.run(drain.clone()));
    while matches!(signals.next().await, Told::Reload) {
        let Some(path) = &config.flags.policy else {
            tracing::info!("there is no policy file to read again");
            continue;
        };
        match Policy::load(path) {
            Ok(read) => {
                tracing::info!(revision = read.revision, "the policy was read again");
                policy.reload(read);
            }
            Err(error) => tracing::error!(%error, "the policy is not changed"),
        }
    }
    tracing::info!("draining");
    drain.cancel();
    let _ = serving.await; // a panic was logged where it happened
    Ok(())
}

fn report(url: &str, config: &Config) -> ReportConfig {
    ReportConfig {
        token: config.flags.control_token_file.clone().map(Token::File),
        ca_file: config.extra_ca(),
        ..ReportConfig::to(url.to_owned())
    }
}

fn settings(config: &Config) -> Result<agentguard_proxy::Config, RunError> {
    let intercept = if config.listen.is_empty() {
        None
    } else {
        Some(Intercept {
            listen: config.listen.clone(),
            hosts: config.hosts.clone(),
            authority: trust::prepare(config)?,
            unknown: config.flags.unknown_sni.into(),
            pinned: config.flags.pinned.into(),
            connect_ports: config.flags.connect_ports.clone(),
            http_ports: config.flags.http_ports.clone(),
        })
    };
    Ok(agentguard_proxy::Config {
        base_url_listen: config.base_url_listen(),
        admin_listen: Some(config.flags.admin_listen),
        inbound: config.inbound.clone(),
        upstreams: config.upstreams.clone(),
        workload: config.workload.clone(),
        ca_file: config.extra_ca(),
        hash_key: config.flags.hash_key_file.as_deref().map(agentguard_proxy::hash_key).transpose()?,
        intercept,
        resolve: config.resolve.clone(),
        ..agentguard_proxy::Config::default()
    })
}
