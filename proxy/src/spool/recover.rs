//! What earlier instances left behind: every whole record is found, every missing seq is counted.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;

use agentguard_api::LossReason;
use uuid::Uuid;

use super::cursor::{Cursor, Position};
use super::instance::{FORMAT, Instance, Lane, Meta, Segment};
use super::losses::Losses;
use super::metrics::Metrics;
use super::ranges::Ranges;
use super::record;

/// The instances below `spool`, and the bytes of their segments.
///
/// # Errors
/// A directory that cannot be listed, or a file that cannot be read: the disk, not what is written on it.
pub(super) fn all(spool: &Path, metrics: &Metrics) -> io::Result<(Vec<Instance>, u64)> {
    let mut found = Vec::new();
    let mut bytes = 0;
    for entry in fs::read_dir(spool)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(id) = name.to_str().and_then(|name| Uuid::try_parse(name).ok()) else { continue };
        if let Some((instance, size)) = instance(id, spool, metrics)? {
            found.push(instance);
            bytes += size;
        }
    }
    Ok((found, bytes))
}

fn instance(id: Uuid, spool: &Path, metrics: &Metrics) -> io::Result<Option<(Instance, u64)>> {
    let dir = spool.join(id.to_string());
    // Without it (a crash while it was made, or damage) only the id says when the instance began.
    let meta =
        fs::read(dir.join("meta.json")).ok().and_then(|text| serde_json::from_slice::<Meta>(&text).ok());
    let meta = meta.unwrap_or_else(|| Meta { format: FORMAT, started: started(id), ..Meta::default() });
    if meta.format != FORMAT {
        tracing::error!(instance = %id, format = meta.format, "spool: verdicts of an unknown format are left alone");
        return Ok(None);
    }
    let (cursor, position) = Cursor::open(&dir.join("cursor"))?;
    let losses = Losses::load(dir.join("losses"), metrics.lost.clone())?;
    let segments = segments(&dir, &losses)?;

    let mut known = losses.all().clone();
    for (_, segment) in &segments {
        known.extend(&segment.seqs);
    }
    // Segments are only deleted once acknowledged or counted as lost: what lies before the first known seq was delivered.
    let position = position.unwrap_or_else(|| {
        let acked = known.first().map_or(0, |first| first - 1);
        Position { settled: acked, acked, attempted: acked }
    });
    let last = known.last().unwrap_or(0).max(position.settled).max(position.acked);
    let missing = known.missing(position.acked + 1, last);

    let mut instance = Instance::new(id, spool, meta, metrics.lost.clone()).found(position, losses, cursor);
    let mut bytes = 0;
    for (lane, segment) in segments {
        bytes += segment.bytes;
        instance.publish(lane, segment);
    }
    instance.lose(LossReason::Corrupt, &missing);
    instance.settle(last)?;
    bytes -= instance.sweep()?;
    Ok(Some((instance, bytes)))
}

/// The segments of both lanes, each lane in order.
fn segments(dir: &Path, losses: &Losses) -> io::Result<Vec<(Lane, Segment)>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let lane = Lane::BOTH.into_iter().find(|lane| path.extension() == Some(OsStr::new(lane.extension())));
        let id = path.file_stem().and_then(OsStr::to_str).and_then(|name| name.parse().ok());
        if let (Some(lane), Some(id)) = (lane, id) {
            segments.push((lane, Segment { id, path, bytes: 0, seqs: Ranges::default(), open: false }));
        }
    }
    segments.sort_by_key(|(_, segment)| segment.id);
    let mut seen = losses.all().clone();
    for (_, segment) in &mut segments {
        let bytes = fs::read(&segment.path)?;
        segment.bytes = bytes.len() as u64;
        for record in record::scan(&bytes) {
            if !seen.contains(record.seq) {
                segment.seqs.insert(record.seq, record.seq);
            }
        }
        seen.extend(&segment.seqs);
    }
    Ok(segments)
}

/// Microseconds since the Unix epoch, from a version 7 id.
pub(super) fn started(id: Uuid) -> i64 {
    id.get_timestamp().map_or(0, |timestamp| {
        let (seconds, nanos) = timestamp.to_unix();
        seconds as i64 * 1_000_000 + i64::from(nanos) / 1_000
    })
}
