//! Publishing, trying out, carrying on, taking back.

use std::collections::BTreeMap;

use agentguard_api::bundle::WHOLE;
use agentguard_api::policies::{Canary, Change, Issued, Publish, PublishCanary, Published};

use super::versions::{check_note, exists, is_label};
use super::{LOCK, Policies, Refusal, number, state, stored};
use crate::clock;
use crate::store::records::Tx;

/// Namespaces of one policy.
const NAMESPACES: usize = 500;
/// A week.
const WINDOW: u64 = 7 * 86_400;

impl Policies {
    /// Gives a version to everybody it is for, or to a part of them first.
    pub(crate) async fn publish(
        &self,
        tenant: &str,
        name: &str,
        publish: &Publish,
        author: &str,
    ) -> Result<Issued, Refusal> {
        check_note("reason", &publish.reason)?;
        let mut tx = self.records.begin(LOCK).await?;
        exists(&mut tx, tenant, name).await?;
        let revision = revision(&mut tx, tenant, name, publish.version).await?;
        let mut all = state::all(&mut tx, tenant).await?;
        let before = all.remove(name);
        let namespaces = match &publish.namespaces {
            Some(given) => namespaces("namespaces", given)?,
            None => before.as_ref().map(|before| before.namespaces.clone()).unwrap_or_default(),
        };
        overlap(&namespaces, &all)?;
        let now = clock::now();
        let (change, published) = match &publish.canary {
            None => {
                let author = author.to_owned();
                let version = Some(publish.version);
                (Change::Published, Published { version, namespaces, since: now, author, canary: None })
            }
            Some(canary) => {
                if let Some(before) = &before {
                    free(before, &namespaces)?;
                    if let Some(stable) = before.version
                        && self::revision(&mut tx, tenant, name, stable).await? == revision
                    {
                        let what = format!(
                            "version {} means the same as version {stable}, which is in force",
                            publish.version
                        );
                        return Err(Refusal::Conflict(what));
                    }
                }
                let canary = Canary {
                    since: now,
                    author: author.to_owned(),
                    ..on_whom(publish.version, canary, &namespaces)?
                };
                let base = before.unwrap_or(Published {
                    version: None,
                    namespaces,
                    since: now,
                    author: author.to_owned(),
                    canary: None,
                });
                (Change::Canary, Published { canary: Some(canary), ..base })
            }
        };
        state::set(&mut tx, tenant, name, &published).await?;
        state::note(&mut tx, tenant, name, (change, Some(publish.version)), author, &publish.reason).await?;
        self.seal(tx, tenant, Some(published)).await
    }

    /// Gives what is tried out to everybody.
    pub(crate) async fn promote(
        &self,
        tenant: &str,
        name: &str,
        reason: &str,
        author: &str,
    ) -> Result<Issued, Refusal> {
        self.promote_if(tenant, name, reason, author, None).await
    }

    /// The same, if it is still the one that is tried out since then.
    pub(super) async fn promote_if(
        &self,
        tenant: &str,
        name: &str,
        reason: &str,
        author: &str,
        since: Option<i64>,
    ) -> Result<Issued, Refusal> {
        check_note("reason", reason)?;
        let mut tx = self.records.begin(LOCK).await?;
        let before = current(&mut tx, tenant, name).await?;
        still(before.canary.as_ref(), since)?;
        let Some(canary) = before.canary else {
            return Err(Refusal::Conflict(format!("nothing of {name:?} is being tried out")));
        };
        let published = Published {
            version: Some(canary.version),
            namespaces: before.namespaces,
            since: clock::now(),
            author: author.to_owned(),
            canary: None,
        };
        state::set(&mut tx, tenant, name, &published).await?;
        state::note(&mut tx, tenant, name, (Change::Promoted, published.version), author, reason).await?;
        self.seal(tx, tenant, Some(published)).await
    }

    /// Takes back what is tried out; when nothing is, gives the version again that was in force before.
    pub(crate) async fn roll_back(
        &self,
        tenant: &str,
        name: &str,
        reason: &str,
        author: &str,
    ) -> Result<Issued, Refusal> {
        self.roll_back_if(tenant, name, reason, author, None).await
    }

    /// The same, if what is tried out is still the one since then.
    pub(super) async fn roll_back_if(
        &self,
        tenant: &str,
        name: &str,
        reason: &str,
        author: &str,
        since: Option<i64>,
    ) -> Result<Issued, Refusal> {
        check_note("reason", reason)?;
        let mut tx = self.records.begin(LOCK).await?;
        let mut published = current(&mut tx, tenant, name).await?;
        still(published.canary.as_ref(), since)?;
        let version = match published.canary.take() {
            Some(canary) => canary.version,
            None => {
                let earlier = earlier(&mut tx, tenant, name, published.version).await?;
                published.version = Some(earlier);
                published.since = clock::now();
                published.author = author.to_owned();
                earlier
            }
        };
        let left = published.version.is_some().then_some(published);
        match &left {
            Some(published) => state::set(&mut tx, tenant, name, published).await?,
            None => remove(&mut tx, tenant, name).await?,
        }
        state::note(&mut tx, tenant, name, (Change::RolledBack, Some(version)), author, reason).await?;
        self.seal(tx, tenant, left).await
    }

    /// Gives nothing of it out any more: the built-in policy holds where it held.
    pub(crate) async fn withdraw(
        &self,
        tenant: &str,
        name: &str,
        reason: &str,
        author: &str,
    ) -> Result<Issued, Refusal> {
        check_note("reason", reason)?;
        let mut tx = self.records.begin(LOCK).await?;
        current(&mut tx, tenant, name).await?;
        remove(&mut tx, tenant, name).await?;
        state::note(&mut tx, tenant, name, (Change::Withdrawn, None), author, reason).await?;
        self.seal(tx, tenant, None).await
    }

    /// Where something of a policy is or would be published; `None`: nothing is.
    pub(crate) async fn places(&self, tenant: &str, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        Ok(self.published(tenant).await?.remove(name).map(|published| published.namespaces))
    }
}

async fn current(tx: &mut Tx, tenant: &str, name: &str) -> Result<Published, Refusal> {
    exists(tx, tenant, name).await?;
    let what = || Refusal::Conflict(format!("nothing of {name:?} is published"));
    state::all(tx, tenant).await?.remove(name).ok_or_else(what)
}

/// Whether what is tried out is the one that was looked at.
fn still(canary: Option<&Canary>, since: Option<i64>) -> Result<(), Refusal> {
    if since.is_some() && canary.map(|canary| canary.since) != since {
        return Err(Refusal::Conflict("something else was published meanwhile".to_owned()));
    }
    Ok(())
}

async fn remove(tx: &mut Tx, tenant: &str, name: &str) -> Result<(), Refusal> {
    let sql = "DELETE FROM policy_published WHERE tenant = $1 AND name = $2";
    tx.execute(sql, &[tenant.into(), name.into()]).await?;
    Ok(())
}

/// The revision that verdicts under a version carry.
async fn revision(tx: &mut Tx, tenant: &str, name: &str, version: u64) -> Result<String, Refusal> {
    let sql = "SELECT revision FROM policy_versions WHERE tenant = $1 AND name = $2 AND version = $3";
    let row = tx.first(sql, &[tenant.into(), name.into(), stored(version).into()]).await?;
    Ok(row.ok_or(Refusal::NotFound("version"))?.text(0)?)
}

/// The version in force before this one.
async fn earlier(tx: &mut Tx, tenant: &str, name: &str, now: Option<u64>) -> Result<u64, Refusal> {
    let sql = "SELECT version FROM policy_changes WHERE tenant = $1 AND name = $2 \
        AND change IN ('published', 'promoted') AND version <> $3 ORDER BY at DESC LIMIT 1";
    let values = [tenant.into(), name.into(), stored(now.unwrap_or_default()).into()];
    let row = tx.first(sql, &values).await?;
    let version = row.map(|row| row.maybe_int(0)).transpose()?.flatten();
    version.map(number).ok_or_else(|| {
        Refusal::Conflict(format!("no other version of {name:?} was in force before; withdraw it instead"))
    })
}

/// Nothing is being tried out, and where the policy holds does not change with it.
fn free(before: &Published, namespaces: &[String]) -> Result<(), Refusal> {
    if let Some(canary) = &before.canary {
        let what = format!("version {} is being tried out; promote it or roll it back first", canary.version);
        return Err(Refusal::Conflict(what));
    }
    if before.namespaces != namespaces {
        let what = "where a policy holds cannot change while a version is tried out; publish it there first";
        return Err(Refusal::Conflict(what.to_owned()));
    }
    Ok(())
}

fn on_whom(version: u64, canary: &PublishCanary, holds: &[String]) -> Result<Canary, Refusal> {
    let invalid = |field, what: &str| Err(Refusal::Invalid { field, what: what.to_owned() });
    if !(canary.share > 0.0 && canary.share <= 100.0) {
        return invalid("canary.share", "must be a percentage above 0 and at most 100");
    }
    let only = namespaces("canary.namespaces", &canary.namespaces)?;
    if !holds.is_empty() && only.iter().any(|namespace| !holds.contains(namespace)) {
        return invalid("canary.namespaces", "must be among those where the policy holds");
    }
    if canary.share >= 100.0 && only.is_empty() {
        return invalid("canary", "would be everybody; give a share or namespaces, or publish it without");
    }
    let terms = canary.terms;
    if terms.window == 0 || terms.window > WINDOW {
        return invalid("canary.terms.window", "must be from 1 second to 7 days");
    }
    let share = |value: f64| (0.0..=1.0).contains(&value);
    if !share(terms.max_block_increase) || !share(terms.max_error_increase) {
        return invalid("canary.terms", "increases must be from 0 to 1");
    }
    let judged = terms;
    Ok(Canary { version, share: canary.share, namespaces: only, since: 0, author: String::new(), judged })
}

/// The share as bundles count it; what is above none is at least one hundredth of a percent.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 1 and 10,000")]
pub(super) fn hundredths(share: f64) -> u32 {
    (share * 100.0).round().clamp(1.0, f64::from(WHOLE)) as u32
}

/// Names in order, each once.
pub(super) fn namespaces(field: &'static str, given: &[String]) -> Result<Vec<String>, Refusal> {
    if given.len() > NAMESPACES {
        return Err(Refusal::Invalid { field, what: format!("more than {NAMESPACES}") });
    }
    if let Some(wrong) = given.iter().find(|name| !is_label(name)) {
        return Err(Refusal::Invalid { field, what: format!("{wrong:?} is not the name of a namespace") });
    }
    let mut names = given.to_vec();
    names.sort();
    names.dedup();
    Ok(names)
}

/// Of two policies for one namespace nobody could say which holds.
fn overlap(namespaces: &[String], others: &BTreeMap<String, Published>) -> Result<(), Refusal> {
    for (other, published) in others {
        let common = namespaces.iter().find(|name| published.namespaces.contains(name));
        let place = match common {
            Some(name) => format!("in namespace {name:?}"),
            None if namespaces.is_empty() && published.namespaces.is_empty() => {
                "wherever no other policy names the namespace".to_owned()
            }
            None => continue,
        };
        return Err(Refusal::Conflict(format!("policy {other:?} holds {place} already")));
    }
    Ok(())
}
