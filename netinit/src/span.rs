//! Closed ranges of ports and addresses: what the interval sets hold.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};

/// A value that a set can hold, in the order of its bytes on the wire.
pub trait Point: Copy + Ord {
    /// The value before every other one.
    const LEAST: Self;
    /// Length of the key in bytes.
    const BYTES: u32;
    /// The number of the key's type in nft (`enum datatypes` of its `include/datatype.h`); the kernel only keeps it.
    const NFT_TYPE: u32;
    /// The value after this one; `None` after the last.
    fn next(self) -> Option<Self>;
    /// The key of the set: the value in network byte order.
    fn key(self) -> Vec<u8>;
}

impl Point for u16 {
    const LEAST: Self = 0;
    const BYTES: u32 = 2;
    const NFT_TYPE: u32 = 13;

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn key(self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }
}

impl Point for Ipv4Addr {
    const LEAST: Self = Self::UNSPECIFIED;
    const BYTES: u32 = 4;
    const NFT_TYPE: u32 = 7;

    fn next(self) -> Option<Self> {
        self.to_bits().checked_add(1).map(Self::from_bits)
    }

    fn key(self) -> Vec<u8> {
        self.octets().to_vec()
    }
}

impl Point for Ipv6Addr {
    const LEAST: Self = Self::UNSPECIFIED;
    const BYTES: u32 = 16;
    const NFT_TYPE: u32 = 8;

    fn next(self) -> Option<Self> {
        self.to_bits().checked_add(1).map(Self::from_bits)
    }

    fn key(self) -> Vec<u8> {
        self.octets().to_vec()
    }
}

/// The values from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span<T> {
    /// The least value.
    pub first: T,
    /// The greatest value, not less than `first`.
    pub last: T,
}

impl<T: Point> Span<T> {
    /// Whether the value lies within.
    pub fn contains(&self, value: T) -> bool {
        self.first <= value && value <= self.last
    }
}

/// The same values in as few spans as possible, in order: nf_tables refuses intervals that overlap.
pub fn merged<T: Point>(mut spans: Vec<Span<T>>) -> Vec<Span<T>> {
    spans.sort_unstable();
    let mut merged: Vec<Span<T>> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(before) if before.last.next().is_none_or(|next| span.first <= next) => {
                before.last = before.last.max(span.last);
            }
            _ => merged.push(span),
        }
    }
    merged
}

/// A port (`443`) or a range of ports (`8000-8100`); `None` for anything else, and for port 0.
pub fn ports(text: &str) -> Option<Span<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let span = Span { first: port(first)?, last: port(last)? };
    (span.first <= span.last).then_some(span)
}

/// A port from 1 to 65535.
pub fn port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0)
}

/// A network (`10.0.0.0/8`; bits beyond the prefix don't count) or an address, of either family.
pub fn network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>()
        .map(|network| network.trunc())
        .ok()
        .or_else(|| text.parse::<IpAddr>().map(IpNet::from).ok())
}

impl fmt::Display for Span<u16> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        if self.first == self.last { Ok(()) } else { write!(f, "-{}", self.last) }
    }
}

impl fmt::Display for Span<Ipv4Addr> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut networks = Ipv4Subnets::new(self.first, self.last, 0);
        match (networks.next(), networks.next()) {
            (Some(whole), None) if whole.prefix_len() < 32 => write!(f, "{whole}"),
            (Some(_), None) => write!(f, "{}", self.first),
            _ => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

impl fmt::Display for Span<Ipv6Addr> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut networks = Ipv6Subnets::new(self.first, self.last, 0);
        match (networks.next(), networks.next()) {
            (Some(whole), None) if whole.prefix_len() < 128 => write!(f, "{whole}"),
            (Some(_), None) => write!(f, "{}", self.first),
            _ => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

#[cfg(test)]
mod tests;
