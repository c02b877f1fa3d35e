use proptest::prelude::*;

use super::*;

#[test]
fn times_need_a_unit_and_have_a_limit() {
    for (text, ms) in
        [("500ms", 500), ("2s", 2_000), ("1.5s", 1_500), ("0ms", 0), ("5m", 300_000), ("0.5 s", 500)]
    {
        assert_eq!(parse(text), Some(Duration::from_millis(ms)), "{text}");
    }
    for text in
        ["", "5", "ms", "-1s", "1e3s", "inf s", "NaNs", "1h", "301s", "99999999999999999999s", "1.2.3s", "s1"]
    {
        assert_eq!(parse(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(ms in 0_u64..=300_000) {
        let time = Duration::from_millis(ms);
        prop_assert_eq!(parse(&format(time)), Some(time));
    }
}
