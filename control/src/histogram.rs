//! Mergeable histograms of durations with a bounded relative error.
//!
//! Buckets grow by the factor γ = (1 + α) / (1 − α) with α = 1 %: a quantile is within 1 % of a value that really has
//! that rank, for values from [`MIN_MS`] to [`MAX_MS`]; below counts as zero, above as the highest bucket. The buckets are the same
//! in every histogram, so merging is adding and the order of merging does not matter (DDSketch, Masson et al., VLDB 2019,
//! without its collapsing: the range is fixed, so at most 1,382 buckets exist). It does not keep sums or extremes.

use std::collections::BTreeMap;

use crate::varint;

/// Values below are counted as zero milliseconds.
const MIN_MS: f64 = 1e-5;
/// Values above are counted as this: about 2.8 hours.
const MAX_MS: f64 = 1e7;
const ALPHA: f64 = 0.01;

/// Counts by bucket. Bucket 0 is zero; bucket i holds values in (MIN·γ^(i−1), MIN·γ^i].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Histogram {
    buckets: BTreeMap<u16, u64>,
    count: u64,
}

/// A stored histogram that cannot be read back.
#[derive(Debug, thiserror::Error)]
#[error("a stored histogram is damaged")]
pub(crate) struct Damaged;

fn gamma_ln() -> f64 {
    ((1.0 + ALPHA) / (1.0 - ALPHA)).ln()
}

fn bucket_of(ms: f64) -> u16 {
    if ms.is_nan() || ms <= MIN_MS {
        return 0;
    }
    let bucket = ((ms.min(MAX_MS) / MIN_MS).ln() / gamma_ln()).ceil();
    // At most ln(1e12) / gamma_ln() = 1382: fits.
    bucket.max(1.0) as u16
}

/// The value in a bucket that is within α of every value in it.
fn value_of(bucket: u16) -> f64 {
    if bucket == 0 {
        return 0.0;
    }
    let upper = MIN_MS * (f64::from(bucket) * gamma_ln()).exp();
    upper * (1.0 - ALPHA)
}

impl Histogram {
    /// Counts one value, milliseconds.
    pub(crate) fn record(&mut self, ms: f64) {
        *self.buckets.entry(bucket_of(ms)).or_default() += 1;
        self.count += 1;
    }

    /// Adds another histogram's counts.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (&bucket, &n) in &other.buckets {
            *self.buckets.entry(bucket).or_default() += n;
        }
        self.count += other.count;
    }

    /// The value at quantile `q` (0..1), milliseconds; 0 when empty.
    pub(crate) fn quantile(&self, q: f64) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        // Nearest rank: the smallest value with at least q of all values at or below it.
        let rank = ((q * self.count as f64).ceil() as u64).clamp(1, self.count);
        let mut below = 0;
        for (&bucket, &n) in &self.buckets {
            below += n;
            if below >= rank {
                return value_of(bucket);
            }
        }
        0.0
    }

    /// As stored: pairs of (distance to the previous bucket, count), as varints.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.buckets.len() * 3);
        let mut previous = 0;
        for (&bucket, &n) in &self.buckets {
            varint::put(&mut out, u64::from(bucket - previous));
            varint::put(&mut out, n);
            previous = bucket;
        }
        out
    }

    /// Adds what [`Self::encode`] wrote.
    pub(crate) fn merge_encoded(&mut self, mut bytes: &[u8]) -> Result<(), Damaged> {
        let mut bucket = 0u16;
        while !bytes.is_empty() {
            let step = varint::take(&mut bytes).and_then(|v| u16::try_from(v).ok()).ok_or(Damaged)?;
            let n = varint::take(&mut bytes).ok_or(Damaged)?;
            bucket = bucket.checked_add(step).ok_or(Damaged)?;
            *self.buckets.entry(bucket).or_default() += n;
            self.count += n;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
