//! Times of day: `11:30`, `5 pm`, `10:30 a.m.`, `noon`.

/// Minutes of a `hh:mm` token; `None` when it is no time of day. Seconds are dropped.
pub(crate) fn clock(text: &str) -> Option<u16> {
    let mut parts = text.split(':');
    let (hour, minute) = (parts.next()?, parts.next()?);
    if hour.len() > 2 || minute.len() > 2 || parts.clone().count() > 1 {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour <= 24 && minute < 60).then_some((hour * 60 + minute) % 1440)
}

/// Half of the day that the letters after a time say: `Some(true)` for pm.
pub(crate) fn half(rest: &str) -> Option<(bool, usize)> {
    let bytes = rest.as_bytes();
    let skip = usize::from(bytes.first() == Some(&b' '));
    let letter = bytes.get(skip)?.to_ascii_lowercase();
    if letter != b'a' && letter != b'p' {
        return None;
    }
    let dotted = bytes.get(skip + 1) == Some(&b'.');
    let m = skip + 1 + usize::from(dotted);
    if bytes.get(m).map(u8::to_ascii_lowercase) != Some(b'm') {
        return None;
    }
    let mut end = m + 1;
    if dotted && bytes.get(end) == Some(&b'.') {
        end += 1;
    }
    (!bytes.get(end).is_some_and(u8::is_ascii_alphanumeric)).then_some((letter == b'p', end))
}

/// The time with its half of the day applied. Hours over 12 stay as they are.
pub(crate) fn apply(minutes: u16, pm: bool) -> u16 {
    match (minutes / 60, pm) {
        (12, false) => minutes - 720,
        (0..=11, true) => minutes + 720,
        _ => minutes,
    }
}

/// Whether two times can be the same: exactly, or twelve hours apart where one does not say its half of the day.
pub(crate) fn same(a: (u16, bool), b: (u16, bool)) -> bool {
    a.0 == b.0 || ((a.1 || b.1) && a.0 % 720 == b.0 % 720)
}
