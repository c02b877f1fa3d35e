//! Who did what: an append-only log whose entries are chained.
//!
//! Each entry carries a MAC over itself and the one before it, under a key derived from the installation's secrets; where there is no such
//! key, a plain SHA-256, which shows accidents but not a forger. An entry is written in the transaction of what it tells of: there is
//! neither a change without its entry nor an entry of what was undone.

mod chain;
mod entry;
mod list;
mod verify;

use crate::store::StoreError;
use crate::store::records::{Records, Tx};

pub(crate) use chain::Chain;
pub(crate) use entry::Entry;
pub(crate) use list::{AuditEntry, AuditPage, Query};
pub(crate) use verify::{Anchor, Report, State};

use chain::Fields;

/// The log of one database. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Audit {
    records: Records,
    chain: Chain,
}

impl Audit {
    /// The log, with the key that it is chained under.
    pub(crate) fn new(records: Records, chain: Chain) -> Self {
        Self { records, chain }
    }

    /// Adds an entry to a transaction. It holds the log's head until the transaction ends, so it comes last: whoever takes other locks
    /// after it could wait for somebody who waits for the log.
    pub(crate) async fn record(&self, tx: &mut Tx, entry: &Entry) -> Result<(), StoreError> {
        let head = tx.first("UPDATE audit_head SET seq = seq + 1 RETURNING seq, mac", &[]).await?;
        let Some(head) = head else {
            return Err(StoreError::Damaged("the audit log has lost its head".to_owned()));
        };
        let (seq, before) = (head.int(0)?, head.bytes(1)?);
        let detail = entry.detail.to_string();
        let at = crate::clock::now();
        let fields = Fields {
            seq,
            at,
            tenant: &entry.tenant,
            actor: &entry.actor,
            address: &entry.address,
            request_id: &entry.request_id,
            action: entry.action,
            object: &entry.object,
            outcome: entry.outcome.name(),
            detail: &detail,
        };
        let mac = self.chain.mac(&before, &fields);
        tx.execute(
            "INSERT INTO audit (seq, at, tenant, actor, address, request_id, action, object, outcome, detail, key_id, mac) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            &[
                seq.into(),
                at.into(),
                entry.tenant.as_str().into(),
                entry.actor.as_str().into(),
                entry.address.as_str().into(),
                entry.request_id.as_str().into(),
                entry.action.into(),
                entry.object.as_str().into(),
                entry.outcome.name().into(),
                detail.as_str().into(),
                self.chain.id().into(),
                mac.into(),
            ],
        )
        .await?;
        tx.execute("UPDATE audit_head SET mac = $1", &[mac.into()]).await?;
        Ok(())
    }

    /// Adds an entry in a transaction of its own: of what changes nothing else, such as reading content.
    pub(crate) async fn note(&self, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.records.begin("audit").await?;
        self.record(&mut tx, entry).await?;
        tx.commit().await
    }
}

#[cfg(test)]
mod tests;
