//! The head of a CONNECT request (RFC 9110, section 9.3.6), and the address in it.

use std::net::{IpAddr, SocketAddr};

use super::hello::host_name;

/// Bytes of a head that are waited for.
pub(crate) const MAX: usize = 8 << 10;

/// What the bytes so far say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// More bytes are needed.
    More,
    /// A whole head: where to, and how long it is.
    Connect(Authority, usize),
    /// It begins as CONNECT, and is none that can be followed.
    Malformed,
    /// Another request, or no HTTP at all.
    Other,
}

/// Host and port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Authority {
    pub(crate) host: Host,
    pub(crate) port: u16,
}

/// A name, or an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Host {
    /// In lower case, without a dot at its end.
    Name(String),
    Address(IpAddr),
}

const METHOD: &[u8] = b"CONNECT ";

/// Reads the first bytes of a connection.
pub(crate) fn read(bytes: &[u8]) -> Progress {
    let begun = bytes.len().min(METHOD.len());
    if bytes[..begun] != METHOD[..begun] {
        return Progress::Other;
    }
    let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else {
        return if bytes.len() >= MAX { Progress::Malformed } else { Progress::More };
    };
    let line = bytes[METHOD.len()..end].split(|b| *b == b'\r').next().unwrap_or_default();
    let target = match line.strip_suffix(b" HTTP/1.1").or_else(|| line.strip_suffix(b" HTTP/1.0")) {
        Some(target) if target.is_ascii() => target,
        _ => return Progress::Malformed,
    };
    let authority = std::str::from_utf8(target).ok().and_then(Authority::parse);
    authority.map_or(Progress::Malformed, |authority| Progress::Connect(authority, end + 4))
}

/// Ports, as a refusal names those that are allowed.
pub(crate) fn list(ports: &[u16]) -> String {
    ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}

impl Authority {
    /// `host:port`; an IPv6 address stands in brackets.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port != 0)?;
        Some(Self { host: Host::parse(host)?, port })
    }
}

impl Host {
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[') {
            let address = inner.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Address(IpAddr::V6(address)));
        }
        if let Ok(address) = text.parse() {
            return Some(Self::Address(IpAddr::V4(address)));
        }
        let name = host_name(text.as_bytes())?;
        // `0x7f.1` and `2130706433` are addresses to some resolvers, and never anybody's name.
        let last = name.rsplit('.').next().unwrap_or_default();
        let numeric = last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x");
        (!numeric).then_some(Self::Name(name))
    }
}

impl From<SocketAddr> for Authority {
    fn from(address: SocketAddr) -> Self {
        Self { host: Host::Address(address.ip()), port: address.port() }
    }
}

#[cfg(test)]
mod tests;
