/** From the API's time series to what the charts draw: stacked sums, gaps, and a sentence that says the same. */

import type { State, TimeSeries } from '../api/types';
import { STATES } from '../api/types';
import { count, duration, percent, plural } from '../lib/format';
import type { Zone } from '../lib/time';
import { clock, dateTime } from '../lib/time';

/** What is drawn from the baseline up: what needs attention stands on the ground, where heights compare best. */
export const STACK: readonly State[] = STATES;

/** The counts of one state in every bucket. */
export function valuesOf(series: TimeSeries, state: State): readonly number[] {
  return series.series[state] ?? series.t.map(() => 0);
}

/** For each state the sum of it and all below it. */
export function stack(series: TimeSeries): number[][] {
  const sums = series.t.map(() => 0);
  return STACK.map(state => {
    const values = valuesOf(series, state);
    values.forEach((value, i) => (sums[i] = (sums[i] ?? 0) + value));
    return [...sums];
  });
}

/** All responses of every bucket. */
export function totals(series: TimeSeries): number[] {
  return stack(series).at(-1) ?? [];
}

/** The share of judged responses that were flagged, by bucket; `null` where none was judged. */
export function flaggedShares(series: TimeSeries): (number | null)[] {
  return series.t.map((_, i) => {
    const at = (state: State) => valuesOf(series, state)[i] ?? 0;
    const flagged = at('ungrounded') + at('contradicted');
    const judged = flagged + at('grounded') + at('unverifiable');
    return judged === 0 ? null : flagged / judged;
  });
}

/** The share of responses that were judged, by bucket; `null` where there was none. */
export function coverages(series: TimeSeries): (number | null)[] {
  const all = totals(series);
  const unchecked = valuesOf(series, 'not_checked');
  return all.map((total, i) => (total === 0 ? null : 1 - (unchecked[i] ?? 0) / total));
}

/** Judge p95 by bucket, a gap where nothing was judged. */
export function judgeLatency(series: TimeSeries): (number | null)[] {
  const all = totals(series);
  const unchecked = valuesOf(series, 'not_checked');
  return series.judge_p95_ms.map((value, i) => ((all[i] ?? 0) > (unchecked[i] ?? 0) ? value : null));
}

/** Index of the bucket that holds a point in time (seconds), if any. */
export function bucketAt(series: TimeSeries, seconds: number): number | undefined {
  const first = series.t[0];
  if (first === undefined) return undefined;
  const index = Math.floor((seconds - first) / series.step);
  return index >= 0 && index < series.t.length ? index : undefined;
}

/** The span of a bucket: `14:05:00 – 14:06:00`. */
export function bucketName(series: TimeSeries, index: number, zone: Zone): string {
  const from = (series.t[index] ?? 0) * 1000;
  const to = from + series.step * 1000;
  if (series.step >= 86_400) return dateTime(from, zone).slice(0, 10);
  const start =
    series.t.length * series.step > 86_400
      ? dateTime(from, zone).slice(5, 16)
      : clock(from, zone).slice(0, series.step < 60 ? 8 : 5);
  return `${start} – ${clock(to, zone).slice(0, series.step < 60 ? 8 : 5)}`;
}

/** The verdict chart in one sentence. */
export function describeVerdicts(series: TimeSeries, zone: Zone): string {
  const all = totals(series);
  const sum = all.reduce((a, b) => a + b, 0);
  if (sum === 0) return 'No responses in this range.';
  const peak = all.indexOf(Math.max(...all));
  const states = STACK.map(state => ({ state, n: valuesOf(series, state).reduce((a, b) => a + b, 0) })).filter(
    ({ n }) => n > 0,
  );
  const parts = states.map(({ state, n }) => `${count(n)} ${state.replace('_', ' ')} (${percent(n / sum)})`).join(', ');
  return `${plural(sum, 'response')}: ${parts}. Busiest ${bucketName(series, peak, zone)} with ${count(all[peak])}.`;
}

/** The latency chart in one sentence. */
export function describeLatency(series: TimeSeries, zone: Zone): string {
  const values = judgeLatency(series).filter((value): value is number => value !== null);
  if (values.length === 0) return 'Nothing was judged in this range.';
  const highest = Math.max(...values);
  const at = judgeLatency(series).indexOf(highest);
  if (values.length === 1) return `Judge p95 ${duration(highest)}, ${bucketName(series, at, zone)}.`;
  return `Judge p95 between ${duration(Math.min(...values))} and ${duration(highest)}, highest ${bucketName(series, at, zone)}.`;
}
