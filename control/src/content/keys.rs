//! Data keys: one a tenant and UTC day, wrapped in the database, briefly in memory.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::kek::{Kek, Keks};
use super::sealed::{self, Envelope, Key};
use super::{ContentError, Day};
use crate::clock;
use crate::store::records::{Records, Row, Tx, Value};

/// Keys held in memory for writing. Each is a tenant's day: more than these are read again when needed.
const HELD: usize = 256;
/// For so long another replica may still write under a key that was erased here; what it writes cannot be read.
const HELD_FOR: Duration = Duration::from_secs(60);
/// Keys wrapped anew in one transaction.
const STEP: i64 = 100;
/// The transactions that make, wrap and erase keys run one after the other.
const LOCK: &str = "data_keys";
/// Keys listed.
const LISTED: i64 = 1000;

/// A data key.
pub(super) struct DataKey {
    id: String,
    key: Key,
}

impl DataKey {
    /// Seals one field of a verdict's.
    pub(super) fn seal(
        &self,
        tenant: &str,
        verdict: Uuid,
        field: &str,
        text: &str,
    ) -> Result<String, ContentError> {
        let sealed = sealed::seal(&self.key, &self.aad(tenant, verdict, field), text.as_bytes())?;
        Ok(Envelope::write(&self.id, &sealed))
    }

    /// Back from [`Self::seal`].
    pub(super) fn open(
        &self,
        tenant: &str,
        verdict: Uuid,
        field: &str,
        envelope: &Envelope<'_>,
    ) -> Result<String, ContentError> {
        let plain = sealed::open(&self.key, &self.aad(tenant, verdict, field), envelope.bytes()?)?;
        String::from_utf8(plain).map_err(|_| ContentError::Damaged)
    }

    fn aad(&self, tenant: &str, verdict: Uuid, field: &str) -> Vec<u8> {
        sealed::aad(&["content v1", tenant, &verdict.to_string(), field, &self.id])
    }
}

/// A key that content names.
pub(super) enum Found {
    Key(Arc<DataKey>),
    Erased,
}

/// A data key as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct DataKeyInfo {
    /// Its id; tells nothing about it.
    pub(crate) id: String,
    /// The day, UTC, whose content it encrypts: `2026-11-28`.
    pub(crate) day: String,
    /// Which `ENCRYPTION_KEY` it is wrapped under.
    pub(crate) wrapped_under: String,
    /// When it was made, microseconds since the Unix epoch.
    pub(crate) created: i64,
    /// When it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) erased: Option<i64>,
}

/// What a rotation did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Rotated {
    /// Data keys wrapped anew by this request.
    pub(crate) rewrapped: u64,
    /// Those still under the previous key; 0: `ENCRYPTION_KEY_PREVIOUS` is no longer needed.
    pub(crate) remaining: u64,
    /// The id of the key that they are under now.
    pub(crate) key: String,
}

/// When a key was fetched, and the key.
pub(super) type Held = (Instant, Arc<DataKey>);

/// All data keys of one database.
pub(crate) struct DataKeys {
    records: Records,
    pub(super) keks: Keks,
    pub(super) held: Mutex<HashMap<(String, Day), Held>>,
}

/// Refuses to go on without a key where content is encrypted.
pub(super) async fn refuse_without_key(records: &Records) -> Result<(), ContentError> {
    let sql = "SELECT kek FROM data_keys WHERE wrapped IS NOT NULL ORDER BY created DESC LIMIT 1";
    match records.first(sql, &[]).await? {
        Some(row) => Err(ContentError::NotSet { id: row.text(0)? }),
        None => Ok(()),
    }
}

impl DataKeys {
    /// Checks that every key can be unwrapped, by the id of what it is wrapped under, and one of each for true.
    pub(super) async fn open(records: Records, keks: Keks) -> Result<Self, ContentError> {
        let sql = "SELECT kek, count(*), max(id) FROM data_keys WHERE wrapped IS NOT NULL GROUP BY kek ORDER BY kek";
        for row in records.fetch(sql, &[]).await? {
            let (id, keys, example) = (row.text(0)?, row.int(1)?, row.text(2)?);
            let Some(kek) = keks.named(&id) else {
                return Err(ContentError::OtherKey { id, ours: keks.current.id.clone(), keys });
            };
            if let Some(row) = records.first(ONE, &[example.into()]).await? {
                Stored::read(&row)?.unwrap(kek)?;
            }
        }
        Ok(Self { records, keks, held: Mutex::default() })
    }

    /// The key for new content of that day, made when there is none.
    pub(super) async fn for_writing(&self, tenant: &str, day: Day) -> Result<Arc<DataKey>, ContentError> {
        let place = (tenant.to_owned(), day);
        if let Some((since, key)) = self.held.lock().get(&place)
            && since.elapsed() < HELD_FOR
        {
            return Ok(Arc::clone(key));
        }
        let values: [Value; 2] = [tenant.into(), day.number().into()];
        let newest = self.records.fetch(LIVE, &values).await?;
        let key = match self.usable(&newest)? {
            Some(key) => key,
            None => {
                let mut tx = self.records.begin(LOCK).await?;
                // Somebody may have made one meanwhile.
                let newest = tx.fetch(LIVE, &values).await?;
                match self.usable(&newest)? {
                    Some(key) => key,
                    None => {
                        let key = self.create(&mut tx, tenant, day).await?;
                        tx.commit().await?;
                        key
                    }
                }
            }
        };
        let key = Arc::new(key);
        self.hold(place, &key);
        Ok(key)
    }

    /// The key that content names. Asks the database every time: what was erased anywhere is erased here at once.
    pub(super) async fn for_reading(&self, tenant: &str, id: &str) -> Result<Found, ContentError> {
        let row = self.records.first(ONE, &[id.into()]).await?.ok_or(ContentError::Missing)?;
        let stored = Stored::read(&row)?;
        if stored.tenant != tenant {
            return Err(ContentError::Missing);
        }
        if stored.wrapped.is_none() {
            return Ok(Found::Erased);
        }
        let kek = self.keks.named(&stored.kek);
        let kek = kek.ok_or_else(|| ContentError::Unwrappable { id: stored.kek.clone() })?;
        Ok(Found::Key(Arc::new(stored.unwrap(kek)?)))
    }

    /// Wraps keys anew that are under the previous key, until none are left or the time is up. May be broken off and run again, by several
    /// at once.
    pub(crate) async fn rotate(&self, time: Duration) -> Result<Rotated, ContentError> {
        let end = Instant::now() + time;
        let mut rewrapped = 0;
        if let Some(previous) = &self.keks.previous
            && previous.id != self.keks.current.id
        {
            while Instant::now() < end {
                let step = self.rewrap(previous).await?;
                rewrapped += step;
                if step == 0 {
                    break;
                }
            }
        }
        let sql = "SELECT count(*) FROM data_keys WHERE wrapped IS NOT NULL AND kek <> $1";
        let left = self.records.first(sql, &[self.keks.current.id.as_str().into()]).await?;
        let remaining = left.map_or(Ok(0), |row| row.int(0))?;
        Ok(Rotated { rewrapped, remaining: remaining as u64, key: self.keks.current.id.clone() })
    }

    pub(super) async fn rewrap(&self, previous: &Kek) -> Result<u64, ContentError> {
        let mut tx = self.records.begin(LOCK).await?;
        let sql = "SELECT id, tenant, day, kek, wrapped FROM data_keys WHERE kek = $1 AND wrapped IS NOT NULL ORDER BY id LIMIT $2";
        let rows = tx.fetch(sql, &[previous.id.as_str().into(), STEP.into()]).await?;
        for row in &rows {
            let stored = Stored::read(row)?;
            let key = stored.unwrap(previous)?;
            let wrapped = wrap(&self.keks.current, &key, &stored.tenant, stored.day)?;
            let values: [Value; 4] = [
                self.keks.current.id.as_str().into(),
                wrapped.into(),
                stored.id.into(),
                previous.id.as_str().into(),
            ];
            tx.execute("UPDATE data_keys SET kek = $1, wrapped = $2 WHERE id = $3 AND kek = $4", &values)
                .await?;
        }
        tx.commit().await?;
        Ok(rows.len() as u64)
    }

    /// Deletes the keys of a tenant's day: what they encrypted can be read by nobody, ever. Returns how many, and leaves the rest of the
    /// transaction to the caller.
    pub(crate) async fn erase(&self, tenant: &str, day: Day) -> Result<(Tx, u64), ContentError> {
        let mut tx = self.records.begin(LOCK).await?;
        let sql = "UPDATE data_keys SET wrapped = NULL, erased = $1 WHERE tenant = $2 AND day = $3 AND wrapped IS NOT NULL";
        let erased = tx.execute(sql, &[clock::now().into(), tenant.into(), day.number().into()]).await?;
        self.held.lock().remove(&(tenant.to_owned(), day));
        Ok((tx, erased))
    }

    /// A tenant's keys, the newest day first.
    pub(crate) async fn list(&self, tenant: &str) -> Result<Vec<DataKeyInfo>, ContentError> {
        let sql = "SELECT id, day, kek, created, erased FROM data_keys WHERE tenant = $1 ORDER BY day DESC, created DESC LIMIT $2";
        let rows = self.records.fetch(sql, &[tenant.into(), LISTED.into()]).await?;
        let info = |row: &Row| -> Result<DataKeyInfo, ContentError> {
            Ok(DataKeyInfo {
                id: row.text(0)?,
                day: Day::from_number(row.int(1)?).to_string(),
                wrapped_under: row.text(2)?,
                created: row.int(3)?,
                erased: row.maybe_int(4)?,
            })
        };
        rows.iter().map(info).collect()
    }

    /// The newest of the rows that is wrapped under the current key: new content is encrypted under that one only.
    fn usable(&self, rows: &[Row]) -> Result<Option<DataKey>, ContentError> {
        for row in rows {
            let stored = Stored::read(row)?;
            if stored.kek == self.keks.current.id {
                return stored.unwrap(&self.keks.current).map(Some);
            }
        }
        Ok(None)
    }

    async fn create(&self, tx: &mut Tx, tenant: &str, day: Day) -> Result<DataKey, ContentError> {
        let key = DataKey { id: Uuid::now_v7().simple().to_string(), key: sealed::random_key()? };
        let wrapped = wrap(&self.keks.current, &key, tenant, day)?;
        tx.execute(
            "INSERT INTO data_keys (id, tenant, day, kek, wrapped, created) VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                key.id.as_str().into(),
                tenant.into(),
                day.number().into(),
                self.keks.current.id.as_str().into(),
                wrapped.into(),
                clock::now().into(),
            ],
        )
        .await?;
        Ok(key)
    }

    fn hold(&self, place: (String, Day), key: &Arc<DataKey>) {
        let mut held = self.held.lock();
        held.retain(|_, (since, _)| since.elapsed() < HELD_FOR);
        if held.len() >= HELD {
            let oldest = held.iter().min_by_key(|(_, (since, _))| *since).map(|(place, _)| place.clone());
            oldest.and_then(|place| held.remove(&place));
        }
        held.insert(place, (Instant::now(), Arc::clone(key)));
    }
}

const ONE: &str = "SELECT id, tenant, day, kek, wrapped FROM data_keys WHERE id = $1";
const LIVE: &str = "SELECT id, tenant, day, kek, wrapped FROM data_keys WHERE tenant = $1 AND day = $2 AND wrapped IS NOT NULL \
    ORDER BY created DESC, id DESC";

/// A row.
struct Stored {
    id: String,
    tenant: String,
    day: Day,
    kek: String,
    wrapped: Option<Vec<u8>>,
}

impl Stored {
    fn read(row: &Row) -> Result<Self, ContentError> {
        Ok(Self {
            id: row.text(0)?,
            tenant: row.text(1)?,
            day: Day::from_number(row.int(2)?),
            kek: row.text(3)?,
            wrapped: row.maybe_bytes(4)?,
        })
    }

    fn unwrap(&self, kek: &Kek) -> Result<DataKey, ContentError> {
        let wrapped = self.wrapped.clone().ok_or(ContentError::Missing)?;
        let plain = zeroize::Zeroizing::new(sealed::open(
            &kek.key,
            &wrapping(&self.id, &self.tenant, self.day),
            wrapped,
        )?);
        let mut key = Key::default();
        if plain.len() != key.len() {
            return Err(ContentError::Damaged);
        }
        key.copy_from_slice(&plain);
        Ok(DataKey { id: self.id.clone(), key })
    }
}

fn wrap(kek: &Kek, key: &DataKey, tenant: &str, day: Day) -> Result<Vec<u8>, ContentError> {
    sealed::seal(&kek.key, &wrapping(&key.id, tenant, day), &key.key[..])
}

fn wrapping(id: &str, tenant: &str, day: Day) -> Vec<u8> {
    sealed::aad(&["data key v1", tenant, &day.number().to_string(), id])
}
