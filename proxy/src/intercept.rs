//! What the proxy is told about traffic that it catches.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use agentguard_trust::{Authority, HostSet};

pub use crate::front::decide::{Mode, Unknown};

/// How traffic is caught, and what of it is read.
#[derive(Clone, Debug)]
pub struct Intercept {
    /// Where it is caught.
    pub listen: Vec<Catch>,
    /// The hosts to be judged.
    pub hosts: HostSet,
    /// Who signs the certificates for them.
    pub authority: Arc<Authority>,
    /// What is done with connections that do not say where they are going.
    pub unknown: Unknown,
    /// What is done when a host's clients trust only their own certificates.
    pub pinned: Pinned,
    /// Ports to which tunnels may be asked for.
    pub connect_ports: Vec<u16>,
    /// Ports to which plain HTTP may be asked for, besides those.
    pub http_ports: Vec<u16>,
}

/// A listener for caught connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Catch {
    /// How connections come there.
    pub mode: Mode,
    /// Where: a loopback address of either family. Where both are caught there are two listeners, since the kernel keeps one
    /// record of redirected connections for each family.
    pub address: SocketAddr,
}

/// What is done when a host's clients trust only their own certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pinned {
    /// Their calls fail: nothing passes unjudged.
    #[default]
    Fail,
    /// After some refusals the host's connections pass unread for a while, and are counted.
    Pass,
}

/// Addresses that stand for names, whatever a name server says.
pub type Fixed = BTreeMap<String, SocketAddr>;
