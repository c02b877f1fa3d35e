//! The closed sets of the API by name: for filters, for the values an error lists, for the store.

use agentguard_judge::{NotChecked, State};
use agentguard_policy::{Action, Direction};

/// A closed set whose members have names.
pub(crate) trait Named: Copy + PartialEq + 'static {
    /// Every member.
    const ALL: &'static [Self];

    /// As in JSON.
    fn name(self) -> &'static str;

    /// The member with that name.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|v| v.name() == name)
    }
}

impl Named for State {
    const ALL: &'static [Self] =
        &[Self::Grounded, Self::Ungrounded, Self::Contradicted, Self::Unverifiable, Self::NotChecked];

    fn name(self) -> &'static str {
        self.as_str()
    }
}

impl Named for NotChecked {
    const ALL: &'static [Self] = &[
        Self::Timeout,
        Self::Overload,
        Self::UnknownDialect,
        Self::Encoding,
        Self::TooLarge,
        Self::TlsPinned,
        Self::JudgeError,
        Self::UpstreamError,
        Self::Aborted,
        Self::Empty,
        Self::Disabled,
    ];

    fn name(self) -> &'static str {
        self.as_str()
    }
}

impl Named for Action {
    const ALL: &'static [Self] = &[Self::Observe, Self::Annotate, Self::Redact, Self::Block];

    fn name(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Annotate => "annotate",
            Self::Redact => "redact",
            Self::Block => "block",
        }
    }
}

impl Named for Direction {
    const ALL: &'static [Self] = &[Self::Outbound, Self::Inbound];

    fn name(self) -> &'static str {
        match self {
            Self::Outbound => "outbound",
            Self::Inbound => "inbound",
        }
    }
}

#[cfg(test)]
mod tests {
    use agentguard_judge::{NotChecked, State};
    use agentguard_policy::{Action, Direction};

    use super::Named;

    fn agrees_with_json<T: Named + serde::Serialize>() {
        for &value in T::ALL {
            assert_eq!(serde_json::to_value(value).unwrap(), value.name());
        }
    }

    #[test]
    fn names_are_those_of_the_json() {
        agrees_with_json::<State>();
        agrees_with_json::<NotChecked>();
        agrees_with_json::<Action>();
        agrees_with_json::<Direction>();
    }
}
