//! Which pod an instance of the proxy belongs to: the first that reported as it. Another pod cannot go on in its name.

use uuid::Uuid;

use super::{Identity, IdentityError, Pod};
use crate::clock;

/// Forgotten after that, microseconds: instances are made anew with every start of a sidecar.
const KEPT: i64 = 90 * 86_400_000_000;
/// Instances remembered in this process.
const MOST: usize = 100_000;

impl Identity {
    /// Whether this pod may report as that instance.
    pub(crate) async fn claim(&self, instance: Uuid, pod: &Pod) -> Result<(), IdentityError> {
        let known = self.instances.lock().get(&instance).map(|uid| *uid == pod.uid);
        let ours = match known {
            Some(ours) => ours,
            None => self.first_claim(instance, pod).await?,
        };
        if ours { Ok(()) } else { Err(IdentityError::Beyond) }
    }

    async fn first_claim(&self, instance: Uuid, pod: &Pod) -> Result<bool, IdentityError> {
        let key = || instance.into_bytes().into();
        let now = clock::now();
        let mut tx = self.records.begin("instances").await?;
        tx.execute("DELETE FROM instance_pod WHERE at < $1", &[(now - KEPT).into()]).await?;
        tx.execute(
            "INSERT INTO instance_pod (instance, pod, at) VALUES ($1, $2, $3) ON CONFLICT (instance) DO NOTHING",
            &[key(), pod.uid.as_str().into(), now.into()],
        )
        .await?;
        let row = tx.first("SELECT pod FROM instance_pod WHERE instance = $1", &[key()]).await?;
        tx.commit().await?;
        let Some(uid) = row.map(|row| row.text(0)).transpose()? else { return Ok(false) };
        let ours = uid == pod.uid;
        let mut instances = self.instances.lock();
        if instances.len() >= MOST {
            instances.clear();
        }
        instances.insert(instance, uid);
        Ok(ours)
    }
}
