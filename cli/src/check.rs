//! `agentguard check`: is everything in place? Looks at what `up` would need, in plain words, and changes nothing.

mod folder;
pub(crate) mod interception;
mod reach;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::net::TcpListener;
use std::path::Path;

use agentguard_policy::{Policy, PolicyError};
use clap::ArgMatches;
use serde::Serialize;

use crate::config::{Config, Control, Environment, Problems};
use crate::exit::Exit;
use crate::style::{Look, Style};

/// How one thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Standing {
    Fine,
    /// Not looked at.
    Skipped,
    Failed,
    /// Wrong as written: `up` would refuse to start.
    Wrong,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    what: String,
    standing: Standing,
    detail: String,
}

impl Finding {
    fn new(what: impl Into<String>, result: Result<String, String>) -> Self {
        let (standing, detail) = match result {
            Ok(detail) => (Standing::Fine, detail),
            Err(detail) => (Standing::Failed, detail),
        };
        Self { what: what.into(), standing, detail }
    }
}

/// Looks at everything and prints how it stands.
///
/// # Errors
/// When `out` cannot be written.
pub async fn run(
    flags: &ArgMatches,
    environment: &Environment,
    style: Style,
    out: &mut impl Write,
) -> io::Result<Exit> {
    let findings = match flags.get_one::<String>("mode") {
        Some(name) => intercepted(name, flags, environment),
        None => look(flags, environment).await,
    };
    if flags.get_flag("json") {
        let fine = findings.iter().all(|f| matches!(f.standing, Standing::Fine | Standing::Skipped));
        serde_json::to_writer_pretty(&mut *out, &serde_json::json!({"fine": fine, "checks": findings}))?;
        writeln!(out)?;
    } else {
        for Finding { what, standing, detail } in &findings {
            let mark = match standing {
                Standing::Fine => style.paint(Look::Good, "✓"),
                Standing::Skipped => style.paint(Look::Faint, "-"),
                Standing::Failed | Standing::Wrong => style.paint(Look::Bad, "✗"),
            };
            writeln!(out, "{mark} {what:<22} {}", detail.replace('\n', "\n                         "))?;
        }
    }
    let any = |wanted: Standing| findings.iter().any(|finding| finding.standing == wanted);
    Ok(match () {
        () if any(Standing::Wrong) => Exit::Usage,
        () if any(Standing::Failed) => Exit::Failed,
        () => Exit::Fine,
    })
}

/// What a sidecar in that mode would read; this machine's configuration has nothing to do with it.
fn intercepted(name: &str, flags: &ArgMatches, environment: &Environment) -> Vec<Finding> {
    let many = |id: &str| {
        flags.get_many::<String>(id).map(|values| values.cloned().collect::<Vec<_>>()).unwrap_or_default()
    };
    let (hosts, asked) = (many("hosts"), many("host"));
    let question = interception::Question { mode: interception::mode(name), hosts: &hosts, asked: &asked };
    interception::look(&question, environment, &std::fs::read_to_string("/etc/hosts").unwrap_or_default())
}

async fn look(flags: &ArgMatches, environment: &Environment) -> Vec<Finding> {
    let wrong =
        |what: &str, detail: String| Finding { what: what.to_owned(), standing: Standing::Wrong, detail };
    let config = match Config::read(flags, environment) {
        Ok(config) => config,
        Err(problems) => return vec![wrong("configuration", each(&problems))],
    };
    let mut findings = vec![Finding::new("configuration", Ok("every value can be read".to_owned()))];
    if let Some(path) = &config.policy {
        findings.push(match policy(path) {
            Ok(detail) => Finding::new("policy", Ok(detail)),
            Err(detail) => wrong("policy", detail),
        });
    } else {
        findings.push(Finding::new("policy", Ok("no file: everything is judged and annotated".to_owned())));
    }
    findings.push(Finding::new("data directory", folder::check(&config.data_dir)));
    for (name, listen) in config.listeners() {
        let free = TcpListener::bind(listen).map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => {
                format!("{listen} is in use by another process; give --{name} another")
            }
            io::ErrorKind::PermissionDenied => {
                format!("{listen}: not allowed; ports below 1024 need privileges")
            }
            _ => format!("{listen}: {error}"),
        });
        findings.push(Finding::new(name.replace('-', " "), free.map(|_| format!("{listen} is free"))));
    }
    findings.extend(connections(&config, flags.get_flag("offline")).await);
    findings
}

async fn connections(config: &Config, offline: bool) -> Vec<Finding> {
    let mut targets: Vec<(String, String)> = Vec::new();
    for (name, upstream) in &config.proxy.upstreams {
        targets.push((format!("upstream {name}"), upstream.url.to_string()));
    }
    for inbound in &config.proxy.inbound {
        targets.push((format!("agent behind {}", inbound.listen), inbound.upstream.to_string()));
    }
    if let Control::Elsewhere { url, .. } = &config.control {
        targets.push(("control plane".to_owned(), format!("{url}/readyz")));
    }
    let skipped =
        |what: String, detail: &str| Finding { what, standing: Standing::Skipped, detail: detail.to_owned() };
    if offline {
        return targets
            .into_iter()
            .map(|(what, url)| skipped(what, &format!("{url} not tried (--offline)")))
            .collect();
    }
    let client = match reach::client(config.proxy.ca_file.as_deref()) {
        Ok(client) => client,
        Err(detail) => return vec![Finding::new("certificate authorities", Err(detail))],
    };
    let mut findings = Vec::new();
    if config.proxy.upstreams.is_empty() {
        let detail = "the well-known providers are not tried; name one with --upstream to have it tried";
        findings.push(skipped("upstreams".to_owned(), detail));
    }
    for (what, url) in targets {
        let token = match &config.control {
            Control::Elsewhere { token, .. } if what == "control plane" => token.as_ref(),
            _ => None,
        };
        let must_succeed = what == "control plane";
        findings.push(Finding::new(what, reach::reach(&client, &url, token, must_succeed).await));
    }
    findings
}

fn each(problems: &Problems) -> String {
    problems.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn policy(path: &Path) -> Result<String, String> {
    let policy = Policy::load(path).map_err(|error: PolicyError| error.to_string())?;
    let routes = match policy.routes.len() {
        1 => "1 route".to_owned(),
        count => format!("{count} routes"),
    };
    Ok(format!("{} is in order: {routes}, revision {}", path.display(), policy.revision))
}
