//! The table `inet agentguard`: its sets, chains and rules, before they are written as netlink messages or as text.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::settings::Settings;
use crate::span::Span;

/// Name of the table.
pub const TABLE: &str = "agentguard";

/// Just before the priority of destination NAT (-100, `NF_IP_PRI_NAT_DST`), where service meshes redirect: the first chain that redirects a connection
/// decides.
const BEFORE_MESHES: i32 = -101;

/// UDP ports of protocols that would pass by the proxy: HTTP/3 at both of its ports and DNS over QUIC or DTLS (RFC 9250, RFC 8094).
const REFUSED_UDP: [u16; 3] = [80, 443, 853];

/// DNS over TLS (RFC 7858).
const DNS_OVER_TLS: u16 = 853;

/// All of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Named sets, before the rules that look into them.
    pub sets: Vec<Set>,
    /// Base chains.
    pub chains: Vec<Chain>,
}

/// A named set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub elements: Elements,
}

/// The elements of a set, merged and in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elements {
    /// `inet_service`
    Ports(Vec<Span<u16>>),
    /// `ipv4_addr`
    V4(Vec<Span<Ipv4Addr>>),
    /// `ipv6_addr`
    V6(Vec<Span<Ipv6Addr>>),
}

/// A chain at a hook of the network stack; what no rule decides is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Its name.
    pub name: &'static str,
    /// What its rules may do.
    pub kind: Kind,
    /// Where it stands.
    pub hook: Hook,
    /// When it runs among the chains of its hook; lower is earlier.
    pub priority: i32,
    /// Its rules, in order.
    pub rules: Vec<Rule>,
}

/// The type of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Runs for the first packet of a connection; may redirect.
    Nat,
    /// Runs for every packet; may reject.
    Filter,
}

/// A hook of the network stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// What comes in, before routing.
    Prerouting,
    /// What processes here send.
    Output,
}

/// A rule: one condition, one verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// When it applies.
    pub when: Match,
    /// Whether the kernel counts the packets that it applies to.
    pub counted: bool,
    /// What happens then.
    pub then: Verdict,
}

/// The condition of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// The socket was opened by this user.
    SocketUid(u32),
    /// The packet leaves by the loopback interface.
    ByLoopback,
    /// The destination is an address of this network namespace.
    ToSelf,
    /// The IPv4 destination is in the set.
    V4In(&'static str),
    /// The IPv6 destination is in the set.
    V6In(&'static str),
    /// The TCP destination port is in the set.
    TcpIn(&'static str),
    /// The TCP destination port is this one.
    Tcp(u16),
    /// The UDP destination port is one of these, in order.
    UdpIn(&'static [u16]),
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Lets the packet pass this chain.
    Accept,
    /// Leaves the chain: its policy decides.
    Return,
    /// Sends the connection to this port of this host.
    Redirect(u16),
    /// Drops the packet; its sender learns at once that the port is unreachable.
    RejectUnreachable,
    /// Drops the packet and resets the connection.
    RejectReset,
}

impl Elements {
    /// Whether any element is more than one value: the set then needs the flag `interval`.
    pub fn are_intervals(&self) -> bool {
        fn any<T: PartialEq>(spans: &[Span<T>]) -> bool {
            spans.iter().any(|span| span.first != span.last)
        }
        match self {
            Self::Ports(spans) => any(spans),
            Self::V4(spans) => any(spans),
            Self::V6(spans) => any(spans),
        }
    }
}

impl From<&Settings> for Table {
    fn from(settings: &Settings) -> Self {
        let mut sets = vec![Set { name: "llm_ports", elements: Elements::Ports(settings.ports.clone()) }];
        let users = std::iter::once(&settings.proxy_uid).chain(&settings.skip_uids);
        let mut exempt: Vec<_> = users.map(|uid| rule(Match::SocketUid(*uid), Verdict::Return)).collect();
        exempt.extend([rule(Match::ByLoopback, Verdict::Return), rule(Match::ToSelf, Verdict::Return)]);
        let mut skip = |set: Set, when: Match| {
            sets.push(set);
            exempt.push(rule(when, Verdict::Return));
        };
        if !settings.skip_v4.is_empty() {
            skip(
                Set { name: "skip4", elements: Elements::V4(settings.skip_v4.clone()) },
                Match::V4In("skip4"),
            );
        }
        if !settings.skip_v6.is_empty() {
            skip(
                Set { name: "skip6", elements: Elements::V6(settings.skip_v6.clone()) },
                Match::V6In("skip6"),
            );
        }
        if !settings.skip_ports.is_empty() {
            let elements = Elements::Ports(settings.skip_ports.clone());
            skip(Set { name: "skip_ports", elements }, Match::TcpIn("skip_ports"));
        }
        let redirect = rule(Match::TcpIn("llm_ports"), Verdict::Redirect(settings.redirect));
        let mut chains = vec![Chain {
            name: "nat_output",
            kind: Kind::Nat,
            hook: Hook::Output,
            priority: BEFORE_MESHES,
            rules: exempt.into_iter().chain([redirect]).collect(),
        }];
        if !settings.inbound_ports.is_empty() {
            sets.push(Set {
                name: "inbound_ports",
                elements: Elements::Ports(settings.inbound_ports.clone()),
            });
            chains.push(Chain {
                name: "nat_prerouting",
                kind: Kind::Nat,
                hook: Hook::Prerouting,
                priority: BEFORE_MESHES,
                rules: vec![rule(
                    Match::TcpIn("inbound_ports"),
                    Verdict::Redirect(settings.inbound_redirect),
                )],
            });
        }
        chains.push(Chain {
            name: "filter_output",
            kind: Kind::Filter,
            hook: Hook::Output,
            priority: 0,
            rules: vec![
                rule(Match::SocketUid(settings.proxy_uid), Verdict::Accept),
                rule(Match::ByLoopback, Verdict::Accept),
                Rule { when: Match::UdpIn(&REFUSED_UDP), counted: true, then: Verdict::RejectUnreachable },
                Rule { when: Match::Tcp(DNS_OVER_TLS), counted: true, then: Verdict::RejectReset },
            ],
        });
        Self { sets, chains }
    }
}

fn rule(when: Match, then: Verdict) -> Rule {
    Rule { when, counted: false, then }
}
