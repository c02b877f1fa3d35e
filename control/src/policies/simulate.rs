//! What a policy would have done: verdicts that are stored, and the action that would have followed from them.
//!
//! A stored verdict holds risk, spans and state, not the text: the judge does not judge again. What follows from that is said in
//! `docs/policy.md`, and counted as `uncertain` where it can be told.

mod action;
mod scan;

use std::collections::BTreeMap;
use std::time::Duration;

use agentguard_api::VerdictEvent;
use agentguard_api::policies::{SimulatedExample, SimulatedWorkload, Simulation};
use agentguard_policy::{Action, Exchange, Policy};

pub(super) use scan::scan;

use crate::names::Named;
use crate::store::scope::Scope;
use crate::store::{Filter, Store, StoreError};

/// Verdicts looked at.
const MOST: u64 = 500_000;
const EXAMPLES: usize = 10;
const WORKLOADS: usize = 50;
/// Workloads counted; further ones are counted together.
const COUNTED: usize = 10_000;
const OTHERS: &str = "(others)";

/// What is tried, and on what.
pub(crate) struct Candidate {
    pub(crate) policy: Policy,
    /// Microseconds since the Unix epoch, inclusive.
    pub(crate) from: i64,
    /// Exclusive.
    pub(crate) to: i64,
    /// Only there; empty: everywhere.
    pub(crate) namespaces: Vec<String>,
}

/// Tries it, for at most `time`.
pub(crate) async fn simulate(
    store: &dyn Store,
    scope: &Scope,
    candidate: &Candidate,
    time: Duration,
) -> Result<Simulation, StoreError> {
    let Candidate { policy, from, to, namespaces } = candidate;
    let filter = Filter { from: Some(*from), to: Some(*to), ..Filter::default() };
    let mut sums = Sums::default();
    let scanned = scan(store, scope, &filter, MOST, time, |event| {
        if namespaces.is_empty() || namespaces.contains(&event.workload.namespace) {
            sums.add(policy, event);
        }
    });
    let (seen, partial) = scanned.await?;
    let mut simulation = sums.done();
    simulation.from = *from;
    simulation.to = *to;
    simulation.revision.clone_from(&policy.revision);
    simulation.scanned = seen;
    simulation.partial = partial;
    Ok(simulation)
}

#[derive(Default)]
struct Sums {
    simulation: Simulation,
    workloads: BTreeMap<String, SimulatedWorkload>,
}

impl Sums {
    fn add(&mut self, policy: &Policy, event: &VerdictEvent) {
        let exchange = Exchange {
            direction: event.direction,
            provider: &event.provider,
            host: &event.host,
            path: &event.path,
            model: &event.model,
        };
        let rule = policy.resolve(&exchange);
        let (before, after) = (event.action, action::under(rule, event));
        let changed = before != after;
        let name = workload(event);
        let known = self.workloads.contains_key(&name) || self.workloads.len() < COUNTED;
        let row =
            self.workloads.entry(if known { name.clone() } else { OTHERS.to_owned() }).or_insert_with(|| {
                let name = if known { name.clone() } else { OTHERS.to_owned() };
                SimulatedWorkload { name, total: 0, changed: 0, acted_before: 0, acted_after: 0 }
            });
        row.total += 1;
        row.changed += u64::from(changed);
        row.acted_before += u64::from(acts(before));
        row.acted_after += u64::from(acts(after));
        let sums = &mut self.simulation;
        sums.oldest = event.ts;
        sums.uncertain += u64::from(action::is_uncertain(rule, event));
        sums.changed += u64::from(changed);
        *sums
            .matrix
            .entry(before.name().to_owned())
            .or_default()
            .entry(after.name().to_owned())
            .or_default() += 1;
        if changed && sums.examples.len() < EXAMPLES {
            sums.examples.push(SimulatedExample {
                id: event.id,
                ts: event.ts,
                workload: name,
                risk: event.risk,
                before: before.name().to_owned(),
                after: after.name().to_owned(),
                rule: rule.name.clone(),
            });
        }
    }

    fn done(mut self) -> Simulation {
        let mut workloads: Vec<_> = self.workloads.into_values().collect();
        workloads.sort_by(|a, b| (b.changed, b.total, &a.name).cmp(&(a.changed, a.total, &b.name)));
        workloads.truncate(WORKLOADS);
        self.simulation.workloads = workloads;
        self.simulation
    }
}

/// Whether the client gets something else than what was answered.
pub(super) fn acts(action: Action) -> bool {
    matches!(action, Action::Block | Action::Redact)
}

fn workload(event: &VerdictEvent) -> String {
    let workload = &event.workload;
    if workload.namespace.is_empty() {
        workload.name.clone()
    } else {
        format!("{}/{}", workload.namespace, workload.name)
    }
}

#[cfg(test)]
mod tests;
