//! Judges what is tried out: by its verdicts against those of the version in force, over the same time.

use std::time::Duration;

use agentguard_api::VerdictEvent;
use agentguard_api::policies::{Canary, CanaryTerms, Published};
use agentguard_judge::{NotChecked, State};
use agentguard_policy::Policy;

use super::simulate::{acts, scan};
use super::{OURSELVES, Policies, Refusal};
use crate::clock;
use crate::store::scope::Scope;
use crate::store::{Filter, Store};

/// Verdicts compared, the newest; and the time for looking at them.
const MOST: u64 = 20_000;
const TIME: Duration = Duration::from_secs(2);

/// One side's verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Side {
    total: u64,
    /// Blocked or redacted.
    acted: u64,
    /// Not checked although there was something to check, or answered with an error.
    failed: u64,
}

/// What follows from them.
#[derive(Debug, PartialEq, Eq)]
enum Judgement {
    Wait,
    Promote(String),
    RollBack(String),
}

impl Policies {
    /// Carries on or takes back what is tried out, where that can be told.
    pub(super) async fn judge(&self, store: &dyn Store) -> Result<(), Refusal> {
        for (tenant, name, published) in self.trying().await? {
            let Some(canary) = &published.canary else { continue };
            let sides = self.sides(store, &tenant, &name, &published, canary).await?;
            let age = clock::now().saturating_sub(canary.since) / 1_000_000;
            let over = age >= i64::try_from(canary.judged.window).unwrap_or(i64::MAX);
            let since = Some(canary.since);
            let (what, done) = match decide(sides, canary.judged, over) {
                Judgement::Wait => continue,
                Judgement::Promote(reason) => {
                    let done = self.promote_if(&tenant, &name, &reason, OURSELVES, since).await;
                    (format!("carried on: {reason}"), done)
                }
                Judgement::RollBack(reason) => {
                    let done = self.roll_back_if(&tenant, &name, &reason, OURSELVES, since).await;
                    (format!("taken back: {reason}"), done)
                }
            };
            match done {
                Ok(_) => {
                    tracing::warn!(tenant, policy = name, version = canary.version, what, "a canary is over");
                }
                // Somebody, or another replica, was faster.
                Err(Refusal::Conflict(_) | Refusal::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The canary's verdicts and those of what is in force beside it, told apart by the revision that each carries.
    async fn sides(
        &self,
        store: &dyn Store,
        tenant: &str,
        name: &str,
        published: &Published,
        canary: &Canary,
    ) -> Result<(Side, Side), Refusal> {
        let tried = self.version(tenant, name, canary.version).await?.summary.revision;
        let stable = match published.version {
            Some(version) => self.version(tenant, name, version).await?.summary.revision,
            None => Policy::default().revision,
        };
        let filter = Filter { from: Some(canary.since), ..Filter::default() };
        let (mut new, mut old) = (Side::default(), Side::default());
        scan(store, &Scope::tenant(tenant), &filter, MOST, TIME, |event| {
            if event.policy == tried {
                new.add(event);
            } else if event.policy == stable {
                old.add(event);
            }
        })
        .await?;
        Ok((new, old))
    }
}

impl Side {
    fn add(&mut self, event: &VerdictEvent) {
        self.total += 1;
        self.acted += u64::from(acts(event.action));
        let nothing_to_check =
            matches!(event.reason, Some(NotChecked::Empty | NotChecked::Disabled | NotChecked::Aborted));
        self.failed += u64::from(event.verdict == State::NotChecked && !nothing_to_check);
    }

    #[allow(clippy::cast_precision_loss, reason = "counts of a few thousand")]
    fn share(self, count: u64) -> f64 {
        count as f64 / self.total.max(1) as f64
    }
}

fn decide((new, old): (Side, Side), terms: CanaryTerms, over: bool) -> Judgement {
    if new.total < terms.min_verdicts.max(1) || old.total < terms.min_verdicts.max(1) {
        return Judgement::Wait;
    }
    let blocked = (new.share(new.acted), old.share(old.acted));
    let failed = (new.share(new.failed), old.share(old.failed));
    let told = |(new, old): (f64, f64)| format!("{:.1} % against {:.1} %", new * 100.0, old * 100.0);
    let of = format!("of {} and {} verdicts", new.total, old.total);
    if blocked.0 - blocked.1 > terms.max_block_increase {
        return Judgement::RollBack(format!("blocked or redacted {} {of}", told(blocked)));
    }
    if failed.0 - failed.1 > terms.max_error_increase {
        return Judgement::RollBack(format!("not checked or in error {} {of}", told(failed)));
    }
    if !over {
        return Judgement::Wait;
    }
    Judgement::Promote(format!(
        "blocked or redacted {}, not checked or in error {} {of}",
        told(blocked),
        told(failed)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(total: u64, acted: u64, failed: u64) -> Side {
        Side { total, acted, failed }
    }

    #[test]
    fn it_is_taken_back_at_once_and_carried_on_at_the_end() {
        let terms = CanaryTerms { min_verdicts: 100, ..CanaryTerms::default() };
        let old = side(1000, 10, 10);
        // Too few to tell anything, however bad they look.
        assert_eq!(decide((side(99, 99, 0), old), terms, true), Judgement::Wait);
        assert_eq!(decide((side(1000, 900, 0), side(99, 0, 0)), terms, true), Judgement::Wait);
        assert_eq!(decide((side(100, 2, 2), old), terms, false), Judgement::Wait);
        assert!(matches!(decide((side(100, 2, 2), old), terms, true), Judgement::Promote(_)));
        let bad = decide((side(100, 7, 2), old), terms, false);
        assert_eq!(
            bad,
            Judgement::RollBack(
                "blocked or redacted 7.0 % against 1.0 % of 100 and 1000 verdicts".to_owned()
            )
        );
        assert!(matches!(decide((side(100, 0, 8), old), terms, true), Judgement::RollBack(_)));
    }
}
