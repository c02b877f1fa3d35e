import { describe, expect, it } from 'vitest';
import { conditions, filterQuery, NO_FILTER, parseFilter, toggle } from './filters';
import { matchRoute, withQuery } from './router';

const address = (search: string) =>
  withQuery('/verdicts', new URLSearchParams(), filterQuery(parseFilter(new URLSearchParams(search))));

describe('filter ↔ address', () => {
  it('round-trips', () => {
    for (const search of [
      'verdict=ungrounded,contradicted',
      'action=block&model=gpt-4o-mini&min_risk=0.7&q=refund+days',
      'workload=shop/support-agent',
      'model=meta-llama/Llama-3.1-8B:free',
      'q=50%25+%26+more',
    ]) {
      expect(decodeURI(address(search))).toBe(decodeURI(`/verdicts?${search}`));
      expect(parseFilter(new URLSearchParams(address(search).split('?')[1]))).toEqual(
        parseFilter(new URLSearchParams(search)),
      );
    }
  });

  it('drops what cannot be', () => {
    expect(address('verdict=ungrounded,nonsense,ungrounded,&min_risk=7&action=&direction=sideways')).toBe(
      '/verdicts?verdict=ungrounded',
    );
    expect(address('min_risk=NaN&q=%20%20')).toBe('/verdicts');
    expect(parseFilter(new URLSearchParams({ q: 'x'.repeat(5000) })).q).toHaveLength(200);
  });

  it('toggles single values', () => {
    const once = toggle(NO_FILTER, 'verdict', 'ungrounded');
    const twice = toggle(once, 'verdict', 'contradicted');
    expect(twice.lists.verdict).toEqual(['ungrounded', 'contradicted']);
    expect(conditions(twice)).toBe(2);
    expect(toggle(toggle(twice, 'verdict', 'ungrounded'), 'verdict', 'contradicted')).toEqual(NO_FILTER);
  });
});

describe('matchRoute', () => {
  it('knows this page’s screens and nothing else', () => {
    expect(matchRoute('/')).toEqual({ screen: 'overview' });
    expect(matchRoute('/verdicts/')).toEqual({ screen: 'verdicts' });
    expect(matchRoute('/verdicts/0192-ab')).toEqual({ screen: 'verdict', id: '0192-ab' });
    expect(matchRoute('/verdicts/%E0%A4')).toEqual({ screen: 'verdict', id: '%E0%A4' });
    expect(matchRoute('/live')).toEqual({ screen: 'live' });
    for (const path of ['/docs', '/login', '/api/v1/verdicts', '/live/x', '/verdicts/a/b'])
      expect(matchRoute(path)).toBeUndefined();
  });
});
