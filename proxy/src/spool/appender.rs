//! The open segment of a lane: buffered, written, synced, in that order.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use super::instance::{Lane, Segment};
use super::losses::sync_dir;
use super::ranges::Ranges;
use super::shelf::Shared;

/// A longer buffer is written at once.
const BUFFER: usize = 256 << 10;

/// See the module.
#[derive(Debug)]
pub(super) struct Appender {
    lane: Lane,
    /// Made with the first write.
    file: Option<File>,
    /// The first seq.
    id: u64,
    path: PathBuf,
    /// Bytes that the reader may see.
    published: u64,
    /// Bytes in the file.
    written: u64,
    buffer: Vec<u8>,
    /// Appended since the last publication.
    seqs: Ranges,
}

impl Appender {
    pub(super) fn new(lane: Lane) -> Self {
        let (path, buffer, seqs) = (PathBuf::new(), Vec::new(), Ranges::default());
        Self { lane, file: None, id: 0, path, published: 0, written: 0, buffer, seqs }
    }

    /// Where the record with this seq is to be put.
    pub(super) fn take(&mut self, seq: u64) -> &mut Vec<u8> {
        if self.len() == 0 {
            self.id = seq;
        }
        self.seqs.insert(seq, seq);
        &mut self.buffer
    }

    /// Whether a record would make the segment longer than it should be.
    pub(super) fn is_full(&self, size: u64, segment_bytes: u64) -> bool {
        self.len() > 0 && self.len() + size > segment_bytes
    }

    pub(super) fn is_buffer_large(&self) -> bool {
        self.buffer.len() >= BUFFER
    }

    /// The first seq that it holds.
    pub(super) fn first(&self) -> Option<u64> {
        (self.len() > 0).then_some(self.id)
    }

    /// Bytes that are not on the shelf's account yet.
    pub(super) fn unpublished(&self) -> u64 {
        self.len() - self.published
    }

    /// Writes the buffer; makes the file, and the instance's directory, when there is none.
    pub(super) fn write(&mut self, shared: &Shared) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let dir = shared.shelf(|shelf| {
                    let live = shelf.live(shared.live);
                    live.prepare().map(|()| live.dir.clone())
                })?;
                self.path = dir.join(format!("{:020}.{}", self.id, self.lane.extension()));
                let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
                sync_dir(&self.path)?;
                self.file.insert(file)
            }
        };
        file.write_all(&self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Writes the buffer and waits for the disk.
    pub(super) fn sync(&mut self, shared: &Shared) -> io::Result<()> {
        self.write(shared)?;
        match &self.file {
            Some(file) if self.written > self.published => file.sync_data(),
            _ => Ok(()),
        }
    }

    /// What was synced and not published, as a segment to be added to the shelf, and its new bytes.
    pub(super) fn publish(&mut self) -> Option<(Segment, u64)> {
        if self.seqs.is_empty() {
            return None;
        }
        let fresh = self.written - self.published;
        self.published = self.written;
        let seqs = std::mem::take(&mut self.seqs);
        let segment = Segment { id: self.id, path: self.path.clone(), bytes: self.written, seqs, open: true };
        Some((segment, fresh))
    }

    /// Takes back what was not published, as far as the disk lets it. Returns its seqs.
    pub(super) fn abandon(&mut self) -> Ranges {
        if let Some(file) = self.file.take() {
            // Should it fail, the records are still known to be lost.
            let _ =
                if self.published == 0 { fs::remove_file(&self.path) } else { file.set_len(self.published) };
        }
        std::mem::take(&mut self.seqs)
    }

    fn len(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }
}
