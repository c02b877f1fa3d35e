//! How far the area would move with other responses of the same kind: percentile bootstrap (Efron 1979).

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use super::Point;
use super::rank::Ranked;

/// The same numbers for the same data.
const SEED: u64 = 0x00a6_e57a_11d5;

/// The 2.5th and 97.5th percentile of the area over so many resamples of the responses. Resamples without both classes have no
/// area and are left out; `None` when there is none at all.
pub(in crate::eval) fn auroc_interval(points: &[Point], resamples: usize) -> Option<[f64; 2]> {
    let ranked = Ranked::new(points);
    ranked.area(&vec![1; points.len()])?;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let mut counts = vec![0u32; points.len()];
    let mut areas = Vec::with_capacity(resamples);
    for _ in 0..resamples {
        counts.fill(0);
        for _ in 0..points.len() {
            counts[random.random_range(0..points.len())] += 1;
        }
        areas.extend(ranked.area(&counts));
    }
    areas.sort_by(f64::total_cmp);
    Some([percentile(&areas, 0.025)?, percentile(&areas, 0.975)?])
}

/// Linear between the two nearest of the sorted values.
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = (sorted.len().checked_sub(1)? as f64) * share;
    let (low, high) = (sorted.get(place.floor() as usize)?, sorted.get(place.ceil() as usize)?);
    Some(low + (high - low) * place.fract())
}
