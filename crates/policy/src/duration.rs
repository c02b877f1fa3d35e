//! Times as a policy writes them: `250ms`, `1.5s`, `2m`.

use std::time::Duration;

/// The longest time that a policy may ask anything to wait.
pub(crate) const MAX: Duration = Duration::from_secs(300);

/// What error messages say is allowed.
pub(crate) const ALLOWED: &str = "0ms to 5m, a number and its unit (ms, s or m), like 500ms or 2s";

/// Reads a time, exact to the millisecond.
///
/// `None`: no unit, no number, or longer than [`MAX`].
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let (number, unit_ms) = if let Some(number) = text.strip_suffix("ms") {
        (number, 1.0)
    } else if let Some(number) = text.strip_suffix('s') {
        (number, 1_000.0)
    } else {
        (text.strip_suffix('m')?, 60_000.0)
    };
    let number = number.trim_end();
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let ms = number.parse::<f64>().ok()? * unit_ms;
    let time = Duration::from_millis(ms.round() as u64);
    (time <= MAX).then_some(time)
}

/// Writes a time so that [`parse`] reads the same.
pub(crate) fn format(time: Duration) -> String {
    let ms = time.as_millis();
    if ms > 0 && ms.is_multiple_of(1_000) { format!("{}s", ms / 1_000) } else { format!("{ms}ms") }
}

#[cfg(test)]
mod tests;
