//! Which verdicts of an instance were lost and why, in memory and in a file that is only appended to.
//!
//! The seqs are kept as ranges. There are never many more ranges than records on disk, because what lies between two of them
//! is either still on disk or delivered, and delivered stretches are forgotten (their count is kept) once reported.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use agentguard_api::LossReason;
use prometheus::IntCounterVec;

use super::ranges::Ranges;

/// Bytes of an entry: kind, two numbers, checksum.
const ENTRY: usize = 21;
/// Beyond so many ranges the reported ones are forgotten.
const REMEMBERED: usize = 65_536;
/// Entries that a file may hold beyond twice what is needed.
const SLACK: usize = 1024;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Entry {
    Lost(LossReason, u64, u64),
    Forgotten(LossReason, u64),
}

/// The losses of one instance.
#[derive(Debug)]
pub(super) struct Losses {
    path: PathBuf,
    by_reason: BTreeMap<LossReason, Ranges>,
    /// Forgotten ones included.
    counts: BTreeMap<LossReason, u64>,
    all: Ranges,
    unreported: Ranges,
    unsaved: BTreeMap<LossReason, Ranges>,
    file: Option<File>,
    entries: usize,
    metric: IntCounterVec,
}

impl Losses {
    /// Of a new instance; the file is made with the first loss.
    pub(super) fn new(path: PathBuf, metric: IntCounterVec) -> Self {
        Self {
            path,
            by_reason: BTreeMap::new(),
            counts: BTreeMap::new(),
            all: Ranges::default(),
            unreported: Ranges::default(),
            unsaved: BTreeMap::new(),
            file: None,
            entries: 0,
            metric,
        }
    }

    /// Of an earlier instance. Damaged entries are passed over: what they said shows up as a gap.
    pub(super) fn load(path: PathBuf, metric: IntCounterVec) -> io::Result<Self> {
        let mut losses = Self::new(path, metric);
        let bytes = match fs::read(&losses.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(losses),
            Err(error) => return Err(error),
        };
        for entry in bytes.chunks_exact(ENTRY).filter_map(decode) {
            match entry {
                Entry::Lost(reason, start, end) => {
                    losses.add(reason, start, end);
                }
                Entry::Forgotten(reason, count) => *losses.counts.entry(reason).or_default() += count,
            }
        }
        losses.unsaved.clear();
        losses.entries = bytes.len() / ENTRY;
        if bytes.len() % ENTRY != 0 {
            // A torn entry would put all later ones out of step.
            OpenOptions::new().write(true).open(&losses.path)?.set_len((losses.entries * ENTRY) as u64)?;
        }
        Ok(losses)
    }

    /// Counts what of `start..=end` is not counted yet.
    pub(super) fn insert(&mut self, reason: LossReason, start: u64, end: u64) {
        let added = self.add(reason, start, end);
        self.metric.with_label_values(&[reason.as_str()]).inc_by(added);
    }

    fn add(&mut self, reason: LossReason, start: u64, end: u64) -> u64 {
        let fresh = self.all.missing(start, end);
        for &(start, end) in fresh.as_slice() {
            self.by_reason.entry(reason).or_default().insert(start, end);
            self.unsaved.entry(reason).or_default().insert(start, end);
            self.unreported.insert(start, end);
            self.all.insert(start, end);
        }
        let count = fresh.count();
        if count > 0 {
            *self.counts.entry(reason).or_default() += count;
        }
        count
    }

    /// Writes what is new to the disk. What could not be written is tried again the next time.
    pub(super) fn save(&mut self) -> io::Result<()> {
        if self.unsaved.is_empty() {
            return Ok(());
        }
        let needed = self.by_reason.values().map(|ranges| ranges.as_slice().len()).sum::<usize>();
        if self.entries > 2 * needed + SLACK {
            return self.rewrite();
        }
        let bytes = encode_ranges(&self.unsaved);
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                self.file.insert(OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?)
            }
        };
        let whole = (self.entries * ENTRY) as u64;
        if let Err(error) = file.write_all(&bytes).and_then(|()| file.sync_data()) {
            // Half an entry would put all later ones out of step.
            let _ = file.set_len(whole);
            return Err(error);
        }
        self.entries += bytes.len() / ENTRY;
        self.unsaved.clear();
        Ok(())
    }

    fn rewrite(&mut self) -> io::Result<()> {
        let mut bytes = encode_ranges(&self.by_reason);
        for (reason, count) in &self.counts {
            let remembered = self.by_reason.get(reason).map_or(0, Ranges::count);
            encode(Entry::Forgotten(*reason, count - remembered), &mut bytes);
        }
        let fresh = self.path.with_extension("new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(&bytes)?;
        file.sync_data()?;
        fs::rename(&fresh, &self.path)?;
        sync_dir(&self.path)?;
        self.file = None;
        self.entries = bytes.len() / ENTRY;
        self.unsaved.clear();
        Ok(())
    }

    /// Whether the seq is lost.
    pub(super) fn contains(&self, seq: u64) -> bool {
        self.all.contains(seq)
    }

    /// All that are remembered.
    pub(super) fn all(&self) -> &Ranges {
        &self.all
    }

    /// How many, by reason.
    pub(super) fn counts(&self) -> &BTreeMap<LossReason, u64> {
        &self.counts
    }

    /// The lowest `max` ranges that the control plane has not confirmed.
    pub(super) fn unreported(&self, max: usize) -> Vec<(u64, u64)> {
        self.unreported.as_slice().iter().take(max).copied().collect()
    }

    /// The control plane has taken these.
    pub(super) fn reported(&mut self, ranges: &[(u64, u64)], acked: u64) {
        self.unreported.subtract(ranges);
        if self.all.as_slice().len() > REMEMBERED {
            self.forget(acked);
        }
    }

    /// Everything is to be reported again: the control plane may not be the one that took it.
    pub(super) fn report_again(&mut self) {
        self.unreported = self.all.clone();
    }

    fn forget(&mut self, acked: u64) {
        let unreported = &self.unreported;
        let mut all = Ranges::default();
        for ranges in self.by_reason.values_mut() {
            ranges.retain(|start, end| end > acked || unreported.missing(start, end).count() <= end - start);
            all.extend(ranges);
        }
        self.all = all;
    }
}

/// Makes a rename or a new file in the directory of `path` durable.
pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn encode_ranges(by_reason: &BTreeMap<LossReason, Ranges>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (reason, ranges) in by_reason {
        for &(start, end) in ranges.as_slice() {
            encode(Entry::Lost(*reason, start, end), &mut bytes);
        }
    }
    bytes
}

fn encode(entry: Entry, out: &mut Vec<u8>) {
    let at = out.len();
    let (kind, reason, first, second) = match entry {
        Entry::Lost(reason, start, end) => (0, reason, start, end),
        Entry::Forgotten(reason, count) => (0x80, reason, count, 0),
    };
    out.push(kind | code(reason));
    out.extend_from_slice(&first.to_le_bytes());
    out.extend_from_slice(&second.to_le_bytes());
    out.extend_from_slice(&crc32c::crc32c(&out[at..]).to_le_bytes());
}

fn decode(bytes: &[u8]) -> Option<Entry> {
    let (body, sum) = bytes.split_at_checked(ENTRY - 4)?;
    if crc32c::crc32c(body).to_le_bytes() != sum {
        return None;
    }
    let reason = LossReason::ALL.into_iter().find(|reason| code(*reason) == body[0] & 0x7F)?;
    let first = u64::from_le_bytes(body[1..9].try_into().ok()?);
    let second = u64::from_le_bytes(body[9..17].try_into().ok()?);
    if body[0] & 0x80 != 0 {
        return Some(Entry::Forgotten(reason, first));
    }
    (first <= second).then_some(Entry::Lost(reason, first, second))
}

/// As written on disk: never to be given another meaning.
fn code(reason: LossReason) -> u8 {
    match reason {
        LossReason::SpoolFull => 1,
        LossReason::Corrupt => 2,
        LossReason::WriteFailed => 3,
        LossReason::QueueFull => 4,
        LossReason::Refused => 5,
    }
}

#[cfg(test)]
mod tests;
