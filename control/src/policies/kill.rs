//! The kill switch: sidecars judge and report, and do nothing to the traffic.

use agentguard_api::bundle::EVERYWHERE;
use agentguard_api::policies::{KillSwitch, Killed, SetKillSwitch};

use super::publish::namespaces;
use super::versions::check_note;
use super::{LOCK, Policies, Refusal};
use crate::clock;
use crate::store::records::{Row, Tx};

const ALL: &str =
    "SELECT namespace, since, author, reason FROM policy_kill WHERE tenant = $1 ORDER BY namespace";

impl Policies {
    /// Where it is on.
    pub(crate) async fn kill_switch(&self, tenant: &str) -> Result<KillSwitch, Refusal> {
        let rows = self.records.fetch(ALL, &[tenant.into()]).await?;
        let places: Vec<_> = rows.iter().map(killed).collect::<Result<_, _>>()?;
        let revision = self.head(tenant).map_or(0, |head| head.revision);
        Ok(KillSwitch { on: !places.is_empty(), places, revision })
    }

    /// Turns it on or off.
    pub(crate) async fn set_kill_switch(
        &self,
        tenant: &str,
        set: &SetKillSwitch,
        author: &str,
    ) -> Result<KillSwitch, Refusal> {
        check_note("reason", &set.reason)?;
        let given = namespaces("namespaces", &set.namespaces)?;
        let mut tx = self.records.begin(LOCK).await?;
        let before = places(&mut tx, tenant).await?;
        match (set.on, given.is_empty()) {
            (true, _) => {
                let everywhere = [EVERYWHERE.to_owned()];
                let turn = if given.is_empty() { &everywhere[..] } else { &given };
                for namespace in turn {
                    let sql = "INSERT INTO policy_kill (tenant, namespace, since, author, reason) \
                        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant, namespace) DO NOTHING";
                    let values = [
                        tenant.into(),
                        namespace.as_str().into(),
                        clock::now().into(),
                        author.into(),
                        set.reason.as_str().into(),
                    ];
                    tx.execute(sql, &values).await?;
                }
            }
            (false, true) => {
                tx.execute("DELETE FROM policy_kill WHERE tenant = $1", &[tenant.into()]).await?;
            }
            (false, false) => {
                if before.iter().any(|namespace| namespace == EVERYWHERE) {
                    let what =
                        "it is on in the whole tenant: turn it off there, then on where it shall stay on";
                    return Err(Refusal::Conflict(what.to_owned()));
                }
                for namespace in &given {
                    let sql = "DELETE FROM policy_kill WHERE tenant = $1 AND namespace = $2";
                    tx.execute(sql, &[tenant.into(), namespace.as_str().into()]).await?;
                }
            }
        }
        tracing::warn!(tenant, on = set.on, namespaces = ?given, author, "the kill switch was set");
        // Said again although nothing changed: whoever pulls it wants to see it told.
        self.seal(tx, tenant, None).await?;
        self.kill_switch(tenant).await
    }
}

/// Namespaces where it is on.
pub(super) async fn places(tx: &mut Tx, tenant: &str) -> Result<Vec<String>, Refusal> {
    let rows = tx.fetch(ALL, &[tenant.into()]).await?;
    Ok(rows.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?)
}

fn killed(row: &Row) -> Result<Killed, Refusal> {
    Ok(Killed { namespace: row.text(0)?, since: row.int(1)?, author: row.text(2)?, reason: row.text(3)? })
}
