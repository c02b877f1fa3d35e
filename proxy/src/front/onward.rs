//! Where a caught connection was going, and how it gets there.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::connect::{Authority, Host};
use super::forbidden::{Forbidden, forbidden};
use crate::dns::{Dns, DnsError, View, race};

/// A server that a client means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Onward {
    /// The kernel's record of where the client connected.
    Recorded(SocketAddr),
    /// What the client asked for, or is taken to mean; not every address will do.
    Asked(Authority, View),
}

/// Why a server is not reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OnwardError {
    /// An address that clients may not reach through a proxy.
    #[error("{host} is {}; it cannot be reached through this proxy", why.as_str())]
    Forbidden {
        /// As the client wrote it.
        host: String,
        /// What it is.
        why: Forbidden,
    },
    /// The name.
    #[error(transparent)]
    Dns(#[from] DnsError),
    /// It does not answer.
    #[error("{host} cannot be reached: {source}")]
    Connect {
        /// Name or address.
        host: String,
        /// The system's word.
        source: io::Error,
    },
}

impl Onward {
    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        match self {
            Self::Recorded(address) => address.port(),
            Self::Asked(authority, _) => authority.port,
        }
    }

    /// Connects. A name is resolved once, and what is dialled is what was checked.
    pub(crate) async fn dial(&self, dns: &Dns, limit: Duration) -> Result<TcpStream, OnwardError> {
        let (host, addresses) = match self {
            Self::Recorded(address) => (address.to_string(), vec![*address]),
            Self::Asked(Authority { host: Host::Address(ip), port }, _) => {
                let why = forbidden(*ip);
                if let Some(why) = why {
                    return Err(OnwardError::Forbidden { host: ip.to_string(), why });
                }
                (ip.to_string(), vec![SocketAddr::new(*ip, *port)])
            }
            Self::Asked(Authority { host: Host::Name(name), port }, view) => {
                let found = timeout(limit, dns.lookup(name, *port, *view)).await.map_err(|_| {
                    DnsError::Failed {
                        host: name.clone(),
                        reason: "the name servers did not answer in time".to_owned(),
                    }
                })??;
                let allowed = found.for_clients();
                (name.clone(), allowed.map_err(|why| OnwardError::Forbidden { host: name.clone(), why })?)
            }
        };
        let connected = timeout(limit, race::connect(&addresses)).await;
        let connected = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let server = connected.map_err(|source| OnwardError::Connect { host, source })?;
        let _ = server.set_nodelay(true); // fails only on a connection that is gone already
        Ok(server)
    }
}
