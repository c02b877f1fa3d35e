import { describe, expect, it } from 'vitest';
import { combine } from './facetcounts';

describe('combine', () => {
  const all = { facets: { verdict: { contradicted: 3 }, model: { a: 2, b: 1 } }, partial: false };

  it('counts a chosen list without its own condition', () => {
    const own = { facets: { verdict: { contradicted: 3, grounded: 40 }, model: { a: 30, b: 13 } }, partial: false };
    const counts = combine(all, [['verdict', own]]);
    expect(counts.lists.verdict).toEqual({ contradicted: 3, grounded: 40 });
    expect(counts.lists.model).toEqual({ a: 2, b: 1 });
    expect(counts.lists.workload).toEqual({});
    expect(counts.total).toBe(3);
  });

  it('is partial when any part is', () => {
    expect(combine(all, []).partial).toBe(false);
    expect(combine(all, [['model', { facets: {}, partial: true }]])).toMatchObject({
      partial: true,
      lists: { model: {} },
    });
  });
});
