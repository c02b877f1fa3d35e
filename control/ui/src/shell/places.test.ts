import { describe, expect, it } from 'vitest';
import { found, goalsOf, verdictId } from './places';

const row = (name: string) => ({ name, total: 1, flagged: 0, mean_risk: 0 });
const RANGE = { range: '6h' };
const goals = goalsOf(['shop/support', 'a,b', '', 'hr/shopping'].map(row), ['shop-tuned', 'gpt-4.1'].map(row), RANGE);
const names = (text: string) => found(goals, text, RANGE).map(({ what, name }) => `${what} ${name}`);

describe('the palette', () => {
  it('begins with the screens and leaves out what has no page', () => {
    expect(names('').slice(0, 2)).toEqual(['Screen Overview', 'Screen Verdicts']);
    expect(goals.some(({ name }) => name === '' || name === 'a,b')).toBe(false);
  });

  it('finds by every word, beginnings first, and ends with a search', () => {
    expect(names('shop')).toEqual(['Workload shop/support', 'Model shop-tuned', 'Workload hr/shopping', 'Search shop']);
    expect(names('SUP  shop')).toEqual(['Workload shop/support', 'Search SUP  shop']);
    expect(names('"><img>')).toEqual(['Search "><img>']);
  });

  it('keeps the range where it means something', () => {
    const href = (text: string) => found(goals, text, RANGE)[0]?.href;
    expect(href('overview')).toBe('/?range=6h');
    expect(href('sidecars')).toBe('/sidecars');
    expect(href('gpt')).toBe('/models/gpt-4%2E1?range=6h');
    expect(href('no such & thing')).toBe('/verdicts?range=6h&q=no+such+%26+thing');
  });

  it('opens a verdict by its id', () => {
    const id = '0192F0C1-0000-7000-8000-00000000000a';
    expect(found(goals, ` ${id} `, RANGE)).toEqual([
      { what: 'Verdict', name: id.toLowerCase(), href: `/verdicts/${id.toLowerCase()}` },
    ]);
    expect(verdictId('0192f0c1')).toBeUndefined();
  });

  it('never lists more than a dozen', () => {
    const many = goalsOf(
      Array.from({ length: 10_000 }, (_, i) => row(`ns/w${i}`)),
      [],
      {},
    );
    expect(found(many, 'w', {})).toHaveLength(12);
    expect(found(many, '', {})).toHaveLength(12);
  });
});
