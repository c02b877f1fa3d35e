import { describe, expect, it } from 'vitest';
import { parseRange, previousName, rangeName, rangeQuery, relative, resolveRange } from './range';
import { withQuery } from './router';

const of = (search: string) => parseRange(new URLSearchParams(search));

describe('time range', () => {
  it('keeps relative ranges relative through the address', () => {
    for (const token of ['15m', '6h', '24h', '7d', '90m']) {
      const range = of(`range=${token}`);
      expect(range).toMatchObject({ kind: 'relative', token });
      expect(withQuery('/', new URLSearchParams(), rangeQuery(range))).toBe(`/?range=${token}`);
    }
    expect(withQuery('/', new URLSearchParams('range=7d'), rangeQuery(of('')))).toBe('/');
  });

  it('keeps fixed ranges to the millisecond', () => {
    const search = 'from=2026-03-01T12:00:00Z&to=2026-03-01T12:30:00.250Z';
    const range = of(search);
    expect(range).toEqual({
      kind: 'absolute',
      from: Date.UTC(2026, 2, 1, 12),
      to: Date.UTC(2026, 2, 1, 12, 30, 0, 250),
    });
    expect(withQuery('/verdicts', new URLSearchParams(), rangeQuery(range))).toBe(`/verdicts?${search}`);
  });

  it('falls back where an address is damaged', () => {
    const bad = [
      'range=0h',
      'range=1y',
      'range=9999d',
      'range=-1h',
      'from=2026-03-01T12:00:00Z',
      'from=2026-03-01T12:00:00Z&to=2026-03-01T12:00:00Z',
      'from=2026-03-02T12:00:00Z&to=2026-03-01T12:00:00Z',
      'from=yesterday&to=now',
      'from=2026-13-01T12:00:00Z&to=2026-14-01T12:00:00Z',
    ];
    for (const search of bad) expect(of(search)).toMatchObject({ token: '1h' });
  });

  it('resolves to the API’s microseconds', () => {
    expect(resolveRange(of('range=15m'), 1_700_000_000_000)).toEqual({
      from: 1_699_999_100_000_000,
      to: 1_700_000_000_000_000,
    });
  });

  it('has names for people', () => {
    const names = ['1h', '1d', '15m', '7d'].map(token => rangeName(relative(token) ?? of(''), 'utc'));
    expect(names).toEqual(['Last hour', 'Last day', 'Last 15 minutes', 'Last 7 days']);
    expect(previousName(of('range=24h'))).toBe('previous 24 hours');
    expect(rangeName(of('from=2026-03-01T12:00:00Z&to=2026-03-01T12:30:00Z'), 'utc')).toBe('2026-03-01 12:00 → 12:30');
  });
});
