//! Reading the log, newest first.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Audit;
use crate::store::StoreError;
use crate::store::records::Row;

/// One thing that somebody did.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// Its place in the chain.
    pub(crate) seq: i64,
    /// When, microseconds since the Unix epoch.
    pub(crate) at: i64,
    /// Who: `user/…`, `api_key/…`, `token`, ….
    pub(crate) actor: String,
    /// The client's address as far as it is known.
    pub(crate) address: String,
    /// The request's id.
    pub(crate) request_id: String,
    /// What, `resource.verb`.
    pub(crate) action: String,
    /// To what.
    pub(crate) object: String,
    /// `done` or `refused`.
    pub(crate) outcome: String,
    /// What of it matters.
    #[schema(value_type = Object)]
    pub(crate) detail: Value,
    /// Its MAC, hexadecimal.
    pub(crate) mac: String,
}

/// A page of the log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AuditPage {
    /// Newest first.
    pub(crate) items: Vec<AuditEntry>,
    /// `before` of the next page, if there is one.
    pub(crate) next: Option<i64>,
}

/// Which entries. Empty texts: any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pub(crate) before: Option<i64>,
    pub(crate) limit: usize,
    pub(crate) action: String,
    pub(crate) actor: String,
    pub(crate) from: Option<i64>,
    pub(crate) to: Option<i64>,
}

impl Audit {
    /// A page of one tenant's entries.
    pub(crate) async fn page(&self, tenant: &str, query: &Query) -> Result<AuditPage, StoreError> {
        let limit = i64::try_from(query.limit).unwrap_or(i64::MAX).saturating_add(1);
        let rows = self
            .records
            .fetch(
                "SELECT seq, at, actor, address, request_id, action, object, outcome, detail, mac FROM audit \
                 WHERE tenant = $1 AND seq < $2 AND ($3 = '' OR action = $3) AND ($4 = '' OR actor = $4) \
                 AND at >= $5 AND at < $6 ORDER BY seq DESC LIMIT $7",
                &[
                    tenant.into(),
                    query.before.unwrap_or(i64::MAX).into(),
                    query.action.as_str().into(),
                    query.actor.as_str().into(),
                    query.from.unwrap_or(i64::MIN).into(),
                    query.to.unwrap_or(i64::MAX).into(),
                    limit.into(),
                ],
            )
            .await?;
        let mut items = rows.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let more = items.len() > query.limit;
        items.truncate(query.limit);
        let next = if more { items.last().map(|last| last.seq) } else { None };
        Ok(AuditPage { items, next })
    }
}

fn entry(row: &Row) -> Result<AuditEntry, StoreError> {
    let detail = row.text(8)?;
    Ok(AuditEntry {
        seq: row.int(0)?,
        at: row.int(1)?,
        actor: row.text(2)?,
        address: row.text(3)?,
        request_id: row.text(4)?,
        action: row.text(5)?,
        object: row.text(6)?,
        outcome: row.text(7)?,
        // One that cannot be read was tampered with; it is shown as it is.
        detail: serde_json::from_str(&detail).unwrap_or(Value::String(detail)),
        mac: hex(&row.bytes(9)?),
    })
}

/// Hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
