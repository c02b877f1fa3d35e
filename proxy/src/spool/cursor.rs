//! How far an instance has come, in two slots that are written in turn: a torn write costs one step, not the file.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// Bytes between the slots: a page, so that one torn write cannot reach both.
const SLOT: u64 = 4096;
const SIZE: usize = 36;

/// Seqs up to which something holds; all only rise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// On disk, or lost.
    pub(super) settled: u64,
    /// Acknowledged by the control plane.
    pub(super) acked: u64,
    /// Sent at least once: may be stored although no answer came.
    pub(super) attempted: u64,
}

/// The file.
#[derive(Debug)]
pub(super) struct Cursor {
    file: File,
    turn: u64,
}

impl Cursor {
    /// Opens or creates the file; zeros when it holds no whole slot.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Option<Position>)> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let newest = (0..2).filter_map(|slot| read(&file, slot * SLOT)).max_by_key(|(turn, _)| *turn);
        let turn = newest.map_or(0, |(turn, _)| turn);
        Ok((Self { file, turn }, newest.map(|(_, position)| position)))
    }

    /// Writes to the page cache: survives the process, not the machine.
    pub(super) fn write(&mut self, position: Position) -> io::Result<()> {
        self.turn += 1;
        let mut bytes = [0; SIZE];
        for (field, at) in
            [self.turn, position.settled, position.acked, position.attempted].iter().zip((0..).step_by(8))
        {
            bytes[at..at + 8].copy_from_slice(&field.to_le_bytes());
        }
        let sum = crc32c::crc32c(&bytes[..32]);
        bytes[32..].copy_from_slice(&sum.to_le_bytes());
        self.file.write_all_at(&bytes, self.turn % 2 * SLOT)
    }

    /// Writes both slots to the disk. Needed before anything is deleted because of the position.
    pub(super) fn write_durably(&mut self, position: Position) -> io::Result<()> {
        self.write(position)?;
        self.write(position)?;
        self.file.sync_data()
    }
}

fn read(file: &File, at: u64) -> Option<(u64, Position)> {
    let mut bytes = [0; SIZE];
    file.read_exact_at(&mut bytes, at).ok()?;
    let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("8 bytes"));
    let sum = u32::from_le_bytes(bytes[32..].try_into().expect("4 bytes"));
    let position = Position { settled: number(8), acked: number(16), attempted: number(24) };
    (sum == crc32c::crc32c(&bytes[..32])).then_some((number(0), position))
}

#[cfg(test)]
mod tests;
