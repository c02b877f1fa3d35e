import { describe, expect, it } from 'vitest';
import { pageOf, pageQuery } from './pages';

const rows = Array.from({ length: 10_000 }, (_, i) => i);

describe('pageOf', () => {
  it('never gives more than a page, and every row once', () => {
    const all = Array.from({ length: 100 }, (_, i) => pageOf(rows, String(i + 1), 100).rows).flat();
    expect(all).toEqual(rows);
    expect(pageOf(rows.slice(0, 101), '2', 100)).toEqual({ rows: [100], number: 2, count: 2 });
  });

  it('goes to the nearest page there is', () => {
    expect(pageOf(rows, '999999', 100).number).toBe(100);
    for (const asked of [null, '', '0', '-3', '1e3', 'x', '9'.repeat(40)])
      expect(pageOf(rows, asked, 100).number).toBe(1);
    expect(pageOf([], '3', 100)).toEqual({ rows: [], number: 1, count: 1 });
  });

  it('says nothing of the first page', () => expect([pageQuery(1), pageQuery(2)]).toEqual([undefined, '2']));
});
