//! `agentguard up`: start everything, say where, keep it running, drain when told.

mod banner;

use std::io::{self, Write};

use agentguard_policy::PolicyError;
use agentguard_proxy::signals::{Signals, Told};
use agentguard_telemetry::logs::{self, Format, LogError};

use crate::config::{Config, Control, Environment};
use crate::exit::Exit;
use crate::policy_file::PolicyFile;
use crate::stack::{Stack, StackError};
use crate::style::Style;
use banner::Banner;

/// Why `up` does not start, or ends.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// The policy file.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The log filter.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A part of it.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// Signals.
    #[error("signals cannot be received: {0}")]
    Signals(io::Error),
    /// Output.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
}

impl UpError {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Policy(_) | Self::Log(_) => Exit::Usage,
            Self::Stack(_) | Self::Signals(_) | Self::Output(_) => Exit::Failed,
        }
    }
}

/// Runs until a signal ends it.
///
/// # Errors
/// [`UpError`].
pub async fn run(
    config: Config,
    environment: &Environment,
    style: Style,
    out: &mut impl Write,
) -> Result<Exit, UpError> {
    let policy = PolicyFile::load(config.policy.as_deref())?;
    let format = match config.log.json {
        Some(true) => Format::Json,
        Some(false) => Format::Text,
        None => Format::of_stderr(),
    };
    logs::init(Some(&config.log.filter), format)?;
    for variable in crate::config::unknown_variables(environment) {
        tracing::warn!(variable, "this environment variable is not a setting and does nothing");
    }
    // Before anything listens: a signal during start must not kill half a process.
    let mut signals = Signals::new().map_err(UpError::Signals)?;
    let stack = Stack::start(&config, &policy).await?;
    let banner = Banner {
        proxy: stack.proxy.clone(),
        control: match (&config.control, stack.control) {
            (Control::Elsewhere { url, .. }, _) => Err(url.to_string()),
            (Control::Here { listen, .. }, addresses) => Ok(addresses.map_or(*listen, |at| at.api)),
        },
        metrics: stack.control.and_then(|at| at.metrics),
        data_dir: config.data_dir.clone(),
        policy: policy.describe(),
        style,
    };
    write!(out, "{banner}").and_then(|()| out.flush()).map_err(UpError::Output)?;
    if let Some(secret) = &stack.first_secret {
        // The one secret that is ever logged: it works once, and whoever reads this log may make the first account.
        tracing::warn!(
            secret = secret.expose(),
            "there is no account yet: make the first one at /login with this one-time secret"
        );
    }
    while matches!(signals.next().await, Told::Reload) {
        policy.reload();
    }
    tracing::info!("draining; a second signal ends at once");
    tokio::select! {
        () = stack.drain() => Ok(Exit::Fine),
        () = signals.end() => {
            tracing::warn!("ended at once: running exchanges are cut, what is spooled is sent after the next start");
            Ok(Exit::Failed)
        }
    }
}
