//! What sidecars say of the bundle with their heartbeats: kept in memory, and written together once a second where it changed.

use std::collections::HashMap;
use std::time::Duration;

use agentguard_api::Heartbeat;
use agentguard_api::bundle::SidecarPolicy;
use parking_lot::Mutex;
use uuid::Uuid;

use super::{Policies, Refusal, unreadable};
use crate::clock;
use crate::store::StoreError;
use crate::store::records::Records;

/// Instances remembered; of others every heartbeat is written.
const KNOWN: usize = 50_000;
/// Written at once, in one transaction.
const AT_ONCE: usize = 1000;
/// Said again so often although nothing changed, microseconds.
const AGAIN: i64 = 60_000_000;
/// Who was silent for so long is forgotten.
const SILENT: Duration = Duration::from_secs(86_400);
/// Rows of an answer.
const SHOWN: i64 = 10_000;
/// Bytes of an error.
const ERROR: usize = 1000;

/// What was said last.
#[derive(Default)]
pub(crate) struct Reports(Mutex<Said>);

#[derive(Default)]
struct Said {
    /// When it was last written, and what.
    known: HashMap<Uuid, (i64, SidecarPolicy)>,
    waiting: HashMap<Uuid, (String, SidecarPolicy)>,
    forgot: i64,
}

impl Reports {
    /// Takes a heartbeat's word.
    pub(crate) fn take(&self, tenant: &str, heartbeat: &Heartbeat) {
        let Some(mut report) = heartbeat.bundle.clone() else { return };
        report.error = report.error.map(|error| error.chars().take(ERROR).collect());
        report.policy = report.policy.chars().take(100).collect();
        let now = clock::now();
        let said = SidecarPolicy {
            instance: heartbeat.instance,
            workload: heartbeat.workload.clone(),
            at: now,
            // PostgreSQL takes no text with NUL in it, and one report must not keep all others back.
            policy_revision: heartbeat.policy.replace('\0', ""),
            report,
        };
        let mut reports = self.0.lock();
        if let Some((at, known)) = reports.known.get(&said.instance)
            && now - at < AGAIN
            && (SidecarPolicy { at: known.at, ..said.clone() }) == *known
        {
            return;
        }
        if reports.waiting.len() < KNOWN {
            reports.waiting.insert(said.instance, (tenant.to_owned(), said));
        }
    }

    /// Writes what changed.
    pub(super) async fn flush(&self, records: &Records) -> Result<(), Refusal> {
        let now = clock::now();
        let (some, forget) = {
            let mut reports = self.0.lock();
            let ids: Vec<Uuid> = reports.waiting.keys().copied().take(AT_ONCE).collect();
            let some: Vec<_> = ids.iter().filter_map(|id| reports.waiting.remove(id)).collect();
            let forget = now - reports.forgot > AGAIN;
            if forget {
                reports.forgot = now;
            }
            (some, forget)
        };
        let before = now - i64::try_from(SILENT.as_micros()).unwrap_or(i64::MAX);
        if forget {
            self.0.lock().known.retain(|_, (at, _)| *at >= before);
            records.execute("DELETE FROM policy_reports WHERE at < $1", &[before.into()]).await?;
        }
        if some.is_empty() {
            return Ok(());
        }
        let written = write(records, &some).await;
        let mut reports = self.0.lock();
        for (tenant, said) in some {
            if written.is_err() {
                reports.waiting.entry(said.instance).or_insert((tenant, said));
            } else if reports.known.len() < KNOWN || reports.known.contains_key(&said.instance) {
                reports.known.insert(said.instance, (now, said));
            }
        }
        written
    }
}

async fn write(records: &Records, some: &[(String, SidecarPolicy)]) -> Result<(), Refusal> {
    let mut tx = records.begin("policy reports").await?;
    for (tenant, said) in some {
        let json =
            |result: Result<String, serde_json::Error>| result.map_err(|error| unreadable("report", &error));
        let sql = "INSERT INTO policy_reports (instance, tenant, at, workload, policy_revision, report) \
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (instance) DO UPDATE SET tenant = excluded.tenant, \
            at = excluded.at, workload = excluded.workload, policy_revision = excluded.policy_revision, \
            report = excluded.report";
        let values = [
            said.instance.to_string().into(),
            tenant.as_str().into(),
            said.at.into(),
            json(serde_json::to_string(&said.workload))?.into(),
            said.policy_revision.as_str().into(),
            json(serde_json::to_string(&said.report))?.into(),
        ];
        tx.execute(sql, &values).await?;
    }
    Ok(tx.commit().await?)
}

impl Policies {
    /// What every sidecar of a tenant said last, newest first.
    pub(crate) async fn sidecars(&self, tenant: &str) -> Result<Vec<SidecarPolicy>, Refusal> {
        let sql = "SELECT instance, at, workload, policy_revision, report FROM policy_reports \
            WHERE tenant = $1 ORDER BY at DESC LIMIT $2";
        let rows = self.records.fetch(sql, &[tenant.into(), SHOWN.into()]).await?;
        rows.iter()
            .map(|row| {
                let bad = |error| unreadable("report", &error);
                Ok(SidecarPolicy {
                    instance: row.text(0)?.parse().map_err(|_| StoreError::Damaged("instance".to_owned()))?,
                    at: row.int(1)?,
                    workload: serde_json::from_str(&row.text(2)?).map_err(bad)?,
                    policy_revision: row.text(3)?,
                    report: serde_json::from_str(&row.text(4)?).map_err(bad)?,
                })
            })
            .collect()
    }
}
