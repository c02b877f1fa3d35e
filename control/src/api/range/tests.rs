use super::{Params, Range};

const NOW: i64 = 1_764_000_000_000_000;
const HOUR: i64 = 3_600_000_000;

fn take(pairs: &[(&str, &str)]) -> Result<Range, String> {
    let mut params = Params::of(pairs);
    let range = Range::take(&mut params, NOW).map_err(|e| e.to_string())?;
    params.end().map_err(|e| e.to_string())?;
    Ok(range)
}

#[test]
fn every_form_of_a_time() {
    let range = |from, to| Ok(Range { from, to });
    assert_eq!(take(&[]), range(None, None));
    assert_eq!(take(&[("from", ""), ("to", "")]), range(None, None));
    assert_eq!(take(&[("range", "2h")]), range(Some(NOW - 2 * HOUR), Some(NOW)));
    assert_eq!(take(&[("from", "now-1h"), ("to", "now")]), range(Some(NOW - HOUR), Some(NOW)));
    assert_eq!(take(&[("from", "0")]), range(Some(0), None));
    assert_eq!(take(&[("from", "1763996400000000")]), range(Some(NOW - HOUR), None));
    assert_eq!(
        take(&[("from", "-9223372036854775807")]),
        Err("from: must be microseconds since the Unix epoch; this looks like seconds or milliseconds"
            .to_owned())
    );
    assert_eq!(take(&[("to", "9223372036854775807")]), range(None, Some(253_402_300_799_000_000)));
    assert_eq!(take(&[("range", "9999999w")]), range(Some(0), Some(NOW)));
    assert_eq!(take(&[("to", "2025-11-24T16:00:00Z")]), range(None, Some(NOW)));
    assert_eq!(take(&[("to", "2025-11-24T17:00:00.5+01:00")]), range(None, Some(NOW + 500_000)));
}

#[test]
fn what_is_no_time_is_refused_by_name() {
    for (pairs, says) in [
        (&[("from", "yesterday")][..], "from: must be microseconds"),
        (&[("to", "1764000000")], "to: must be microseconds since the Unix epoch; this looks like seconds"),
        (&[("from", "now+1h")], "from:"),
        (&[("from", "now-")], "from:"),
        (&[("from", "now-99999999999999w")], "from:"),
        (&[("range", "1y")], "range: must be a number and"),
        (&[("range", "-1h")], "range:"),
        (&[("range", "h")], "range:"),
        (&[("range", "1h"), ("from", "now")], "range: does not go with"),
        (&[("from", "now"), ("to", "now-1h")], "from: is after to"),
    ] {
        let error = take(pairs).unwrap_err();
        assert!(error.starts_with(says), "{pairs:?}: {error}");
    }
}

#[test]
fn a_missing_end_is_filled_in() {
    let range = |from, to| Range { from, to };
    assert_eq!(range(None, None).or_last(HOUR, NOW), (NOW - HOUR, NOW));
    assert_eq!(range(None, Some(5 * HOUR)).or_last(HOUR, NOW), (4 * HOUR, 5 * HOUR));
    assert_eq!(range(Some(NOW + HOUR), None).or_last(HOUR, NOW), (NOW, NOW));
}
