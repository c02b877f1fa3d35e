//! The dates that the evidence holds.

use crate::quantity::Date;

/// Dates with the first sentence that holds each.
#[derive(Debug, Default)]
pub(super) struct Dates {
    /// By year, month and day.
    all: Vec<(Date, u32)>,
    /// Places in `all` by month, day and place: for dates without a year.
    by_day: Vec<u32>,
}

impl Dates {
    /// Those dates, in order of their sentences.
    pub(super) fn new(said: &[(Date, u32)]) -> Self {
        let mut all = said.to_vec();
        all.sort_unstable();
        all.dedup_by_key(|(date, _)| *date);
        let mut by_day: Vec<u32> = (0..).zip(&all).map(|(at, _)| at).collect();
        by_day.sort_by_key(|at| {
            let date = all[*at as usize].0;
            (date.month, date.day)
        });
        Self { all, by_day }
    }

    /// The sentence of the first date that says everything this one says.
    pub(super) fn within(&self, date: Date) -> Option<u32> {
        let found = if date.year > 0 || date.month == 0 {
            self.all[self.all.partition_point(|(known, _)| *known < date)..].first()
        } else {
            let days = if date.day > 0 { date.day..=date.day } else { 0..=31 };
            let first = days.filter_map(|day| self.first_on(date.month, day)).min();
            first.map(|at| &self.all[at as usize])
        };
        found.filter(|(known, _)| date.within(*known)).map(|(_, sentence)| *sentence)
    }

    /// The sentence of exactly that date.
    pub(super) fn exactly(&self, date: Date) -> Option<u32> {
        let at = self.all.binary_search_by_key(&date, |(known, _)| *known).ok()?;
        Some(self.all[at].1)
    }

    /// The sentence of the first date without a year that is this one otherwise.
    pub(super) fn yearless(&self, date: Date) -> Option<u32> {
        let sought = Date { year: 0, ..date };
        let found = self.all[self.all.partition_point(|(known, _)| *known < sought)..].first();
        found.filter(|(known, _)| known.year == 0 && sought.within(*known)).map(|(_, sentence)| *sentence)
    }

    /// Where the first date of that month and day stands.
    fn first_on(&self, month: u8, day: u8) -> Option<u32> {
        let of = |at: u32| {
            let date = self.all[at as usize].0;
            (date.month, date.day)
        };
        let first = self.by_day.partition_point(|at| of(*at) < (month, day));
        self.by_day.get(first).copied().filter(|at| of(*at) == (month, day))
    }

    /// Whether any date is in that month.
    pub(super) fn in_month(&self, month: u8) -> bool {
        let first = self.by_day.partition_point(|at| self.all[*at as usize].0.month < month);
        self.by_day.get(first).is_some_and(|at| self.all[*at as usize].0.month == month)
    }
}
