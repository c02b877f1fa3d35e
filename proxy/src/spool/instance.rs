//! One instance's directory: its segments in two lanes, its cursor, its losses.
//!
//! `<uuid>/meta.json`, `cursor`, `losses`, and segments `<first seq>.pass` and `<first seq>.flag`. Verdicts that flag something
//! have a lane of their own, so that the others can make room for them by the file.

use std::collections::VecDeque;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use agentguard_api::{LossReason, Workload};
use prometheus::IntCounterVec;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::cursor::{Cursor, Position};
use super::losses::{Losses, sync_dir};
use super::ranges::Ranges;

/// Of the files in an instance's directory. Another one is left alone.
pub(super) const FORMAT: u32 = 1;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Verdicts that flag nothing: the first to go.
    Pass,
    /// Flagged, blocked or redacted.
    Flag,
}

impl Lane {
    pub(super) const BOTH: [Self; 2] = [Self::Pass, Self::Flag];

    /// The ending of its segments' names.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Flag => "flag",
        }
    }
}

/// A file of records, as far as it may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// The first seq, as in its name.
    pub(super) id: u64,
    pub(super) path: PathBuf,
    /// Synced; ends between two records.
    pub(super) bytes: u64,
    /// Of its whole records that are not lost.
    pub(super) seqs: Ranges,
    /// Whether the writer still appends to it.
    pub(super) open: bool,
}

/// Who an instance was, for heartbeats after it is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Meta {
    pub(super) format: u32,
    /// Microseconds since the Unix epoch.
    pub(super) started: i64,
    pub(super) version: String,
    pub(super) workload: Workload,
}

/// One instance.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) id: Uuid,
    pub(super) dir: PathBuf,
    pub(super) meta: Meta,
    pub(super) position: Position,
    pub(super) losses: Losses,
    /// On disk and not acknowledged.
    pub(super) records: u64,
    lanes: [VecDeque<Segment>; 2],
    /// `None`: nothing was written yet, and there is no directory.
    cursor: Option<Cursor>,
}

impl Instance {
    /// A new one, in memory only.
    pub(super) fn new(id: Uuid, spool: &Path, meta: Meta, lost: IntCounterVec) -> Self {
        let dir = spool.join(id.to_string());
        let losses = Losses::new(dir.join("losses"), lost);
        let position = Position::default();
        Self { id, dir, meta, position, losses, records: 0, lanes: Default::default(), cursor: None }
    }

    /// One found on disk, with what was found of it.
    pub(super) fn found(mut self, position: Position, losses: Losses, cursor: Cursor) -> Self {
        (self.position, self.losses, self.cursor) = (position, losses, Some(cursor));
        self
    }

    /// Makes the directory, once.
    pub(super) fn prepare(&mut self) -> io::Result<()> {
        if self.cursor.is_some() {
            return Ok(());
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&self.dir)?;
        let path = self.dir.join("meta.json");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        file.write_all(&serde_json::to_vec(&self.meta)?)?;
        file.sync_all()?;
        let (cursor, _) = Cursor::open(&self.dir.join("cursor"))?;
        sync_dir(&path)?;
        sync_dir(&self.dir)?;
        self.cursor = Some(cursor);
        Ok(())
    }

    /// The segments of a lane, oldest first.
    pub(super) fn lane(&self, lane: Lane) -> &VecDeque<Segment> {
        &self.lanes[lane as usize]
    }

    /// Adds a segment, or what was appended to the newest one.
    pub(super) fn publish(&mut self, lane: Lane, segment: Segment) {
        self.records += segment.seqs.count_above(self.position.acked);
        let lane = &mut self.lanes[lane as usize];
        match lane.back_mut().filter(|last| last.id == segment.id) {
            Some(last) => {
                last.bytes = segment.bytes;
                last.seqs.extend(&segment.seqs);
            }
            None => lane.push_back(segment),
        }
    }

    /// The writer is done with its segment of the lane.
    pub(super) fn close(&mut self, lane: Lane) {
        if let Some(last) = self.lanes[lane as usize].back_mut() {
            last.open = false;
        }
    }

    /// Every seq up to here is on disk or lost.
    pub(super) fn settle(&mut self, seq: u64) -> io::Result<()> {
        self.position.settled = self.position.settled.max(seq);
        let saved = self.losses.save();
        self.write_cursor().and(saved)
    }

    /// Records up to here are about to be sent: they may be stored from now on, so they are no longer evicted.
    pub(super) fn attempt(&mut self, seq: u64) -> io::Result<()> {
        self.position.attempted = self.position.attempted.max(seq);
        self.write_cursor()
    }

    /// Records up to here need not be kept. Returns the bytes of the segments that went.
    pub(super) fn acknowledge(&mut self, seq: u64) -> io::Result<u64> {
        if seq <= self.position.acked {
            return Ok(0);
        }
        let before = self.position.acked;
        self.position.acked = seq;
        self.position.attempted = self.position.attempted.max(seq);
        for segment in self.lanes.iter().flat_map(|lane| lane.iter().take_while(|segment| segment.id <= seq))
        {
            self.records -= segment.seqs.count_above(before) - segment.seqs.count_above(seq);
        }
        self.sweep()
    }

    /// Deletes the closed segments that hold nothing to be sent.
    pub(super) fn sweep(&mut self) -> io::Result<u64> {
        let acked = self.position.acked;
        let is_done =
            |segment: &Segment| !segment.open && segment.seqs.last().is_none_or(|last| last <= acked);
        if !self.lanes.iter().flatten().any(is_done) {
            self.write_cursor()?;
            return Ok(0);
        }
        let position = self.position;
        if let Some(cursor) = &mut self.cursor {
            cursor.write_durably(position)?;
        }
        let mut freed = 0;
        for lane in &mut self.lanes {
            for segment in lane.iter().filter(|segment| is_done(segment)) {
                remove(&segment.path)?;
                freed += segment.bytes;
            }
            lane.retain(|segment| !is_done(segment));
        }
        Ok(freed)
    }

    /// Gives up the lane's oldest segment that was never sent from. Returns its bytes, and whether the disk went along;
    /// `None`: there is no such segment.
    pub(super) fn evict(&mut self, lane: Lane) -> Option<(u64, io::Result<()>)> {
        let attempted = self.position.attempted;
        let segments = &mut self.lanes[lane as usize];
        let can_go =
            |segment: &Segment| !segment.open && segment.seqs.first().is_none_or(|first| first > attempted);
        let index = segments.iter().position(can_go)?;
        let segment = segments.remove(index)?;
        self.records -= segment.seqs.count_above(self.position.acked);
        for &(start, end) in segment.seqs.as_slice() {
            self.losses.insert(LossReason::SpoolFull, start, end);
        }
        // First the count, then the deletion: after a crash between the two the records are there and known to be lost.
        let saved = self.losses.save();
        Some((segment.bytes, remove(&segment.path).and(saved)))
    }

    /// Counts records as lost that are in segments.
    pub(super) fn lose(&mut self, reason: LossReason, lost: &Ranges) {
        for &(start, end) in lost.as_slice() {
            self.losses.insert(reason, start, end);
            for segment in self.lanes.iter_mut().flatten() {
                let before = segment.seqs.count_above(self.position.acked);
                segment.seqs.remove(start, end);
                self.records -= before - segment.seqs.count_above(self.position.acked);
            }
        }
    }

    /// Deletes the directory.
    pub(super) fn delete(self) -> io::Result<()> {
        fs::remove_dir_all(&self.dir)
    }

    fn write_cursor(&mut self) -> io::Result<()> {
        let position = self.position;
        self.cursor.as_mut().map_or(Ok(()), |cursor| cursor.write(position))
    }
}

/// Deletes a file that may be gone already.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
