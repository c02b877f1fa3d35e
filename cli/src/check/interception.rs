//! `agentguard check --mode …`: what a sidecar in that mode would read, what it would not, and why.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::net::IpAddr;

use agentguard_proxy::intercept::Mode;
use agentguard_proxy::providers;
use agentguard_trust::HostSet;

use super::{Finding, Standing};
use crate::config::Environment;

/// The mode, and hosts to be told about one by one.
pub(super) struct Question<'q> {
    /// `None`: mode base-url.
    pub mode: Option<Mode>,
    /// The list; empty: the well-known providers.
    pub hosts: &'q [String],
    pub asked: &'q [String],
}

/// The modes by name.
pub(crate) const MODES: [&str; 4] = ["transparent", "hosts", "connect", "base-url"];

/// A mode by its name.
pub(super) fn mode(name: &str) -> Option<Mode> {
    [Mode::Transparent, Mode::Hosts, Mode::Connect].into_iter().find(|mode| mode.as_str() == name)
}

/// What holds whatever this machine looks like, then what this machine says.
pub(super) fn look(question: &Question<'_>, environment: &Environment, hosts_file: &str) -> Vec<Finding> {
    let listed =
        if question.hosts.is_empty() { providers::hosts().collect() } else { question.hosts.to_vec() };
    let set = match HostSet::parse(&listed) {
        Ok(set) => set,
        Err(problems) => {
            let detail = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            return vec![Finding { what: "hosts".to_owned(), standing: Standing::Wrong, detail }];
        }
    };
    let mut findings = Vec::new();
    let mut tell = |what: &str, detail: String| findings.push(Finding::new(what, Ok(detail)));
    match question.mode {
        Some(mode) => {
            tell("judged", judged(mode, &listed));
            tell("passes unread", unread(mode).to_owned());
            tell("cannot be seen", unseen(mode).to_owned());
            tell("clients need", format!("{}\n{TRUST}", needs(mode)));
        }
        None => {
            tell(
                "judged",
                "what SDKs send to http://127.0.0.1:19003/PROVIDER/…, over plain HTTP on loopback".to_owned(),
            );
            tell("passes unread", "nothing: whatever is sent elsewhere does not come here at all".to_owned());
            tell(
                "clients need",
                "a base URL in their environment: OPENAI_BASE_URL, ANTHROPIC_BASE_URL, …; no certificates"
                    .to_owned(),
            );
        }
    }
    findings.extend(question.asked.iter().map(|host| of_host(host, question.mode, &set, hosts_file)));
    if question.mode == Some(Mode::Connect) {
        findings.push(proxy_variable(environment));
    }
    findings
}

fn judged(mode: Mode, listed: &[String]) -> String {
    let ways = match mode {
        Mode::Transparent => "every TCP connection of the pod to port 443, by name or address, IPv4 and IPv6",
        Mode::Hosts => "connections to the listed names, which resolve to loopback in the pod",
        Mode::Connect => "tunnels asked of 127.0.0.1:19002, and plain http:// requests to it",
    };
    let mut text = format!("{ways},\nwhose TLS names one of these hosts:");
    for pattern in listed {
        let _ = write!(text, "\n  {pattern}"); // a String takes everything
    }
    text
}

fn unread(mode: Mode) -> &'static str {
    match mode {
        Mode::Transparent | Mode::Connect => {
            "TLS for every other host, byte for byte and with the host's own certificate;\nwhat is not TLS, and servers that speak \
             first; TLS without a name (--unknown-sni refuse closes it)"
        }
        Mode::Hosts => {
            "TLS for a host that is not listed and was sent here all the same; everything else never comes here"
        }
    }
}

fn unseen(mode: Mode) -> &'static str {
    match mode {
        Mode::Transparent => {
            "other ports (agentguard-netinit --ports adds them); processes of uid 20117 or with NET_ADMIN.\nUDP 443, 80 and 853 are \
             rejected, so that HTTP/3 and DNS over TLS do not slip past"
        }
        Mode::Hosts => {
            "connections to addresses instead of names, names by a resolver of the client's own, other ports,\nand wildcard hosts: the \
             hosts file knows only whole names"
        }
        Mode::Connect => {
            "clients that ignore HTTPS_PROXY: aiohttp by default, Node before 22.21, Java without -Dhttps.proxyHost"
        }
    }
}

fn needs(mode: Mode) -> &'static str {
    match mode {
        Mode::Transparent => {
            "nothing but to trust the sidecar's authority; the pod needs an init container with NET_ADMIN"
        }
        Mode::Hosts => {
            "nothing but to trust the sidecar's authority; the pod needs hostAliases and, for port 443 without privilege, the \
                        sysctl net.ipv4.ip_unprivileged_port_start=443"
        }
        Mode::Connect => "HTTPS_PROXY=http://127.0.0.1:19002, and to trust the sidecar's authority",
    }
}

const TRUST: &str = "(SSL_CERT_FILE, SSL_CERT_DIR, REQUESTS_CA_BUNDLE, NODE_EXTRA_CA_CERTS, …: docs/interception.md has the table)";

fn of_host(host: &str, mode: Option<Mode>, set: &HostSet, hosts_file: &str) -> Finding {
    let Some(mode) = mode else {
        let known = providers::of_host(host);
        let detail = if known == host {
            "not a known provider: add it with --upstream NAME=https://…".to_owned()
        } else {
            format!("judged when the SDK's base URL is http://127.0.0.1:19003/{known}")
        };
        return Finding::new(host, Ok(detail));
    };
    if !set.contains(host) {
        return Finding::new(host, Ok("passes unread: it is not listed (--hosts)".to_owned()));
    }
    if mode == Mode::Hosts && !to_loopback(hosts_file, host) {
        let detail = "listed, but the hosts file here does not send it to loopback: its calls would not come to the sidecar.\nIn a pod \
                      hostAliases does that, for 127.0.0.1 and for ::1";
        return Finding::new(host, Err(detail.to_owned()));
    }
    Finding::new(host, Ok(format!("judged, as {}", providers::of_host(host))))
}

/// Whether a hosts file sends a name to loopback and nowhere else, in both families.
fn to_loopback(hosts_file: &str, host: &str) -> bool {
    let entries = hosts_file.lines().filter_map(|line| {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let address: IpAddr = words.next()?.parse().ok()?;
        words.any(|name| name.eq_ignore_ascii_case(host)).then_some(address)
    });
    let (mut four, mut six) = (false, false);
    for address in entries {
        if !address.is_loopback() {
            return false;
        }
        four |= address.is_ipv4();
        six |= address.is_ipv6();
    }
    four && six
}

fn proxy_variable(environment: &Environment) -> Finding {
    let set = ["HTTPS_PROXY", "https_proxy"]
        .into_iter()
        .find(|name| environment.get(std::ffi::OsStr::new(name)).is_some_and(|value| !value.is_empty()));
    Finding::new(
        "HTTPS_PROXY",
        set.map(|name| format!("{name} is set here; its value is not shown, it may hold a password"))
            .ok_or_else(|| "not set here: clients of this environment would not ask the sidecar".to_owned()),
    )
}
