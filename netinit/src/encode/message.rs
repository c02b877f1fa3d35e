//! Netlink messages and their attributes (`netlink(7)`, `Documentation/userspace-api/netlink/intro.rst`).
//!
//! A message is a header of 16 bytes, for netfilter another one of 4 bytes, and attributes: length, type, value, padded to 4 bytes. Lengths and
//! types are in the machine's byte order; numbers in nf_tables attributes are in network byte order.

use super::uapi::{NFPROTO_UNSPEC, NLA_F_NESTED, NLM_F_ACK, NLM_F_REQUEST};

/// Sequence number of the first message.
pub(crate) const FIRST_SEQUENCE: u32 = 1;

/// Messages, one after the other.
#[derive(Debug, Default)]
pub(super) struct Messages {
    bytes: Vec<u8>,
    count: u32,
}

impl Messages {
    /// Appends a message of the type and family.
    pub(super) fn push(
        &mut self,
        kind: u16,
        flags: u16,
        family: u8,
        write: impl FnOnce(&mut Attributes<'_>),
    ) {
        self.message(kind, flags | NLM_F_ACK, family, 0, write);
    }

    /// Appends a begin or an end of a transaction of the subsystem. It asks for no answer: not every kernel gives one.
    pub(super) fn push_edge(&mut self, kind: u16, subsystem: u16) {
        self.message(kind, 0, NFPROTO_UNSPEC, subsystem, |_| {});
    }

    /// All messages.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn message(
        &mut self,
        kind: u16,
        flags: u16,
        family: u8,
        resource: u16,
        write: impl FnOnce(&mut Attributes<'_>),
    ) {
        let start = self.bytes.len();
        self.bytes.extend([0; 4]);
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend((flags | NLM_F_REQUEST).to_ne_bytes());
        self.bytes.extend((FIRST_SEQUENCE + self.count).to_ne_bytes());
        self.bytes.extend([0; 4]);
        // struct nfgenmsg: family, version 0, resource.
        self.bytes.extend([family, 0]);
        self.bytes.extend(resource.to_be_bytes());
        write(&mut Attributes(&mut self.bytes));
        let length = u32::try_from(self.bytes.len() - start).unwrap_or(u32::MAX);
        self.bytes[start..start + 4].copy_from_slice(&length.to_ne_bytes());
        self.count += 1;
    }
}

/// Appends attributes to a message, or to the attribute that they are nested in.
pub(super) struct Attributes<'a>(&'a mut Vec<u8>);

impl Attributes<'_> {
    /// Bytes as they are.
    pub(super) fn bytes(&mut self, kind: u16, value: &[u8]) -> &mut Self {
        self.attribute(kind, |bytes| bytes.extend(value))
    }

    /// A number in network byte order.
    pub(super) fn number(&mut self, kind: u16, value: u32) -> &mut Self {
        self.bytes(kind, &value.to_be_bytes())
    }

    /// A text, which ends with a zero.
    pub(super) fn text(&mut self, kind: u16, value: &str) -> &mut Self {
        self.attribute(kind, |bytes| {
            bytes.extend(value.as_bytes());
            bytes.push(0);
        })
    }

    /// Attributes within an attribute.
    pub(super) fn nest(&mut self, kind: u16, write: impl FnOnce(&mut Attributes<'_>)) -> &mut Self {
        self.attribute(kind | NLA_F_NESTED, |bytes| write(&mut Attributes(bytes)))
    }

    fn attribute(&mut self, kind: u16, write: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        let start = self.0.len();
        self.0.extend([0; 2]);
        self.0.extend(kind.to_ne_bytes());
        write(self.0);
        // The callers keep attributes short (`CHUNK`); the kernel refuses a length that is greater than the message's.
        let length = u16::try_from(self.0.len() - start).unwrap_or(u16::MAX);
        self.0[start..start + 2].copy_from_slice(&length.to_ne_bytes());
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }
}
