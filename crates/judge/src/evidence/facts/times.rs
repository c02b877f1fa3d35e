//! The times of day that the evidence holds.

use crate::quantity::time;

/// Minutes and whether the half of the day is open, with the first sentence that says so.
#[derive(Debug, Default)]
pub(super) struct Times(Vec<(u16, bool, u32)>);

impl Times {
    pub(super) fn new(said: &[(u16, bool, u32)]) -> Self {
        let mut all = said.to_vec();
        all.sort_unstable();
        all.dedup_by_key(|(minutes, open, _)| (*minutes, *open));
        Self(all)
    }

    /// The sentence of the first time that may be this one.
    pub(super) fn same(&self, minutes: u16, open: bool) -> Option<u32> {
        let half = minutes % 720;
        [half, half + 720].into_iter().find_map(|sought| {
            let first = self.0.partition_point(|t| t.0 < sought);
            let known = self.0[first..].iter().take_while(|t| t.0 == sought);
            known.into_iter().find(|t| time::same((t.0, t.1), (minutes, open))).map(|t| t.2)
        })
    }
}
