//! Ranges of time: `from` and `to`, or `range`.
//!
//! A time is microseconds since the Unix epoch, RFC 3339, or relative to now (`now`, `now-1h`, `now-7d`). `range=1h` is short for
//! `from=now-1h&to=now`.

use jiff::Timestamp;

use super::params::Params;
use crate::http::ApiError;

/// Microseconds of the year 9999: later times only overflow sums.
const LATEST: i64 = 253_402_300_799_000_000;
/// Microseconds of 1973: a smaller whole number is seconds or milliseconds.
const SMALLEST: i64 = 100_000_000_000_000;
const FORMS: &str =
    "must be microseconds since the Unix epoch, RFC 3339, or relative: now, now-30m, now-24h, now-7d";

/// How the parameters are described.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the fields are only described; `Range::take` reads them")]
pub(crate) struct RangeParams {
    /// Range start, inclusive: microseconds since the Unix epoch, RFC 3339, or relative (`now-1h`).
    #[param(example = "now-24h")]
    from: Option<String>,
    /// Range end, exclusive, in the same forms. Default: now.
    #[param(example = "now")]
    to: Option<String>,
    /// Short for `from=now-…&to=now`: a number and `s`, `m`, `h`, `d` or `w`.
    #[param(example = "24h")]
    range: Option<String>,
}

/// Both ends as far as given, microseconds since the Unix epoch; `from` inclusive, `to` exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: Option<i64>,
    pub(crate) to: Option<i64>,
}

impl Range {
    /// Takes the parameters.
    pub(crate) fn take(params: &mut Params, now: i64) -> Result<Self, ApiError> {
        let from =
            params.text("from")?.map(|t| time("from", &t, now)).transpose()?.map(|t| t.clamp(0, LATEST));
        let to = params.text("to")?.map(|t| time("to", &t, now)).transpose()?.map(|t| t.clamp(0, LATEST));
        let range = params.text("range")?;
        if let Some(range) = range {
            if from.is_some() || to.is_some() {
                return Err(ApiError::parameter("range", "does not go with from and to"));
            }
            let Some(span) = span(&range) else {
                return Err(ApiError::parameter(
                    "range",
                    "must be a number and s, m, h, d or w, such as 15m or 24h",
                ));
            };
            return Ok(Self { from: Some(now.saturating_sub(span).max(0)), to: Some(now) });
        }
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            return Err(ApiError::parameter("from", "is after to"));
        }
        Ok(Self { from, to })
    }

    /// Both ends, the given span back from `to` or now where not given.
    pub(crate) fn or_last(self, span: i64, now: i64) -> (i64, i64) {
        let to = self.to.unwrap_or(now);
        (self.from.unwrap_or(to.saturating_sub(span).max(0)).min(to), to)
    }
}

fn time(name: &str, text: &str, now: i64) -> Result<i64, ApiError> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix("now") {
        let back = match rest.strip_prefix('-') {
            Some(rest) => span(rest),
            None => rest.is_empty().then_some(0),
        };
        return back.map(|back| now.saturating_sub(back)).ok_or_else(|| ApiError::parameter(name, FORMS));
    }
    if let Ok(micros) = text.parse::<i64>() {
        if micros != 0 && micros < SMALLEST {
            return Err(ApiError::parameter(
                name,
                "must be microseconds since the Unix epoch; this looks like seconds or milliseconds",
            ));
        }
        return Ok(micros);
    }
    let time: Timestamp = text.parse().map_err(|_| ApiError::parameter(name, FORMS))?;
    Ok(time.as_microsecond())
}

/// `15m`, `24h`, … in microseconds.
fn span(text: &str) -> Option<i64> {
    let (at, unit) = text.char_indices().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let digits = &text[..at];
    let count: i64 = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()?;
    count.checked_mul(seconds)?.checked_mul(1_000_000)
}

#[cfg(test)]
mod tests;
