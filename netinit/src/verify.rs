//! Checks that the redirect works, by being redirected: binds the proxy's port, dials an address that nobody has, and must meet itself.
//!
//! Only the table's own path is checked: what this process sends. Redirected incoming connections can't be made from inside.

mod probe;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use thiserror::Error;

use crate::settings::Settings;

/// Addresses of documentation (RFC 5737, RFC 3849, RFC 9637): nobody has them, and no packet leaves when the redirect works.
const TARGETS_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(198, 51, 100, 1), Ipv4Addr::new(203, 0, 113, 1)];
const TARGETS_V6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 1)];

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// What the check of one family found.
#[derive(Debug)]
pub enum Found {
    /// The connection to this destination was redirected.
    Works(SocketAddr),
    /// The network namespace has no route, so nothing can be sent: the kernel said this.
    NoRoute(io::Error),
    /// The network namespace doesn't have this family: the kernel said this.
    NoFamily(io::Error),
    /// The settings leave alone every address that could be dialled.
    Skipped,
}

/// Why the check failed.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// Somebody else has the proxy's port, and now gets what is meant for the proxy.
    #[error(
        "the redirect does not work: another process already listens at {0}, where redirected connections arrive"
    )]
    Occupied(SocketAddr),
    /// The connection went nowhere.
    #[error("the redirect does not work: a connection to {target} did not arrive at {listener} ({source})")]
    NotRedirected {
        /// What was dialled.
        target: SocketAddr,
        /// Where it should have arrived.
        listener: SocketAddr,
        /// What became of it.
        source: io::Error,
    },
    /// Somebody else answered.
    #[error(
        "the redirect does not work: something other than this process answered a connection to {target} that should have arrived at {listener}; is there another \
         redirect, before priority -101?"
    )]
    Elsewhere {
        /// What was dialled.
        target: SocketAddr,
        /// Where it should have arrived.
        listener: SocketAddr,
    },
    /// The proxy would not know where the connection was going.
    #[error(
        "the redirect does not work: a connection to {target} arrived, but its original destination reads {seen}"
    )]
    WrongDestination {
        /// What was dialled.
        target: SocketAddr,
        /// What `SO_ORIGINAL_DST` gave, or why it gave nothing.
        seen: String,
    },
    /// Nothing could be checked.
    #[error(
        "the table is in place, but could not be checked: {0}. A pod always has a default route: look at the network plugin's log, or pass --no-verify where there is \
         none on purpose"
    )]
    Unchecked(Report),
    /// The check itself could not be set up.
    #[error("the table is in place, but could not be checked: cannot listen at {listener} ({source})")]
    Setup {
        /// Where it should listen.
        listener: SocketAddr,
        /// Why it can't.
        source: io::Error,
    },
}

/// What the check found, by family.
#[derive(Debug)]
pub struct Report(pub Vec<(Family, Found)>);

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (family, found)) in self.0.iter().enumerate() {
            let name = match family {
                Family::V4 => "IPv4",
                Family::V6 => "IPv6",
            };
            write!(f, "{}{name} ", if index == 0 { "" } else { ", " })?;
            match found {
                Found::Works(target) => write!(f, "works (dialled {target})"),
                Found::NoRoute(error) => write!(f, "has no route ({error})"),
                Found::NoFamily(error) => write!(f, "is off ({error})"),
                Found::Skipped => write!(f, "is left alone by --skip-cidrs"),
            }?;
        }
        Ok(())
    }
}

/// Checks both families; takes a few milliseconds when the redirect works, and at most about 8 seconds.
///
/// # Errors
/// When it does not work for a family that has a route, and when no family could be checked.
pub fn verify(settings: &Settings) -> Result<Report, VerifyError> {
    // Settings without a port to redirect are refused before.
    let port = settings.first_port().unwrap_or(443);
    let v4 =
        TARGETS_V4.into_iter().find(|target| !settings.skip_v4.iter().any(|span| span.contains(*target)));
    let v6 =
        TARGETS_V6.into_iter().find(|target| !settings.skip_v6.iter().any(|span| span.contains(*target)));
    let check = |target: Option<IpAddr>| match target {
        Some(address) => probe::probe(SocketAddr::new(address, port), settings.redirect),
        None => Ok(Found::Skipped),
    };
    let report =
        Report(vec![(Family::V4, check(v4.map(IpAddr::V4))?), (Family::V6, check(v6.map(IpAddr::V6))?)]);
    let checked = report.0.iter().any(|(_, found)| matches!(found, Found::Works(_)));
    // Left alone on purpose is not the same as unreachable by accident.
    let skipped = report.0.iter().any(|(_, found)| matches!(found, Found::Skipped));
    let stuck = report.0.iter().any(|(_, found)| matches!(found, Found::NoRoute(_)));
    if checked || (skipped && !stuck) { Ok(report) } else { Err(VerifyError::Unchecked(report)) }
}
