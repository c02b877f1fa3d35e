//! Walking the chain from its beginning.

use std::time::Instant;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;

use super::Audit;
use super::chain::{Fields, MAC, PLAIN};
use super::list::hex;
use crate::store::StoreError;
use crate::store::records::Row;

/// Entries read at once.
const STEP: i64 = 1000;
/// Breaks reported; more say no more.
const BREAKS: usize = 20;

/// A place of the chain that somebody wrote down elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Anchor {
    /// The entry.
    pub(crate) seq: i64,
    /// Its MAC, hexadecimal.
    pub(crate) mac: String,
}

/// What the walk showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// Every entry is as it was written, under the key that is in use.
    Intact,
    /// Nothing contradicts the chain, but some of it could have been forged: entries without a key, or under one that is not here.
    Unproven,
    /// Something was changed, removed or put in another order.
    Broken,
}

/// A place where the chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Break {
    /// The entry, or the one that should be there.
    pub(crate) seq: i64,
    /// What is wrong.
    pub(crate) what: String,
}

/// The result of a walk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Report {
    /// The verdict on what was walked.
    pub(crate) state: State,
    /// Entries walked.
    pub(crate) entries: u64,
    /// Of those, chained without a key.
    pub(crate) without_key: u64,
    /// Of those, under a key that this control plane does not have.
    pub(crate) unknown_key: u64,
    /// Where it does not hold; the first 20.
    pub(crate) breaks: Vec<Break>,
    /// Whether the walk came to the end. If not, there was no time left, and the rest is unknown.
    pub(crate) complete: bool,
    /// The last entry walked: keep it elsewhere, and give it to the next walk.
    pub(crate) head: Anchor,
}

impl Audit {
    /// Walks the chain, to its end or the deadline. An anchor from elsewhere shows that the end was not cut off and the whole not written anew.
    pub(crate) async fn verify(
        &self,
        anchor: Option<&Anchor>,
        deadline: Instant,
    ) -> Result<Report, StoreError> {
        let mut walk = Walk { before: vec![0; MAC], ..Walk::default() };
        loop {
            let rows = self
                .records
                .fetch(
                    "SELECT seq, at, tenant, actor, address, request_id, action, object, outcome, detail, key_id, mac \
                     FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2",
                    &[walk.seq.into(), STEP.into()],
                )
                .await?;
            for row in &rows {
                walk.step(self, row, anchor)?;
            }
            if rows.len() < usize::try_from(STEP).unwrap_or(usize::MAX) {
                break;
            }
            if Instant::now() > deadline {
                return Ok(walk.report(self, false));
            }
        }
        self.end(&mut walk, anchor).await?;
        Ok(walk.report(self, true))
    }

    /// Whether the chain ends where its head says.
    async fn end(&self, walk: &mut Walk, anchor: Option<&Anchor>) -> Result<(), StoreError> {
        let head = self.records.first("SELECT seq, mac FROM audit_head", &[]).await?;
        match head {
            None => walk.broken(walk.seq, "the head is gone"),
            // More may have been written since the last step.
            Some(head) if head.int(0)? < walk.seq => walk.broken(walk.seq, "entries after the head"),
            Some(head) if head.int(0)? == walk.seq && head.bytes(1)? != walk.before => {
                walk.broken(walk.seq, "the head is another");
            }
            Some(head) if head.int(0)? > walk.seq => {
                let next = self
                    .records
                    .first("SELECT seq FROM audit WHERE seq > $1 LIMIT 1", &[walk.seq.into()])
                    .await?;
                if next.is_none() {
                    walk.broken(walk.seq + 1, "entries at the end are gone");
                }
            }
            Some(_) => {}
        }
        if anchor.is_some_and(|anchor| anchor.seq > walk.seq) {
            walk.broken(walk.seq + 1, "entries up to the anchor are gone");
        }
        Ok(())
    }
}

#[derive(Default)]
struct Walk {
    seq: i64,
    before: Vec<u8>,
    entries: u64,
    without_key: u64,
    unknown_key: u64,
    breaks: Vec<Break>,
}

impl Walk {
    fn step(&mut self, audit: &Audit, row: &Row, anchor: Option<&Anchor>) -> Result<(), StoreError> {
        let seq = row.int(0)?;
        if seq != self.seq + 1 {
            self.broken(self.seq + 1, "entries are missing");
        }
        let texts: Vec<String> = (2..10).map(|column| row.text(column)).collect::<Result<_, _>>()?;
        let fields = Fields {
            seq,
            at: row.int(1)?,
            tenant: &texts[0],
            actor: &texts[1],
            address: &texts[2],
            request_id: &texts[3],
            action: &texts[4],
            object: &texts[5],
            outcome: &texts[6],
            detail: &texts[7],
        };
        let (key_id, mac) = (row.text(10)?, row.bytes(11)?);
        match audit.chain.expected(&key_id, &self.before, &fields) {
            None => self.unknown_key += 1,
            Some(expected) if bool::from(expected.ct_eq(&mac)) => {
                self.without_key += u64::from(key_id == PLAIN);
            }
            Some(_) => self.broken(seq, "does not fit what is before it"),
        }
        if anchor.is_some_and(|anchor| anchor.seq == seq && !anchor.mac.eq_ignore_ascii_case(&hex(&mac))) {
            self.broken(seq, "is not the entry of the anchor");
        }
        self.entries += 1;
        (self.seq, self.before) = (seq, mac);
        Ok(())
    }

    fn broken(&mut self, seq: i64, what: &str) {
        if self.breaks.len() < BREAKS {
            self.breaks.push(Break { seq, what: what.to_owned() });
        }
    }

    fn report(self, audit: &Audit, complete: bool) -> Report {
        let unproven = self.without_key + self.unknown_key > 0 || (self.entries > 0 && !audit.chain.keyed());
        let state = match (self.breaks.is_empty(), unproven) {
            (false, _) => State::Broken,
            (true, true) => State::Unproven,
            (true, false) => State::Intact,
        };
        Report {
            state,
            entries: self.entries,
            without_key: self.without_key,
            unknown_key: self.unknown_key,
            breaks: self.breaks,
            complete,
            head: Anchor { seq: self.seq, mac: hex(&self.before) },
        }
    }
}
