//! One transaction for a group of work.
//!
//! Locks are taken in one order by every replica: instances by number, keys by id, buckets by their key. What fails because two replicas
//! crossed all the same, or because a partition was dropped meanwhile, is tried again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use agentguard_api::{BatchReply, HeartbeatReply, Rejected};
use sqlx::PgConnection;

use super::insert::{Conflict, NewRow, insert};
use super::instances::{self, Known};
use super::{Postgres, plain, rollups, shapes};
use crate::rollup::Deltas;
use crate::store::instance::Instance;
use crate::store::{BadEvent, Done, Event, Filed, Incoming, Received, Shape, StoreError, Work};

/// Attempts at one group.
const TRIES: u32 = 3;

/// Makes all of it durable, or nothing.
pub(super) async fn commit(store: &Postgres, work: &[Work]) -> Result<Vec<Done>, StoreError> {
    let mut tries = 1;
    loop {
        match attempt(store, work).await {
            Err(error) if tries < TRIES && again(&error) => {
                tracing::debug!(%error, tries, "a commit is tried again");
                store.days.forget();
                tries += 1;
            }
            done => return done,
        }
    }
}

/// Serialization failure, deadlock, a timeout on a lock, or no partition for a row.
fn again(error: &StoreError) -> bool {
    let StoreError::Database(sqlx::Error::Database(error)) = error else { return false };
    matches!(error.code().as_deref(), Some("40001" | "40P01" | "55P03" | "23514"))
}

async fn attempt(store: &Postgres, work: &[Work]) -> Result<Vec<Done>, StoreError> {
    // What must be there before: seen by all replicas, and of no harm if this fails.
    let now = crate::clock::now();
    let times = work.iter().flat_map(|work| match work {
        Work::Batch(batch) => batch.events.as_slice(),
        Work::Heartbeat(..) => &[],
    });
    store.days.ensure(&store.pool, times.map(|event| event.ts), now).await?;
    let mut wanted: Vec<(&str, Option<&Shape>)> = Vec::new();
    for item in work {
        match item {
            Work::Batch(batch) => {
                wanted.push((&batch.tenant, None));
                wanted.extend(batch.events.iter().map(|event| (&*batch.tenant, Some(&event.shape))));
            }
            Work::Heartbeat(tenant, ..) => wanted.push((tenant, None)),
        }
    }
    shapes::file(&store.pool, &store.shapes, &wanted).await?;
    let mut keys: Vec<Known> = Vec::with_capacity(work.len());
    let mut filed: Vec<Vec<Arc<Filed>>> = Vec::with_capacity(work.len());
    let mut wanted: BTreeMap<Known, Received> = BTreeMap::new();
    let unfiled = || StoreError::Damaged("a shape was filed and is not there".to_owned());
    for item in work {
        let (tenant, instance, received) = match item {
            Work::Batch(batch) => (&batch.tenant, batch.instance, batch.received),
            Work::Heartbeat(tenant, heartbeat, received) => (tenant, heartbeat.instance, *received),
        };
        let key = (store.shapes.tenant(tenant).ok_or_else(unfiled)?, instance);
        keys.push(key);
        wanted.entry(key).or_insert(received);
        let mut own = Vec::new();
        if let Work::Batch(batch) = item {
            for event in &batch.events {
                own.push(store.shapes.find(tenant, &event.shape).map_err(|_| unfiled())?);
            }
        }
        filed.push(own);
    }

    let mut tx = store.writes.begin().await?;
    let mut instances = instances::lock(&mut tx, &wanted).await?;
    if instances.len() < wanted.len() {
        tx.rollback().await?;
        instances::make(&store.pool, &wanted).await?;
        tx = store.writes.begin().await?;
        instances = instances::lock(&mut tx, &wanted).await?;
    }
    let mut group = Group { instances, rejected: HashSet::new(), letters: Vec::new(), counted: Vec::new() };
    group.rejected = rejected(&mut tx, work, &keys, &group.instances).await?;

    // Every row of the group at once.
    let mut refused_before = group.rejected.clone();
    let mut rows = Vec::new();
    let mut places: Vec<Vec<Option<usize>>> = Vec::with_capacity(work.len());
    for ((item, key), filed) in work.iter().zip(&keys).zip(&filed) {
        let mut place = Vec::new();
        if let Work::Batch(batch) = item {
            let inst = group.instance(key)?.inst;
            for (event, filed) in batch.events.iter().zip(filed) {
                let skip = refused_before.contains(&(inst, event.seq));
                place.push((!skip).then_some(rows.len()));
                if !skip {
                    rows.push(NewRow { inst, filed, event });
                }
            }
            refused_before.extend(batch.bad.iter().filter_map(|bad| Some((inst, bad.seq?))));
        }
        places.push(place);
    }
    let conflicts = if rows.is_empty() { HashMap::new() } else { insert(&mut tx, &rows).await? };

    let mut done = Vec::with_capacity(work.len());
    for (i, item) in work.iter().enumerate() {
        done.push(match item {
            Work::Batch(batch) => group.batch(batch, &keys[i], &filed[i], &places[i], &conflicts)?,
            Work::Heartbeat(_, heartbeat, received) => {
                let instance = group.instance(&keys[i])?;
                instance.beat(heartbeat, *received);
                let (acked_seq, unexplained) = (instance.ledger.acked(), instance.ledger.unexplained());
                Done::Heartbeat(HeartbeatReply { acked_seq, unexplained, policy: String::new(), bundle: 0 })
            }
        });
    }
    group.finish(&mut tx, store).await?;
    tx.commit().await?;
    Ok(done)
}

/// Of the seqs in this group that are accounted for, those that are so because they were rejected.
async fn rejected(
    conn: &mut PgConnection,
    work: &[Work],
    keys: &[Known],
    instances: &HashMap<Known, Instance>,
) -> Result<HashSet<(i64, u64)>, StoreError> {
    let (mut insts, mut seqs) = (Vec::new(), Vec::new());
    for (item, key) in work.iter().zip(keys) {
        let (Work::Batch(batch), Some(instance)) = (item, instances.get(key)) else { continue };
        let all =
            batch.events.iter().map(|event| event.seq).chain(batch.bad.iter().filter_map(|bad| bad.seq));
        for seq in all.filter(|&seq| instance.ledger.contains(seq)) {
            insts.push(instance.inst);
            seqs.push(seq as i64);
        }
    }
    if seqs.is_empty() {
        return Ok(HashSet::new());
    }
    let found: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT d.inst, d.seq FROM dead_letter d \
         JOIN unnest($1::bigint[], $2::bigint[]) w (inst, seq) ON d.inst = w.inst AND d.seq = w.seq",
    )
    .bind(insts)
    .bind(seqs)
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().map(|(inst, seq)| (inst, seq as u64)).collect())
}

/// One transaction.
struct Group<'w> {
    instances: HashMap<Known, Instance>,
    /// By instance and seq.
    rejected: HashSet<(i64, u64)>,
    letters: Vec<(Received, i64, BadEvent)>,
    /// What the rollups must count.
    counted: Vec<(&'w Event, Arc<Filed>)>,
}

impl<'w> Group<'w> {
    fn instance(&mut self, key: &Known) -> Result<&mut Instance, StoreError> {
        // Its row was made a moment ago; only the retention can have taken it, and then the sender comes back.
        self.instances
            .get_mut(key)
            .ok_or_else(|| StoreError::Damaged(format!("instance {} went away", key.1)))
    }

    fn batch(
        &mut self,
        batch: &'w Incoming,
        key: &Known,
        filed: &[Arc<Filed>],
        places: &[Option<usize>],
        conflicts: &HashMap<usize, Conflict>,
    ) -> Result<Done, StoreError> {
        let mut reply = BatchReply::default();
        let mut stored = Vec::with_capacity(batch.events.len());
        let mut rejects: Vec<BadEvent> = Vec::new();
        let mut counted = Vec::with_capacity(batch.events.len());
        self.instance(key)?.heard(batch.received, &batch.workload);
        let inst = self.instance(key)?.inst;
        for (position, (event, place)) in batch.events.iter().zip(places).enumerate() {
            let Some(row) = place.filter(|_| !self.rejected.contains(&(inst, event.seq))) else {
                reply.duplicate += 1;
                continue;
            };
            match conflicts.get(&row) {
                None => {
                    let instance = self.instance(key)?;
                    instance.ledger.insert(event.seq, event.seq);
                    instance.stored += 1;
                    reply.accepted += 1;
                    stored.push(position);
                    counted.push((event, Arc::clone(&filed[position])));
                }
                Some(Conflict::Duplicate) => {
                    self.instance(key)?.ledger.insert(event.seq, event.seq);
                    reply.duplicate += 1;
                }
                Some(Conflict::Id) => rejects.push(bad(event, "id: another event has it")),
                Some(Conflict::Seq) => rejects.push(bad(event, "seq: another event of this instance has it")),
            }
        }
        self.counted.append(&mut counted);
        for bad in batch.bad.iter().cloned().chain(rejects) {
            reply.rejected.push(Rejected { index: bad.index, seq: bad.seq, error: bad.error.clone() });
            self.reject(key, inst, bad, batch.received)?;
        }
        reply.rejected.sort_by_key(|r| r.index);
        reply.acked_seq = self.instance(key)?.ledger.acked();
        Ok(Done::Batch(reply, stored))
    }

    /// Keeps a dead letter. Its seq counts as delivered; the same one again counts once.
    fn reject(
        &mut self,
        key: &Known,
        inst: i64,
        bad: BadEvent,
        received: Received,
    ) -> Result<(), StoreError> {
        if let Some(seq) = bad.seq {
            if !self.rejected.insert((inst, seq)) {
                return Ok(());
            }
            self.instance(key)?.ledger.insert(seq, seq);
        }
        self.instance(key)?.rejected += 1;
        self.letters.push((received, inst, bad));
        Ok(())
    }

    /// Writes the dead letters, the rollups and the ledgers.
    async fn finish(&mut self, conn: &mut PgConnection, store: &Postgres) -> Result<(), StoreError> {
        if !self.letters.is_empty() {
            self.bury(conn, store.dead_letters).await?;
        }
        let deltas = Deltas::of(self.counted.iter().map(|(event, filed)| (*event, &**filed)));
        let shapes = self.counted.iter().map(|(event, filed)| (event.ts, filed.number));
        rollups::add(conn, store.slot, &deltas, shapes).await?;
        let mut instances: Vec<&Instance> = self.instances.values().collect();
        instances.sort_unstable_by_key(|instance| instance.inst);
        instances::save(conn, &instances).await
    }

    async fn bury(&self, conn: &mut PgConnection, most: i64) -> Result<(), StoreError> {
        let letters = &self.letters;
        sqlx::query(
            "INSERT INTO dead_letter (received, inst, seq, error, event) \
             SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[]) ON CONFLICT DO NOTHING",
        )
        .bind(letters.iter().map(|(received, ..)| *received).collect::<Vec<_>>())
        .bind(letters.iter().map(|(_, inst, _)| *inst).collect::<Vec<_>>())
        .bind(letters.iter().map(|(.., bad)| bad.seq.map(|seq| seq as i64)).collect::<Vec<_>>())
        .bind(letters.iter().map(|(.., bad)| plain(&bad.error).into_owned()).collect::<Vec<_>>())
        .bind(letters.iter().map(|(.., bad)| plain(&bad.raw).into_owned()).collect::<Vec<_>>())
        .execute(&mut *conn)
        .await?;
        // Another replica may be at the same ones: it does it then.
        sqlx::query(
            "DELETE FROM dead_letter WHERE n IN (SELECT n FROM dead_letter \
             WHERE n <= (SELECT max(n) FROM dead_letter) - $1 ORDER BY n FOR UPDATE SKIP LOCKED)",
        )
        .bind(most)
        .execute(conn)
        .await?;
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
