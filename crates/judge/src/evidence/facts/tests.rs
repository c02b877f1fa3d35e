//! The sorted facts against a plain search through all of them.

use proptest::prelude::*;

use super::dates::Dates;
use super::times::Times;
use crate::quantity::{Date, time};

fn dates() -> impl Strategy<Value = Date> {
    let year = prop_oneof![Just(0u32), 2020u32..2023];
    (year, 0u32..4, 0u32..4).prop_filter_map("a day without a month", |(y, m, d)| Date::new(y, m, d))
}

proptest! {
    #[test]
    fn dates_are_found_as_by_looking_at_all(said in prop::collection::vec(dates(), 0..30), sought in dates()) {
        let mut all: Vec<(Date, u32)> = said.into_iter().zip(0..).collect();
        let dates = Dates::new(&all);
        all.sort_unstable();
        let first = |wanted: &dyn Fn(Date) -> bool| all.iter().find(|(d, _)| wanted(*d)).map(|(_, s)| *s);
        prop_assert_eq!(dates.within(sought), first(&|d| sought.within(d)));
        prop_assert_eq!(dates.exactly(sought), first(&|d| d == sought));
        prop_assert_eq!(dates.in_month(sought.month), first(&|d| d.month == sought.month).is_some());
        if dates.within(sought).is_none() && sought.month > 0 {
            let open = Date { year: 0, ..sought };
            prop_assert_eq!(dates.yearless(sought), first(&|d| open.within(d) && !sought.conflicts(d)));
        }
    }

    #[test]
    fn times_are_found_as_by_looking_at_all(
        said in prop::collection::vec((0u16..1440, any::<bool>()), 0..30),
        sought in (0u16..1440, any::<bool>()),
    ) {
        let round = |(minutes, open): (u16, bool)| (minutes / 120 * 120, open);
        let sought = round(sought);
        let said = said.into_iter().map(round);
        let mut all: Vec<(u16, bool, u32)> = said.zip(0..).map(|((m, open), s)| (m, open, s)).collect();
        let times = Times::new(&all);
        all.sort_unstable();
        let first = all.iter().find(|t| time::same((t.0, t.1), sought)).map(|t| t.2);
        prop_assert_eq!(times.same(sought.0, sought.1), first);
    }
}
