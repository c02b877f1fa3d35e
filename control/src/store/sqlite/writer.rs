//! The writer: one transaction for a group of work, with the ledgers it needs in memory.

use std::collections::HashMap;
use std::sync::Arc;

use agentguard_api::{BatchReply, HeartbeatReply, Rejected};
use sqlx::{Connection, SqliteConnection};
use uuid::Uuid;

use super::insert::{Conflict, NewRow, insert};
use super::instances::{self, Instance};
use super::shapes::Shapes;
use super::{rollups, sweep};
use crate::rollup::Deltas;
use crate::store::{BadEvent, Done, Event, Incoming, Received, Shape, StoreError, Swept, Work};

/// Ledgers held in memory; past this they are read again when needed.
const INSTANCES: usize = 1024;

/// The one connection that writes and what it remembers.
pub(super) struct Writer {
    conn: SqliteConnection,
    shapes: Shapes,
    instances: HashMap<Uuid, Instance>,
    next_n: i64,
    dead_letters: u64,
    /// A transaction failed: memory may be ahead of the database.
    stale: bool,
}

impl Writer {
    /// Picks up where the database stands.
    pub(super) async fn load(
        mut conn: SqliteConnection,
        shapes: Shapes,
        dead_letters: u64,
    ) -> Result<Self, StoreError> {
        let next_n = next_n(&mut conn).await?;
        Ok(Self { conn, shapes, instances: HashMap::new(), next_n, dead_letters, stale: false })
    }

    /// Makes all of it durable, or nothing.
    pub(super) async fn commit(&mut self, work: &[Work]) -> Result<Vec<Done>, StoreError> {
        if self.stale {
            self.instances.clear();
            self.shapes.reload(&mut self.conn).await?;
            self.next_n = next_n(&mut self.conn).await?;
        }
        // Also when this future is dropped half-way.
        self.stale = true;
        let mut tx = self.conn.begin_with("BEGIN IMMEDIATE").await?;
        let mut group = Group {
            conn: &mut tx,
            shapes: self.shapes.clone(),
            instances: &mut self.instances,
            next_n: &mut self.next_n,
            dead_letters: self.dead_letters,
            touched: Vec::new(),
            counted: Vec::new(),
        };
        let mut done = Vec::with_capacity(work.len());
        for item in work {
            done.push(match item {
                Work::Batch(batch) => group.batch(batch).await?,
                Work::Heartbeat(heartbeat, received) => {
                    let mut instance = group.instance(heartbeat.instance, *received).await?;
                    instance.beat(heartbeat, *received);
                    let (acked_seq, unexplained) = (instance.ledger.acked(), instance.ledger.unexplained());
                    group.keep(heartbeat.instance, instance);
                    Done::Heartbeat(HeartbeatReply {
                        acked_seq,
                        unexplained,
                        policy: String::new(),
                        bundle: 0,
                    })
                }
            });
        }
        group.finish().await?;
        tx.commit().await?;
        self.stale = false;
        if self.instances.len() > INSTANCES {
            self.instances.clear();
        }
        Ok(done)
    }

    #[cfg(test)]
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.conn
    }

    /// One step of retention.
    pub(super) async fn sweep(&mut self, before: i64) -> Result<Swept, StoreError> {
        let swept = sweep::sweep(&mut self.conn, before, crate::clock::now()).await?;
        // Instances may be gone.
        self.instances.clear();
        Ok(swept)
    }

    /// Writes everything into the database file.
    pub(super) async fn close(&mut self) {
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut self.conn).await {
            tracing::warn!(%error, "the write-ahead log could not be folded in; it will be at the next start");
        }
    }
}

async fn next_n(conn: &mut SqliteConnection) -> Result<i64, StoreError> {
    let last: i64 = sqlx::query_scalar("SELECT coalesce(max(n), 0) FROM verdict").fetch_one(conn).await?;
    Ok(last + 1)
}

/// One transaction.
struct Group<'g, 'w> {
    conn: &'g mut SqliteConnection,
    shapes: Shapes,
    instances: &'g mut HashMap<Uuid, Instance>,
    next_n: &'g mut i64,
    dead_letters: u64,
    touched: Vec<Uuid>,
    /// What the rollups must count: events, and their shapes' numbers and shapes as filed.
    counted: Vec<(&'w Event, i64, Arc<Shape>)>,
}

impl<'w> Group<'_, 'w> {
    /// Takes the instance out of the cache; [`Self::keep`] puts it back.
    async fn instance(&mut self, id: Uuid, received: Received) -> Result<Instance, StoreError> {
        match self.instances.remove(&id) {
            Some(instance) => Ok(instance),
            None => instances::load(self.conn, id, received).await,
        }
    }

    fn keep(&mut self, id: Uuid, instance: Instance) {
        self.instances.insert(id, instance);
        if !self.touched.contains(&id) {
            self.touched.push(id);
        }
    }

    async fn batch(&mut self, batch: &'w Incoming) -> Result<Done, StoreError> {
        let mut instance = self.instance(batch.instance, batch.received).await?;
        instance.heard(batch.received, &batch.workload);
        let mut reply = BatchReply::default();
        let mut stored = Vec::with_capacity(batch.events.len());
        let mut rows: Vec<NewRow<'w>> = Vec::with_capacity(batch.events.len());
        let mut shapes: HashMap<i64, Arc<Shape>> = HashMap::new();
        let mut rejects: Vec<BadEvent> = Vec::new();
        for (position, event) in batch.events.iter().enumerate() {
            if instance.ledger.contains(event.seq) && self.was_rejected(instance.inst, event.seq).await? {
                reply.duplicate += 1;
                continue;
            }
            let (shape, filed) = self.shapes.number(self.conn, &event.shape).await?;
            shapes.insert(shape, filed);
            let n = *self.next_n;
            *self.next_n += 1;
            rows.push(NewRow {
                n,
                inst: instance.inst,
                shape,
                flagged: event.shape.flagged(),
                event,
                position,
            });
        }
        let conflicts = insert(self.conn, &rows).await?;
        let mut conflicts = conflicts.into_iter().peekable();
        for (i, row) in rows.iter().enumerate() {
            match conflicts.next_if(|(at, _)| *at == i).map(|(_, conflict)| conflict) {
                None => {
                    instance.ledger.insert(row.event.seq, row.event.seq);
                    instance.stored += 1;
                    reply.accepted += 1;
                    stored.push(row.position);
                    if let Some(shape) = shapes.get(&row.shape) {
                        self.counted.push((row.event, row.shape, Arc::clone(shape)));
                    }
                }
                Some(Conflict::Duplicate) => {
                    instance.ledger.insert(row.event.seq, row.event.seq);
                    reply.duplicate += 1;
                }
                Some(Conflict::Id) => rejects.push(bad(row.event, "id: another event has it")),
                Some(Conflict::Seq) => {
                    rejects.push(bad(row.event, "seq: another event of this instance has it"));
                }
            }
        }
        for bad in [&batch.bad, &rejects] {
            for bad in bad {
                self.reject(&mut instance, bad, batch.received).await?;
                reply.rejected.push(Rejected { index: bad.index, seq: bad.seq, error: bad.error.clone() });
            }
        }
        reply.rejected.sort_by_key(|r| r.index);
        reply.acked_seq = instance.ledger.acked();
        self.keep(batch.instance, instance);
        Ok(Done::Batch(reply, stored))
    }

    async fn was_rejected(&mut self, inst: i64, seq: u64) -> Result<bool, StoreError> {
        let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM dead_letter WHERE inst = ? AND seq = ?")
            .bind(inst)
            .bind(seq as i64)
            .fetch_optional(&mut *self.conn)
            .await?;
        Ok(found.is_some())
    }

    /// Keeps a dead letter. Its seq counts as delivered; the same one again counts once.
    async fn reject<'a>(
        &'a mut self,
        instance: &'a mut Instance,
        bad: &'a BadEvent,
        received: Received,
    ) -> Result<(), StoreError> {
        if let Some(seq) = bad.seq {
            if instance.ledger.contains(seq) && self.was_rejected(instance.inst, seq).await? {
                return Ok(());
            }
            instance.ledger.insert(seq, seq);
        }
        instance.rejected += 1;
        sqlx::query(
            "INSERT INTO dead_letter (received, inst, seq, error, event) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(received)
        .bind(instance.inst)
        .bind(bad.seq.map(|seq| seq as i64))
        .bind(&bad.error)
        .bind(&bad.raw)
        .execute(&mut *self.conn)
        .await?;
        sqlx::query("DELETE FROM dead_letter WHERE n <= (SELECT max(n) FROM dead_letter) - ?")
            .bind(self.dead_letters as i64)
            .execute(&mut *self.conn)
            .await?;
        Ok(())
    }

    /// Writes the rollups and the ledgers.
    async fn finish(&mut self) -> Result<(), StoreError> {
        let deltas = Deltas::of(self.counted.iter().map(|(event, _, shape)| (*event, &**shape)));
        rollups::add(self.conn, &deltas).await?;
        rollups::add_shapes(self.conn, self.counted.iter().map(|(event, shape, _)| (event.ts, *shape)))
            .await?;
        for id in &self.touched {
            if let Some(instance) = self.instances.get(id) {
                instances::save(self.conn, instance).await?;
            }
        }
        Ok(())
    }
}

fn bad(event: &Event, error: &str) -> BadEvent {
    BadEvent {
        index: event.index,
        seq: Some(event.seq),
        error: error.to_owned(),
        raw: event.body.to_string(),
    }
}
