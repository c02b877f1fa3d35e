//! Addresses that a client may not reach through the proxy: what answers there trusts whoever asks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forbidden {
    /// The pod itself.
    Loopback,
    /// The network segment, where clouds keep their metadata services.
    LinkLocal,
    /// A cloud's metadata or platform service.
    Metadata,
    /// Not one machine's address.
    NotUnicast,
}

impl Forbidden {
    /// In a sentence.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Loopback => "a loopback address",
            Self::LinkLocal => "a link-local address",
            Self::Metadata => "a cloud metadata service",
            Self::NotUnicast => "not the address of one host",
        }
    }
}

/// Metadata services outside the link-local ranges: AWS (IPv6: instance metadata, pod identity), Azure's platform address,
/// Alibaba, Oracle.
const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192)];
const METADATA_V6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)];

/// Why this address may not be dialled for a client; `None`: it may.
pub(crate) fn forbidden(address: IpAddr) -> Option<Forbidden> {
    match address {
        IpAddr::V4(v4) => forbidden_v4(v4),
        IpAddr::V6(v6) => match embedded(v6) {
            Some(v4) => forbidden_v4(v4),
            None => forbidden_v6(v6),
        },
    }
}

fn forbidden_v4(address: Ipv4Addr) -> Option<Forbidden> {
    if address.is_loopback() {
        Some(Forbidden::Loopback)
    } else if METADATA_V4.contains(&address) {
        Some(Forbidden::Metadata)
    } else if address.is_link_local() {
        Some(Forbidden::LinkLocal)
    } else if address.octets()[0] == 0 || address.is_multicast() || address.octets()[0] >= 240 {
        Some(Forbidden::NotUnicast) // "this network", 224/4, 240/4 with broadcast
    } else {
        None
    }
}

fn forbidden_v6(address: Ipv6Addr) -> Option<Forbidden> {
    if address.is_loopback() {
        Some(Forbidden::Loopback)
    } else if METADATA_V6.contains(&address) {
        Some(Forbidden::Metadata)
    } else if address.is_unicast_link_local() {
        Some(Forbidden::LinkLocal)
    } else if address.is_unspecified() || address.is_multicast() {
        Some(Forbidden::NotUnicast)
    } else {
        None
    }
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, or behind a NAT64 (RFC 6052), 6to4 (RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => Some(v4(g, h)),
        (0, 0, 0, 0, 0, 0) if g != 0 => Some(v4(g, h)),
        (0x2002, ..) => Some(v4(b, c)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
