//! What the command line asks for, checked: every problem is found before anything is changed.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use thiserror::Error;

use crate::args::Args;
use crate::span::{self, Span};

/// The most entries that one list may have: the transaction must fit into one message to the kernel.
pub const LIST_LIMIT: usize = 1024;

/// The most users that may be exempt besides the proxy's own.
pub const UID_LIMIT: usize = 16;

/// What the table is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// User id whose connections are never redirected.
    pub proxy_uid: u32,
    /// Further user ids of which that is so, in order, each once.
    pub skip_uids: Vec<u32>,
    /// Port on loopback that redirected connections arrive at.
    pub redirect: u16,
    /// TCP ports that are redirected, merged; never empty.
    pub ports: Vec<Span<u16>>,
    /// TCP ports that are left alone, merged.
    pub skip_ports: Vec<Span<u16>>,
    /// IPv4 destinations that are left alone, merged.
    pub skip_v4: Vec<Span<Ipv4Addr>>,
    /// IPv6 destinations that are left alone, merged.
    pub skip_v6: Vec<Span<Ipv6Addr>>,
    /// TCP ports of this pod whose incoming connections are redirected, merged; none when empty.
    pub inbound_ports: Vec<Span<u16>>,
    /// Port that redirected incoming connections arrive at.
    pub inbound_redirect: u16,
}

/// One thing that is wrong with the arguments.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Problem {
    /// Not a user id that may be exempt.
    #[error("{flag}: {value:?} is not a user id (a number from 1 to 4294967294; root is never exempt)")]
    Uid {
        /// Where it stands.
        flag: &'static str,
        /// What stands there.
        value: String,
    },
    /// Not a port.
    #[error("{flag}: {value:?} is not a port (a number from 1 to 65535)")]
    Port {
        /// Where it stands.
        flag: &'static str,
        /// What stands there.
        value: String,
    },
    /// Neither a port nor a range.
    #[error("{flag}: {value:?} is neither a port (1 to 65535) nor a range such as 8000-8100")]
    Ports {
        /// Where it stands.
        flag: &'static str,
        /// What stands there.
        value: String,
    },
    /// Neither a network nor an address.
    #[error("--skip-cidrs: {0:?} is neither a network such as 10.0.0.0/8 or fd00::/8 nor an address")]
    Cidr(String),
    /// Too long a list.
    #[error("{flag}: {count} entries; at most {limit} are possible")]
    TooMany {
        /// Where they stand.
        flag: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Nothing to redirect.
    #[error("--ports: no port is left to redirect; name at least one that --skip-ports doesn't cover")]
    NoPorts,
    /// The proxy's own port among those that are redirected to it.
    #[error("{ports}: port {port} is where {redirect} sends connections to; it can't be redirected itself")]
    OwnPort {
        /// The list that has it.
        ports: &'static str,
        /// The port.
        port: u16,
        /// The flag that names it as the proxy's.
        redirect: &'static str,
    },
    /// One port for both directions.
    #[error(
        "--redirect and --inbound-redirect are both {0}; the proxy can't tell incoming from outgoing connections at one port"
    )]
    SamePort(u16),
    /// The check would run as the user that the table exempts.
    #[error(
        "this process runs as uid {0}, which --proxy-uid or --skip-uids exempts: its check would never be redirected; run it as another user, or with --no-verify"
    )]
    ExemptVerifier(u32),
}

/// Everything that is wrong with the arguments.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "{count} {} in the arguments:", if count == 1 { "problem" } else { "problems" })?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl Settings {
    /// Checks the arguments of a process that runs as `euid`.
    ///
    /// # Errors
    /// All of their problems.
    pub fn read(args: &Args, euid: u32) -> Result<Self, Problems> {
        let mut reader = Reader::default();
        let (skip_v4, skip_v6) = reader.networks(&args.skip_cidrs);
        let settings = Self {
            proxy_uid: reader.uid("--proxy-uid", &args.proxy_uid),
            skip_uids: reader.uids("--skip-uids", &args.skip_uids),
            redirect: reader.port("--redirect", &args.redirect),
            ports: reader.ports("--ports", &args.ports),
            skip_ports: reader.ports("--skip-ports", &args.skip_ports),
            skip_v4,
            skip_v6,
            inbound_ports: reader.ports("--inbound-ports", &args.inbound_ports),
            inbound_redirect: reader.port("--inbound-redirect", &args.inbound_redirect),
        };
        if reader.0.is_empty() {
            reader.0.extend(settings.contradictions());
        }
        let exempt = settings.proxy_uid == euid || settings.skip_uids.contains(&euid);
        if !args.print && !args.no_verify && exempt {
            reader.0.push(Problem::ExemptVerifier(euid));
        }
        if reader.0.is_empty() { Ok(settings) } else { Err(Problems(reader.0)) }
    }

    /// The first port that is redirected for certain.
    pub fn first_port(&self) -> Option<u16> {
        self.ports.iter().flat_map(|span| span.first..=span.last).find(|port| !holds(&self.skip_ports, *port))
    }

    fn contradictions(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.first_port().is_none() {
            problems.push(Problem::NoPorts);
        }
        for (ports, list, redirect, port) in [
            ("--ports", &self.ports, "--redirect", self.redirect),
            ("--inbound-ports", &self.inbound_ports, "--inbound-redirect", self.inbound_redirect),
        ] {
            if holds(list, port) {
                problems.push(Problem::OwnPort { ports, port, redirect });
            }
        }
        if !self.inbound_ports.is_empty() && self.redirect == self.inbound_redirect {
            problems.push(Problem::SamePort(self.redirect));
        }
        problems
    }
}

fn holds(spans: &[Span<u16>], port: u16) -> bool {
    spans.iter().any(|span| span.contains(port))
}

/// Reads values and keeps what is wrong with them.
#[derive(Default)]
struct Reader(Vec<Problem>);

impl Reader {
    fn uid(&mut self, flag: &'static str, text: &str) -> u32 {
        // The greatest number means "no user" to the kernel (setuid(2)).
        text.parse().ok().filter(|uid| (1..u32::MAX).contains(uid)).unwrap_or_else(|| {
            self.0.push(Problem::Uid { flag, value: text.to_owned() });
            u32::MAX
        })
    }

    /// At most [`UID_LIMIT`]: each is a rule of its own.
    fn uids(&mut self, flag: &'static str, texts: &[String]) -> Vec<u32> {
        let mut uids: Vec<u32> =
            self.entries(flag, texts, UID_LIMIT).into_iter().map(|text| self.uid(flag, text)).collect();
        uids.sort_unstable();
        uids.dedup();
        uids
    }

    fn port(&mut self, flag: &'static str, text: &str) -> u16 {
        span::port(text).unwrap_or_else(|| {
            self.0.push(Problem::Port { flag, value: text.to_owned() });
            0
        })
    }

    fn ports(&mut self, flag: &'static str, texts: &[String]) -> Vec<Span<u16>> {
        let mut spans = Vec::new();
        for text in self.entries(flag, texts, LIST_LIMIT) {
            match span::ports(text) {
                Some(span) => spans.push(span),
                None => self.0.push(Problem::Ports { flag, value: text.to_owned() }),
            }
        }
        span::merged(spans)
    }

    fn networks(&mut self, texts: &[String]) -> (Vec<Span<Ipv4Addr>>, Vec<Span<Ipv6Addr>>) {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for text in self.entries("--skip-cidrs", texts, LIST_LIMIT) {
            match span::network(text) {
                Some(IpNet::V4(net)) => v4.push(Span { first: net.network(), last: net.broadcast() }),
                Some(IpNet::V6(net)) => v6.push(Span { first: net.network(), last: net.broadcast() }),
                None => self.0.push(Problem::Cidr(text.to_owned())),
            }
        }
        (span::merged(v4), span::merged(v6))
    }

    /// The entries of a list; an empty value (`--skip-ports=`) is a list without entries.
    fn entries<'a>(&mut self, flag: &'static str, texts: &'a [String], limit: usize) -> Vec<&'a str> {
        let entries: Vec<&str> = texts.iter().map(|text| text.trim()).collect();
        if entries.len() > limit {
            self.0.push(Problem::TooMany { flag, count: entries.len(), limit });
        }
        if entries == [""] { Vec::new() } else { entries }
    }
}

#[cfg(test)]
mod tests;
