import { describe, expect, it } from 'vitest';
import type { TimeSeries } from '../api/types';
import {
  bucketAt,
  bucketName,
  coverages,
  describeLatency,
  describeVerdicts,
  flaggedShares,
  judgeLatency,
  stack,
  totals,
} from './series';

const noon = Date.UTC(2026, 2, 1, 12) / 1000;
const series: TimeSeries = {
  step: 60,
  t: [noon, noon + 60, noon + 120],
  series: { grounded: [8, 0, 4], contradicted: [1, 0, 0], ungrounded: [1, 0, 0], not_checked: [0, 0, 4] },
  judge_p95_ms: [0.4, 0, 1.2],
};

describe('series', () => {
  it('stacks from what needs attention upwards', () => {
    expect(stack(series)).toEqual([
      [1, 0, 0],
      [2, 0, 0],
      [2, 0, 0],
      [2, 0, 4],
      [10, 0, 8],
    ]);
    expect(totals(series)).toEqual([10, 0, 8]);
  });

  it('leaves gaps where there is nothing to say', () => {
    expect(flaggedShares(series)).toEqual([0.2, null, 0]);
    expect(coverages(series)).toEqual([1, null, 0.5]);
    expect(judgeLatency(series)).toEqual([0.4, null, 1.2]);
  });

  it('finds and names buckets', () => {
    expect(bucketAt(series, noon + 119)).toBe(1);
    expect(bucketAt(series, noon - 1)).toBeUndefined();
    expect(bucketAt(series, noon + 180)).toBeUndefined();
    expect(bucketName(series, 1, 'utc')).toBe('12:01 – 12:02');
  });

  it('says in words what is drawn', () => {
    expect(describeVerdicts(series, 'utc')).toBe(
      '18 responses: 1 contradicted (5.6%), 1 ungrounded (5.6%), 4 not checked (22.2%), 12 grounded (66.7%). Busiest 12:00 – 12:01 with 10.',
    );
    expect(describeLatency(series, 'utc')).toBe('Judge p95 between 0.40 ms and 1.2 ms, highest 12:02 – 12:03.');
    const none: TimeSeries = { step: 60, t: [], series: {}, judge_p95_ms: [] };
    expect(describeVerdicts(none, 'utc')).toBe('No responses in this range.');
    expect(describeLatency(none, 'utc')).toBe('Nothing was judged in this range.');
  });
});
