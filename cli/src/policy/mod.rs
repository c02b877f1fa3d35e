//! `agentguard policy`: the control plane's policies from the command line, over its API.

mod command;
mod show;

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use agentguard_api::policies::{
    CanaryTerms, Issued, KillSwitch, NewPolicy, NewVersion, PolicyDetail, PolicyDiff, PolicyDraft,
    PolicySummary, PolicyVersion, Publish, PublishCanary, Reason, SetKillSwitch, Simulate, Simulation,
    Validation,
};
use clap::ArgMatches;
use serde::Serialize;

pub(crate) use command::command;

use crate::config::Environment;
use crate::exit::Exit;
use crate::remote::{Remote, RemoteError};

/// Why it is not done.
#[derive(Debug, thiserror::Error)]
pub enum PolicyCommandError {
    /// The control plane.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The policy file.
    #[error("cannot read the policy file {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Output.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
    /// JSON output.
    #[error("cannot write to standard output: {0}")]
    Json(#[from] serde_json::Error),
}

impl PolicyCommandError {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Remote(RemoteError::Address(_) | RemoteError::Token { .. }) | Self::File { .. } => {
                Exit::Usage
            }
            _ => Exit::Failed,
        }
    }
}

/// Runs one of its commands.
///
/// # Errors
/// [`PolicyCommandError`].
pub async fn run(
    flags: &ArgMatches,
    environment: &Environment,
    out: &mut impl Write,
) -> Result<Exit, PolicyCommandError> {
    let Some((command, flags)) = flags.subcommand() else { return Ok(Exit::Usage) };
    let token = environment.get(&OsString::from("AGENTGUARD_CONTROL_TOKEN"));
    let remote = Remote::new(flags, token.and_then(|token| token.to_str()).map(str::to_owned))?;
    let json = flags.get_flag("json");
    match command {
        "list" => {
            let all: Vec<PolicySummary> = remote.get("/policies").await?;
            told(out, json, &all, |out| show::list(&all, out))?;
        }
        "show" => match number(flags, "version") {
            Some(version) => {
                let path = format!("{}/versions/{version}", path(flags));
                let version: PolicyVersion = remote.get(&path).await?;
                told(out, json, &version, |out| write!(out, "{}", version.yaml))?;
            }
            None => {
                let policy: PolicyDetail = remote.get(&path(flags)).await?;
                told(out, json, &policy, |out| show::detail(&policy, out))?;
            }
        },
        "diff" => {
            let (from, to) =
                (number(flags, "from").unwrap_or_default(), number(flags, "to").unwrap_or_default());
            let diff: PolicyDiff = remote.get(&format!("{}/diff?from={from}&to={to}", path(flags))).await?;
            told(out, json, &diff, |out| show::diff(&diff, out))?;
        }
        "validate" => return validate(&remote, flags, json, out).await,
        "simulate" => {
            let simulation: Simulation = remote.post("/policies/simulate", &simulate(flags)?).await?;
            told(out, json, &simulation, |out| show::simulation(&simulation, out))?;
        }
        "publish" => publish(&remote, flags, json, out).await?,
        "promote" | "rollback" | "withdraw" => {
            let reason = Reason { reason: text(flags, "reason") };
            let issued: Issued = remote.post(&format!("{}/{command}", path(flags)), &reason).await?;
            told(out, json, &issued, |out| show::issued(&issued, out))?;
        }
        _ => {
            let kill = kill_switch(&remote, flags).await?;
            told(out, json, &kill, |out| show::kill_switch(&kill, out))?;
        }
    }
    Ok(Exit::Fine)
}

async fn validate(
    remote: &Remote,
    flags: &ArgMatches,
    json: bool,
    out: &mut impl Write,
) -> Result<Exit, PolicyCommandError> {
    let (path, yaml) = file(flags)?.unwrap_or_default();
    let found: Validation = remote.post("/policies/validate", &PolicyDraft { yaml }).await?;
    told(out, json, &found, |out| show::validation(&path, &found, out))?;
    Ok(if found.valid { Exit::Fine } else { Exit::Usage })
}

fn simulate(flags: &ArgMatches) -> Result<Simulate, PolicyCommandError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_micros()).unwrap_or(i64::MAX);
    let back = i64::from(number(flags, "days").unwrap_or(7)).saturating_mul(86_400_000_000);
    Ok(Simulate {
        yaml: file(flags)?.map(|(_, yaml)| yaml),
        name: flags.get_one::<String>("name").cloned(),
        version: number(flags, "version").map(u64::from),
        from: Some(now.saturating_sub(back).max(0)),
        to: Some(now),
        namespaces: list(flags, "namespaces").unwrap_or_default(),
    })
}

async fn publish(
    remote: &Remote,
    flags: &ArgMatches,
    json: bool,
    out: &mut impl Write,
) -> Result<(), PolicyCommandError> {
    let name = text(flags, "name");
    let version = match (file(flags)?, number(flags, "version")) {
        (Some((_, yaml)), _) => store(remote, &name, yaml, text(flags, "reason")).await?,
        (None, Some(version)) => version.into(),
        (None, None) => {
            let newest: PolicyVersion = remote.get(&format!("{}/versions/0", path(flags))).await?;
            newest.summary.version
        }
    };
    let share = flags.get_one::<f64>("canary").copied();
    let only = list(flags, "canary-namespaces");
    let mut terms = CanaryTerms::default();
    terms.window = number(flags, "window").map_or(terms.window, u64::from);
    let canary = (share.is_some() || only.is_some()).then(|| PublishCanary {
        share: share.unwrap_or(100.0),
        namespaces: only.unwrap_or_default(),
        terms,
    });
    let publish =
        Publish { version, namespaces: list(flags, "namespaces"), canary, reason: text(flags, "reason") };
    let issued: Issued = remote.post(&format!("{}/publish", path(flags)), &publish).await?;
    told(out, json, &issued, |out| show::issued(&issued, out))
}

/// As a new version, or as a new policy's first one. Returns its number.
async fn store(remote: &Remote, name: &str, yaml: String, note: String) -> Result<u64, PolicyCommandError> {
    let all: Vec<PolicySummary> = remote.get("/policies").await?;
    let stored: PolicyVersion = match all.iter().find(|policy| policy.name == name) {
        Some(policy) => {
            let new = NewVersion { yaml, note, after: Some(policy.latest) };
            remote.post(&format!("/policies/{}/versions", encoded(name)), &new).await?
        }
        None => remote.post("/policies", &NewPolicy { name: name.to_owned(), yaml, note }).await?,
    };
    Ok(stored.summary.version)
}

async fn kill_switch(remote: &Remote, flags: &ArgMatches) -> Result<KillSwitch, PolicyCommandError> {
    let to = text(flags, "to");
    if to == "show" {
        return Ok(remote.get("/kill-switch").await?);
    }
    let namespaces = list(flags, "namespaces").unwrap_or_default();
    let set = SetKillSwitch { on: to == "on", namespaces, reason: text(flags, "reason") };
    Ok(remote.put("/kill-switch", &set).await?)
}

fn told<W: Write>(
    out: &mut W,
    json: bool,
    answer: &impl Serialize,
    words: impl FnOnce(&mut W) -> io::Result<()>,
) -> Result<(), PolicyCommandError> {
    if json {
        serde_json::to_writer_pretty(&mut *out, answer)?;
        writeln!(out)?;
    } else {
        words(out)?;
    }
    Ok(())
}

fn text(flags: &ArgMatches, name: &str) -> String {
    flags.get_one::<String>(name).cloned().unwrap_or_default()
}

fn number(flags: &ArgMatches, name: &str) -> Option<u32> {
    flags.get_one::<u32>(name).copied()
}

fn list(flags: &ArgMatches, name: &str) -> Option<Vec<String>> {
    flags.get_many::<String>(name).map(|names| names.cloned().collect())
}

fn path(flags: &ArgMatches) -> String {
    format!("/policies/{}", encoded(&text(flags, "name")))
}

/// As a segment of an address.
fn encoded(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

fn file(flags: &ArgMatches) -> Result<Option<(String, String)>, PolicyCommandError> {
    let Some(path) = flags.get_one::<PathBuf>("file") else { return Ok(None) };
    let yaml = fs::read_to_string(path)
        .map_err(|source| PolicyCommandError::File { path: Path::to_owned(path), source })?;
    Ok(Some((path.display().to_string(), yaml)))
}
