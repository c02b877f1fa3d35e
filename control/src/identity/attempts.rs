//! Who tried to sign in too often has to wait, longer each time. Counted in the database: it holds for every replica and after a restart.
//!
//! An attempt is counted before its password is looked at and taken back when it was right: many at once are many all the same.

use std::net::IpAddr;

use super::IdentityError;
use crate::store::StoreError;
use crate::store::records::{Records, Tx};

/// Wrong ones in a row that an account takes.
const ACCOUNT: i64 = 5;
/// Wrong ones that an address may send: many people may share one.
const ADDRESS: i64 = 20;
/// The first wait, microseconds; each further one is twice as long, up to the longest.
const FIRST: i64 = 30_000_000;
const LONGEST: i64 = 15 * 60_000_000;
/// Forgotten after that.
const FORGET: i64 = 24 * 3_600_000_000;

/// Whom attempts are counted for.
pub(super) struct Subject {
    text: String,
    takes: i64,
}

impl Subject {
    /// An account, whether there is one or not: that it has to wait says nothing.
    pub(super) fn account(name: &str) -> Self {
        Self { text: format!("account {name}"), takes: ACCOUNT }
    }

    /// An address; of IPv6 the network, since whoever has one address of it has all.
    pub(super) fn address(address: Option<IpAddr>) -> Self {
        let text = match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V6(v6)) => {
                let [a, b, c, d, ..] = v6.segments();
                format!("address {a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
            Some(v4) => format!("address {v4}"),
            None => "address unknown".to_owned(),
        };
        Self { text, takes: ADDRESS }
    }
}

/// Counts an attempt for each subject, or says how long to wait.
pub(super) async fn begin(records: &Records, subjects: &[Subject], now: i64) -> Result<(), IdentityError> {
    let mut tx = records.begin("sign-in").await?;
    tx.execute("DELETE FROM sign_in_attempts WHERE at < $1", &[(now - FORGET).into()]).await?;
    for subject in subjects {
        let key = [subject.text.as_str().into()];
        let row = tx.first("SELECT count, until FROM sign_in_attempts WHERE subject = $1", &key).await?;
        let (count, until) = row.map_or(Ok((0, 0)), |row| Ok::<_, StoreError>((row.int(0)?, row.int(1)?)))?;
        if until > now {
            // What was counted for other subjects is undone with the transaction.
            return Err(IdentityError::Locked { seconds: (until - now).div_euclid(1_000_000) + 1 });
        }
        let count = count + 1;
        let until = if count < subject.takes { 0 } else { now + wait(count - subject.takes) };
        tx.execute(
            "INSERT INTO sign_in_attempts (subject, count, at, until) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (subject) DO UPDATE SET count = $2, at = $3, until = $4",
            &[subject.text.as_str().into(), count.into(), now.into(), until.into()],
        )
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Takes an attempt back: it was right. An account starts anew; an address may have sent wrong ones for others.
pub(super) async fn right(tx: &mut Tx, subjects: &[Subject]) -> Result<(), StoreError> {
    for subject in subjects {
        let key = [subject.text.as_str().into()];
        if subject.takes == ACCOUNT {
            tx.execute("DELETE FROM sign_in_attempts WHERE subject = $1", &key).await?;
        } else {
            tx.execute(
                "UPDATE sign_in_attempts SET count = count - 1, until = 0 WHERE subject = $1 AND count > 0",
                &key,
            )
            .await?;
        }
    }
    Ok(())
}

fn wait(beyond: i64) -> i64 {
    FIRST.saturating_mul(1 << beyond.clamp(0, 20)).min(LONGEST)
}

#[cfg(test)]
mod tests;
