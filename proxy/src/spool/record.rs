//! A record on disk: `marker · length · CRC32C · seq · payload`, numbers little-endian, the checksum over all that follows it
//! and the length before it.
//!
//! The marker cannot occur in a payload (it is not UTF-8), so that after damage the next whole record is found again.

use std::ops::Range;

/// Begins every record.
const MARKER: [u8; 4] = [0xFF, b'A', b'G', 0xFE];
/// Bytes before the payload.
pub(super) const HEADER: usize = 20;
/// No payload is larger; the writer takes captured content out of events that would be.
pub(super) const MAX_PAYLOAD: usize = 1 << 20;

/// A record found in a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) seq: u64,
    /// Where the payload lies in the bytes that were read.
    pub(super) payload: Range<usize>,
}

/// Appends a record.
pub(super) fn encode(seq: u64, payload: &[u8], out: &mut Vec<u8>) {
    let len = u32::try_from(payload.len()).expect("payloads are at most MAX_PAYLOAD");
    out.extend_from_slice(&MARKER);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&checksum(len, seq, payload).to_le_bytes());
    out.extend_from_slice(&seq.to_le_bytes());
    out.extend_from_slice(payload);
}

/// The whole records in `bytes`, in order, whatever lies between them.
pub(super) fn scan(bytes: &[u8]) -> impl Iterator<Item = Record> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            at += memchr::memmem::find(bytes.get(at..)?, &MARKER)?;
            if let Some(record) = decode(bytes, at) {
                at = record.payload.end;
                return Some(record);
            }
            at += 1;
        }
    })
}

fn decode(bytes: &[u8], at: usize) -> Option<Record> {
    let number =
        |offset: usize| bytes.get(at + offset..at + offset + 4)?.try_into().ok().map(u32::from_le_bytes);
    let (len, sum) = (number(4)?, number(8)?);
    let seq = u64::from_le_bytes(bytes.get(at + 12..at + HEADER)?.try_into().ok()?);
    let start = at + HEADER;
    let payload = start..start + len as usize;
    if len as usize > MAX_PAYLOAD {
        return None;
    }
    (checksum(len, seq, bytes.get(payload.clone())?) == sum).then_some(Record { seq, payload })
}

fn checksum(len: u32, seq: u64, payload: &[u8]) -> u32 {
    let sum = crc32c::crc32c(&len.to_le_bytes());
    let sum = crc32c::crc32c_append(sum, &seq.to_le_bytes());
    crc32c::crc32c_append(sum, payload)
}

#[cfg(test)]
mod tests;
