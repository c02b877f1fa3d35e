//! The newest bundle of each tenant, in memory; who waits for the next one; how other replicas' are noticed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::{Policies, Refusal, number, unreadable};
use crate::store::Store;

/// Between two looks at the revisions, one small row a tenant.
const EVERY: Duration = Duration::from_secs(1);
/// Looks between two judgements of what is tried out.
const JUDGE: u32 = 10;

/// By tenant.
pub(super) type Heads = Arc<HashMap<String, Arc<Head>>>;

/// A bundle as it is answered.
pub(crate) struct Head {
    /// Its revision.
    pub(crate) revision: u64,
    /// Later than that of every earlier one of the tenant.
    pub(super) issued: i64,
    /// Of the payload, hexadecimal.
    pub(crate) sha256: String,
    /// The envelope, JSON.
    pub(crate) body: Bytes,
}

/// What became of waiting.
pub(crate) enum Waited {
    /// The tenant's bundle is another one than the asker has.
    News(Arc<Head>),
    /// It is the same, or there is none.
    Same,
    /// Too many wait: it was not waited for.
    Full,
}

impl Policies {
    /// The newest bundle, as far as this replica knows.
    pub(crate) fn head(&self, tenant: &str) -> Option<Arc<Head>> {
        self.heads.borrow().get(tenant).cloned()
    }

    /// Waits for a bundle whose hash is another one than `has`.
    pub(crate) async fn wait(
        &self,
        tenant: &str,
        has: Option<&str>,
        until: Instant,
        drain: &CancellationToken,
    ) -> Waited {
        let news =
            |heads: &Heads| heads.get(tenant).filter(|head| has != Some(head.sha256.as_str())).cloned();
        // The borrow's lock must be gone before the receiver is asked again.
        let now = news(&self.heads.borrow());
        if let Some(head) = now {
            return Waited::News(head);
        }
        if until <= Instant::now() {
            return Waited::Same;
        }
        let Ok(_place) = self.waiting.try_acquire() else { return Waited::Full };
        let mut heads = self.heads.subscribe();
        let changed = timeout_at(until, heads.wait_for(|heads| news(heads).is_some()));
        match drain.run_until_cancelled(changed).await {
            Some(Ok(Ok(heads))) => news(&heads).map_or(Waited::Same, Waited::News),
            // The time is over, or the control plane ends.
            _ => Waited::Same,
        }
    }

    /// Looks at the revisions now: somebody says that there is a newer one.
    #[allow(dead_code, reason = "the wake-up of other replicas comes in here, beside the look every second")]
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Notices other replicas' bundles, writes what sidecars reported, judges what is tried out; until `stop`.
    pub(crate) async fn run(&self, store: Arc<dyn Store>, stop: CancellationToken) {
        let (mut failing, mut looks) = (false, 0_u32);
        while !stop.is_cancelled() {
            let round = async {
                self.refresh().await?;
                self.reports.flush(&self.records).await?;
                if looks.is_multiple_of(JUDGE) {
                    self.judge(&*store).await?;
                }
                Ok::<_, Refusal>(())
            };
            let outcome = round.await;
            if let Err(error) = &outcome
                && !failing
            {
                tracing::error!(%error, "policy bundles cannot be looked up; what is known is given out");
            }
            failing = outcome.is_err();
            looks = looks.wrapping_add(1);
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = self.wake.notified() => {}
                () = stop.cancelled() => {}
            }
        }
        if let Err(error) = self.reports.flush(&self.records).await {
            tracing::warn!(%error, "what sidecars last said of their policy is not stored");
        }
    }

    async fn refresh(&self) -> Result<(), Refusal> {
        let rows = self.records.fetch("SELECT tenant, revision FROM policy_heads", &[]).await?;
        for row in rows {
            let (tenant, revision) = (row.text(0)?, number(row.int(1)?));
            if self.head(&tenant).is_none_or(|known| known.revision != revision)
                && let Some(head) = self.load(&tenant).await?
            {
                self.adopt(&tenant, head);
            }
        }
        Ok(())
    }

    /// The newest bundle in the database.
    pub(super) async fn load(&self, tenant: &str) -> Result<Option<Head>, Refusal> {
        let sql = "SELECT b.revision, b.issued, b.envelope FROM policy_heads h JOIN policy_bundles b \
            ON b.tenant = h.tenant AND b.revision = h.revision WHERE h.tenant = $1";
        let Some(row) = self.records.first(sql, &[tenant.into()]).await? else { return Ok(None) };
        let envelope = serde_json::from_str(&row.text(2)?).map_err(|error| unreadable("bundle", &error))?;
        Head::of(&envelope, number(row.int(0)?), row.int(1)?).map(Some)
    }

    /// Gives it out from now on, unless there is a later one.
    pub(super) fn adopt(&self, tenant: &str, head: Head) {
        self.heads.send_if_modified(|heads| {
            if heads.get(tenant).is_some_and(|known| known.issued >= head.issued) {
                return false;
            }
            Arc::make_mut(heads).insert(tenant.to_owned(), Arc::new(head));
            true
        });
    }
}
