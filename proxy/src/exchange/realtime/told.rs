//! One event for every response, judged beside the reading.

use std::sync::Arc;

use agentguard_judge::{NotChecked, Verdict};
use agentguard_policy::Delivery;
use agentguard_wire::realtime::{self, Finished};
use http::StatusCode;
use tokio::sync::OwnedSemaphorePermit;

use crate::Limits;
use crate::exchange::judging::Judging;
use crate::exchange::ledger::{Ledger, Outcome, settled};
use crate::exchange::plan::Plan;
use crate::exchange::stream::LAST;
use crate::http::route::Route;
use crate::life;
use crate::shared::Shared;

/// Opens and closes the events of one connection.
pub(super) struct Teller {
    trace: Option<String>,
    route: Arc<Route>,
    shared: Arc<Shared>,
    /// Kept until the last response is judged, so that a drain waits for it.
    place: Option<Arc<OwnedSemaphorePermit>>,
}

/// A response that has begun.
pub(super) struct Begun {
    ledger: Ledger,
    plan: Plan,
    spoke: bool,
}

impl Begun {
    /// Its first word has come.
    pub(super) fn spoke(&mut self) {
        self.spoke = true;
        self.ledger.answered(StatusCode::SWITCHING_PROTOCOLS.as_u16());
    }
}

impl Teller {
    pub(super) fn new(
        trace: Option<String>,
        route: &Arc<Route>,
        place: Option<OwnedSemaphorePermit>,
        shared: &Arc<Shared>,
    ) -> Self {
        Self { trace, route: route.clone(), shared: shared.clone(), place: place.map(Arc::new) }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Counts turns that were let go.
    pub(super) fn forgot(&self, turns: u64) {
        self.shared.judge_metrics.forgotten.inc_by(turns);
    }

    /// A response of that model begins.
    pub(super) fn begin(&self, model: &str) -> Begun {
        let mut ledger = Ledger::begin(self.trace.clone(), &self.route, &self.shared);
        ledger.asked(realtime::NAME, model);
        let mut plan = life::plan(&self.route, model, &self.shared);
        plan.delivery = Delivery::Pass; // there is nothing else here
        ledger.planned(&plan);
        ledger.streamed();
        Begun { ledger, plan, spoke: false }
    }

    /// The connection is not read from here on, for that reason.
    pub(super) fn unread(&self, reason: NotChecked) {
        let model = self.route.realtime.as_deref().unwrap_or_default();
        let mut begun = self.begin(model);
        begun.spoke();
        begun.ledger.settle(Outcome::seen(Verdict::not_checked(reason)));
    }

    /// Has a response judged, and told. `missing`: why not everything is known that concerns it.
    pub(super) fn judge(&self, begun: Begun, finished: Finished, missing: Option<NotChecked>) {
        let (shared, place) = (self.shared.clone(), self.place.clone());
        tokio::spawn(async move {
            judge(begun, finished, missing, &shared).await;
            drop(place);
        });
    }
}

async fn judge(mut begun: Begun, finished: Finished, missing: Option<NotChecked>, shared: &Shared) {
    if !begun.spoke {
        begun.spoke();
    }
    let Begun { mut ledger, plan, .. } = begun;
    let Finished { request, answer, size, .. } = finished;
    let mut judging = if plan.judges() {
        life::judge_answer(request, size, &plan, &mut ledger, shared)
    } else {
        Judging::failed(NotChecked::Disabled)
    };
    let answer = Arc::new(answer);
    let found = judging.judge(&answer, LAST).await;
    let found = match found {
        Err(NotChecked::Empty) if answer.error.is_some() => Err(NotChecked::UpstreamError),
        found => found,
    };
    ledger.judged(&judging);
    ledger.read(Arc::unwrap_or_clone(answer));
    let verdict = settled(found, missing);
    ledger.settle(Outcome { would: plan.would(&verdict), ..Outcome::seen(verdict) });
}
