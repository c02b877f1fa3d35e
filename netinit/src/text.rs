//! The table in nft's syntax (`nft(8)`), laid out as `nft list table` lays it out: for `--print`.

use std::fmt::{self, Display};

use crate::table::{Chain, Elements, Hook, Kind, Match, Rule, Set, TABLE, Table, Verdict};

impl Display for Table {
    /// A script for `nft -f -` that does what this program does: replace the table in one transaction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "add table inet {TABLE}\ndelete table inet {TABLE}\ntable inet {TABLE} {{")?;
        for (index, set) in self.sets.iter().enumerate() {
            write!(f, "{}{set}", if index == 0 { "" } else { "\n" })?;
        }
        for chain in &self.chains {
            write!(f, "\n{chain}")?;
        }
        writeln!(f, "}}")
    }
}

impl Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, elements) = match &self.elements {
            Elements::Ports(spans) => ("inet_service", list(spans)),
            Elements::V4(spans) => ("ipv4_addr", list(spans)),
            Elements::V6(spans) => ("ipv6_addr", list(spans)),
        };
        writeln!(f, "\tset {} {{\n\t\ttype {kind}", self.name)?;
        if self.elements.are_intervals() {
            writeln!(f, "\t\tflags interval")?;
        }
        writeln!(f, "\t\telements = {{ {elements} }}\n\t}}")
    }
}

impl Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Nat => "nat",
            Kind::Filter => "filter",
        };
        let hook = match self.hook {
            Hook::Prerouting => "prerouting",
            Hook::Output => "output",
        };
        writeln!(f, "\tchain {} {{", self.name)?;
        writeln!(f, "\t\ttype {kind} hook {hook} priority {}; policy accept;", self.priority)?;
        self.rules.iter().try_for_each(|rule| writeln!(f, "\t\t{rule}"))?;
        writeln!(f, "\t}}")
    }
}

impl Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.when, if self.counted { "counter " } else { "" }, self.then)
    }
}

impl Display for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SocketUid(uid) => write!(f, "meta skuid {uid}"),
            Self::ByLoopback => write!(f, "oifname \"lo\""),
            Self::ToSelf => write!(f, "fib daddr type local"),
            Self::V4In(set) => write!(f, "ip daddr @{set}"),
            Self::V6In(set) => write!(f, "ip6 daddr @{set}"),
            Self::TcpIn(set) => write!(f, "tcp dport @{set}"),
            Self::Tcp(port) => write!(f, "tcp dport {port}"),
            Self::UdpIn(ports) => write!(f, "udp dport {{ {} }}", list(ports)),
        }
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accept => write!(f, "accept"),
            Self::Return => write!(f, "return"),
            Self::Redirect(port) => write!(f, "redirect to :{port}"),
            Self::RejectUnreachable => write!(f, "reject with icmpx port-unreachable"),
            Self::RejectReset => write!(f, "reject with tcp reset"),
        }
    }
}

fn list<T: Display>(elements: &[T]) -> String {
    elements.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
