//! The other end: verdicts in order of seq, oldest instance first.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use agentguard_api::LossReason;
use uuid::Uuid;

use super::accounts::Accounts;
use super::instance::{Instance, Lane, Segment};
use super::record;
use super::shelf::Shared;

/// Reads the spool. There is one; it hands out every verdict once.
#[derive(Debug)]
pub struct SpoolReader {
    shared: Arc<Shared>,
    instance: Option<Uuid>,
    lanes: [LaneReader; 2],
}

/// Verdicts of one instance, in order of seq. They stay on disk until they are acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Whose.
    pub instance: Uuid,
    /// Seq and event (JSON). Never empty.
    pub events: Vec<(u64, Vec<u8>)>,
}

#[derive(Debug, Default)]
struct LaneReader {
    /// Every seq of the lane up to here was read.
    after: u64,
    segment: u64,
    offset: u64,
    ready: VecDeque<(u64, Vec<u8>)>,
}

impl SpoolReader {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, instance: None, lanes: Default::default() }
    }

    /// What heartbeats and acknowledgements need, for another task.
    #[must_use]
    pub fn accounts(&self) -> Accounts {
        Accounts::new(Arc::clone(&self.shared))
    }

    /// The next verdicts of the oldest instance that has any: at most `max_events`, and no more than `max_bytes` unless it is
    /// a single one. From here on they are not evicted: they may have been stored when no answer comes. To be called when the
    /// parcel before is acknowledged. Reads the disk.
    ///
    /// # Errors
    /// The disk's. The verdicts are handed out by the next call.
    pub fn next(&mut self, max_events: usize, max_bytes: usize) -> io::Result<Option<Parcel>> {
        let shared = Arc::clone(&self.shared);
        shared.shelf(|shelf| {
            // What is sent is not evicted: a parcel of all there is would leave nothing to go but what comes next.
            let max_bytes = max_bytes.min(shelf.parcel());
            let unread =
                shelf.instances.values_mut().find_map(|instance| self.read(instance, max_events, max_bytes));
            unread.transpose()
        })
    }

    fn read(
        &mut self,
        instance: &mut Instance,
        max_events: usize,
        max_bytes: usize,
    ) -> Option<io::Result<Parcel>> {
        if instance.records == 0 {
            return None;
        }
        if self.instance != Some(instance.id) {
            self.instance = Some(instance.id);
            self.lanes =
                Lane::BOTH.map(|_| LaneReader { after: instance.position.acked, ..LaneReader::default() });
        }
        for reader in &mut self.lanes {
            // Their segment may have been evicted since it was read.
            reader.ready.retain(|(seq, _)| !instance.losses.contains(*seq));
        }
        let mut events = Vec::new();
        let mut bytes = 0;
        while events.len() < max_events {
            for (lane, reader) in Lane::BOTH.into_iter().zip(&mut self.lanes) {
                if let Err(error) = reader.fill(lane, instance) {
                    // What was taken off the lanes so far would be gone.
                    self.instance = None;
                    return Some(Err(error));
                }
            }
            let heads = self
                .lanes
                .iter()
                .enumerate()
                .filter_map(|(lane, reader)| Some((reader.ready.front()?.0, lane)));
            let Some((_, lane)) = heads.min() else { break };
            let ready = &mut self.lanes[lane].ready;
            bytes += ready.front().map_or(0, |(_, payload)| payload.len() + 1);
            if bytes > max_bytes && !events.is_empty() {
                break;
            }
            events.extend(ready.pop_front());
        }
        let last = events.last()?.0;
        if let Err(error) = instance.attempt(last) {
            self.shared.failed("write its position", &error);
        }
        Some(Ok(Parcel { instance: instance.id, events }))
    }
}

impl LaneReader {
    /// Sees to it that the next record of the lane is ready, if there is one.
    fn fill(&mut self, lane: Lane, instance: &mut Instance) -> io::Result<()> {
        while self.ready.is_empty() {
            let is_unread = |segment: &&Segment| segment.seqs.last() > Some(self.after);
            let Some(segment) = instance.lane(lane).iter().find(is_unread) else { return Ok(()) };
            if segment.id != self.segment {
                (self.segment, self.offset) = (segment.id, 0);
            }
            let bytes = read_range(&segment.path, self.offset, segment.bytes)?;
            self.offset = segment.bytes;
            let mut damaged = segment.seqs.clone();
            damaged.remove(0, self.after);
            self.after = damaged.last().unwrap_or(self.after);
            for record in record::scan(&bytes) {
                if damaged.contains(record.seq) {
                    damaged.remove(record.seq, record.seq);
                    self.ready.push_back((record.seq, bytes[record.payload].to_vec()));
                }
            }
            instance.lose(LossReason::Corrupt, &damaged);
        }
        Ok(())
    }
}

/// What the file holds from `start` to `end`: less, when it was cut or deleted behind our back.
fn read_range(path: &Path, start: u64, end: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(mut file) => {
            file.seek(SeekFrom::Start(start))?;
            file.take(end.saturating_sub(start)).read_to_end(&mut bytes)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok(bytes)
}
