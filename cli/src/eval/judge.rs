//! The one seam to the judge: which signals it has, and how a row is judged.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use agentguard_judge::{Evidence, NotChecked, Session, Settings, Signal, Verdict};
use agentguard_policy::Rule;
use agentguard_wire::{Event, Request};

use super::EvalError;
use super::request::{Reply, stream};
use crate::model::Model;

/// Which signals judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Those that need no trained model.
    Rules,
    /// The trained model alone.
    Model,
    /// Everything that this build has.
    All,
}

impl Which {
    pub(super) const ALL: [Self; 3] = [Self::Rules, Self::Model, Self::All];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Model => "model",
            Self::All => "all",
        }
    }
}

/// The judge, as the proxy has it without a policy of its own.
pub(super) struct Judge {
    settings: Settings,
    model: Option<Model>,
}

impl Judge {
    /// With these signals, and flagging from this risk on; `None`: as shipped. Where rules alone judge the model is not asked.
    ///
    /// # Errors
    /// [`EvalError::NoModel`].
    pub(super) fn new(which: Which, threshold: Option<f32>, model: Option<Model>) -> Result<Self, EvalError> {
        let mut settings = Rule::default().settings();
        if let Some(threshold) = threshold {
            settings.threshold = threshold;
        }
        if which == Which::Model {
            if model.is_none() {
                return Err(EvalError::NoModel);
            }
            settings.signals = Signal::ALL
                .into_iter()
                .fold(settings.signals, |set, signal| set.with(signal, signal == Signal::Model));
        }
        Ok(Self { settings, model: model.filter(|_| which != Which::Rules) })
    }

    /// Responses and spans of this risk or more are flagged.
    pub(super) fn threshold(&self) -> f32 {
        self.settings.threshold
    }
}

/// A verdict and what it took.
pub(super) struct Judged {
    /// The verdict.
    pub(super) verdict: Verdict,
    /// Gathering the evidence.
    pub(super) evidence: Duration,
    /// Reading the whole answer, verdict included.
    pub(super) judging: Duration,
    /// What each sentence or call cost, from the first event after the one before to the one that settled it.
    pub(super) sentences: Vec<Duration>,
}

/// Judges a reply to a request: evidence first, then the reply event by event, as it would stream through the proxy. A judge
/// that fails gives `not_checked`, as it does there.
pub(super) fn judge_row(judge: &Judge, request: &Request, reply: Reply<'_>) -> Judged {
    let events = stream(reply);
    let (mut evidence, mut judging, mut sentences) = (Duration::ZERO, Duration::ZERO, Vec::new());
    let verdict = catch_unwind(AssertUnwindSafe(|| {
        let begun = Instant::now();
        let mut gathered = Evidence::gather(request);
        if let Some(model) = &judge.model {
            model.encode(&mut gathered);
        }
        let gathered = Arc::new(gathered);
        evidence = begun.elapsed();
        let begun = Instant::now();
        let mut session = Session::new(gathered, judge.settings.clone());
        let (mut settled, mut since) = (0, begun);
        for event in &events {
            let mut reached = session.event(event).settled;
            if let Some(model) = &judge.model {
                reached = model
                    .catch_up(&mut session)
                    .iter()
                    .map(|output| output.settled)
                    .fold(reached, usize::max);
            }
            if reached > settled || matches!(event, Event::ToolEnd { .. }) {
                settled = reached;
                let now = Instant::now();
                sentences.push(now - since);
                since = now;
            }
        }
        session.end();
        if let Some(model) = &judge.model {
            model.catch_up(&mut session);
        }
        let verdict = session.finish();
        judging = begun.elapsed();
        verdict
    }));
    let verdict = verdict.unwrap_or_else(|_| Verdict::not_checked(NotChecked::JudgeError));
    Judged { verdict, evidence, judging, sentences }
}

#[cfg(test)]
mod tests {
    use agentguard_judge::State;
    use agentguard_wire::{Answer, Choice};

    use super::*;
    use crate::eval::request::of_answer;
    use crate::eval::rows::Labelled;

    const SHOWN: &str = "passage 1: The bridge over the Elver is 41 m long. It was built in 1902 by a firm from Holm, and \
                         Ines Calder opened it.\n\npassage 2: Lorries may not cross the bridge. The town council wants a \
                         footpath on both sides of it.";
    const SAID: &str = "The bridge is 41 m long. It was built in 1923 by Tom Alvey. Ines Calder opened it.";

    fn request() -> Request {
        let row = Labelled {
            context: SHOWN.to_owned(),
            question: "how old is the bridge".to_owned(),
            response: SAID.to_owned(),
            unsupported: true,
            spans: None,
        };
        of_answer("QA", &row)
    }

    #[test]
    fn a_row_is_judged_as_the_product_judges_it_and_every_sentence_is_timed() {
        let judge = Judge::new(Which::All, None, None).unwrap();
        assert_eq!(judge.threshold(), Rule::default().thresholds.warn);
        let judged = judge_row(&judge, &request(), Reply::Text(SAID));
        let choice = Choice { text: SAID.to_owned(), ..Choice::default() };
        let answer = Answer { choices: vec![choice], ..Answer::default() };
        let evidence = Arc::new(Evidence::gather(&request()));
        assert_eq!(judged.verdict, Session::judge(evidence, Rule::default().settings(), &answer));
        assert_eq!(judged.verdict.state, State::Ungrounded);
        assert_eq!((judged.verdict.sentences, judged.sentences.len()), (3, 3));
        assert!(judged.sentences.iter().sum::<Duration>() <= judged.judging);
        assert!(!judged.evidence.is_zero() && !judged.judging.is_zero());
    }

    #[test]
    fn the_threshold_decides_what_is_flagged_but_not_the_risk() {
        let at = |threshold| {
            judge_row(
                &Judge::new(Which::Rules, Some(threshold), None).unwrap(),
                &request(),
                Reply::Text(SAID),
            )
            .verdict
        };
        let (low, high) = (at(0.5), at(1.0));
        assert_eq!((low.state, high.state), (State::Ungrounded, State::Grounded));
        assert_eq!(low.risk, high.risk);
    }

    #[test]
    fn nothing_said_is_not_checked() {
        let judged = judge_row(&Judge::new(Which::All, None, None).unwrap(), &request(), Reply::Text(""));
        assert_eq!((judged.verdict.state, judged.verdict.risk), (State::NotChecked, 0.0));
    }

    #[test]
    fn a_build_without_a_model_says_so() {
        assert!(matches!(Judge::new(Which::Model, None, None), Err(EvalError::NoModel)));
    }
}
