//! What a list, a facet count or a tail lets through, and the place in a list.

use agentguard_judge::{NotChecked, State};
use agentguard_policy::{Action, Direction};
use uuid::Uuid;

use super::{Event, Shape};
use crate::names::Named;

/// Conditions that must all hold; an empty list lets everything through.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Filter {
    /// Microseconds since the Unix epoch, inclusive.
    pub(crate) from: Option<i64>,
    /// Exclusive.
    pub(crate) to: Option<i64>,
    pub(crate) verdict: Vec<State>,
    pub(crate) action: Vec<Action>,
    pub(crate) reason: Vec<NotChecked>,
    pub(crate) direction: Vec<Direction>,
    pub(crate) provider: Vec<String>,
    pub(crate) model: Vec<String>,
    pub(crate) workload: Vec<String>,
    pub(crate) instance: Vec<Uuid>,
    pub(crate) min_risk: Option<f32>,
    /// Lower case.
    pub(crate) words: Vec<String>,
}

/// A few-valued field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Facet {
    Verdict,
    Reason,
    Action,
    Direction,
    Provider,
    Model,
    Workload,
}

impl Facet {
    pub(crate) const ALL: [Self; 7] = [
        Self::Verdict,
        Self::Reason,
        Self::Action,
        Self::Direction,
        Self::Provider,
        Self::Model,
        Self::Workload,
    ];

    /// As in the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Verdict => "verdict",
            Self::Reason => "reason",
            Self::Action => "action",
            Self::Direction => "direction",
            Self::Provider => "provider",
            Self::Model => "model",
            Self::Workload => "workload",
        }
    }

    /// Its value in a shape; empty when there is none.
    pub(crate) fn of(self, shape: &Shape) -> &str {
        match self {
            Self::Verdict => shape.verdict.name(),
            Self::Reason => shape.reason.map_or("", Named::name),
            Self::Action => shape.action.name(),
            Self::Direction => shape.direction.name(),
            Self::Provider => &shape.provider,
            Self::Model => &shape.model,
            Self::Workload => &shape.workload,
        }
    }
}

/// Which conditions on few-valued fields a shape does not meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misses {
    /// It passes.
    None,
    /// It would pass but for this one.
    One(Facet),
    Several,
}

impl Filter {
    /// Whether the conditions on few-valued fields hold.
    pub(crate) fn admits_shape(&self, shape: &Shape) -> bool {
        self.misses(shape) == Misses::None
    }

    /// Which of the conditions on few-valued fields do not hold.
    pub(crate) fn misses(&self, shape: &Shape) -> Misses {
        let mut misses = Misses::None;
        for facet in Facet::ALL {
            if !self.holds(facet, shape) {
                misses = if misses == Misses::None { Misses::One(facet) } else { Misses::Several };
            }
        }
        misses
    }

    fn holds(&self, facet: Facet, shape: &Shape) -> bool {
        fn any<T: PartialEq>(wanted: &[T], value: &T) -> bool {
            wanted.is_empty() || wanted.contains(value)
        }
        match facet {
            Facet::Verdict => any(&self.verdict, &shape.verdict),
            Facet::Reason => self.reason.is_empty() || shape.reason.is_some_and(|r| self.reason.contains(&r)),
            Facet::Action => any(&self.action, &shape.action),
            Facet::Direction => any(&self.direction, &shape.direction),
            Facet::Provider => any(&self.provider, &shape.provider),
            Facet::Model => any(&self.model, &shape.model),
            Facet::Workload => any(&self.workload, &shape.workload),
        }
    }

    /// The values that one field may have; none chosen: any.
    pub(crate) fn chosen(&self, facet: Facet) -> Vec<&str> {
        fn names<T: Named>(values: &[T]) -> Vec<&'static str> {
            values.iter().map(|value| value.name()).collect()
        }
        match facet {
            Facet::Verdict => names(&self.verdict),
            Facet::Reason => names(&self.reason),
            Facet::Action => names(&self.action),
            Facet::Direction => names(&self.direction),
            Facet::Provider => self.provider.iter().map(String::as_str).collect(),
            Facet::Model => self.model.iter().map(String::as_str).collect(),
            Facet::Workload => self.workload.iter().map(String::as_str).collect(),
        }
    }

    /// Whether sums by shape and time can tell what passes.
    pub(crate) fn is_summed(&self) -> bool {
        self.min_risk.is_none() && self.instance.is_empty() && self.words.is_empty()
    }

    /// Whether there is any condition on a few-valued field.
    pub(crate) fn asks_shape(&self) -> bool {
        !(self.verdict.is_empty()
            && self.action.is_empty()
            && self.direction.is_empty()
            && self.provider.is_empty()
            && self.model.is_empty()
            && self.workload.is_empty()
            && self.reason.is_empty())
    }

    /// Whether an event passes; the same answer as the store's.
    pub(crate) fn admits(&self, instance: Uuid, event: &Event) -> bool {
        self.from.is_none_or(|from| event.ts >= from)
            && self.to.is_none_or(|to| event.ts < to)
            && self.min_risk.is_none_or(|least| event.risk >= least)
            && (self.instance.is_empty() || self.instance.contains(&instance))
            && self.admits_shape(&event.shape)
            && self.words.iter().all(|w| event.words.contains(w.as_str()))
    }
}

/// A place in the list: items after it are older, or as old and stored earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// Microseconds since the Unix epoch.
    pub(crate) ts: i64,
    /// Order of storing.
    pub(crate) n: i64,
}

impl Position {
    /// Before everything.
    pub(crate) const NEWEST: Self = Self { ts: i64::MAX, n: i64::MAX };

    /// The cursor of the API: opaque to its users.
    pub(crate) fn cursor(self) -> String {
        format!("{:x}-{:x}", self.ts, self.n)
    }

    /// Reads a cursor back.
    pub(crate) fn from_cursor(cursor: &str) -> Option<Self> {
        let (ts, n) = cursor.split_once('-')?;
        let read = |part: &str| {
            let plain = part.len() <= 16 && part.bytes().all(|b| b.is_ascii_hexdigit());
            plain.then(|| i64::from_str_radix(part, 16).ok()).flatten()
        };
        Some(Self { ts: read(ts)?, n: read(n)? })
    }
}
