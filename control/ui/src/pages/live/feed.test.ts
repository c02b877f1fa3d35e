import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../api/types';
import type { Row } from './feed';
import { add, addEarlier, EMPTY_FEED, ratePerSecond, ROWS, setPaused } from './feed';

const verdict = (key: string): Row => ({ kind: 'verdict', key, verdict: { id: key } as Verdict });
const keys = (rows: readonly Row[]) => rows.map(row => row.key);

describe('feed', () => {
  it('puts the newest on top and counts', () => {
    const feed = add(
      add(EMPTY_FEED, [verdict('a')], 0),
      [verdict('b'), { kind: 'lost', key: 'l', count: 7 }, verdict('c')],
      100,
    );
    expect(keys(feed.rows)).toEqual(['c', 'l', 'b', 'a']);
    expect(feed).toMatchObject({ seen: 3, lost: 7 });
  });

  it('holds what comes while paused and shows it after', () => {
    let feed = setPaused(add(EMPTY_FEED, [verdict('a')], 0), true);
    feed = add(add(feed, [verdict('b')], 1), [verdict('c')], 2);
    expect(keys(feed.rows)).toEqual(['a']);
    expect(feed.held).toHaveLength(2);
    feed = setPaused(feed, false);
    expect(keys(feed.rows)).toEqual(['c', 'b', 'a']);
    expect(feed.held).toEqual([]);
  });

  it('shows a verdict once, even when the server sends it again after a reconnect', () => {
    const feed = add(add(EMPTY_FEED, [verdict('a'), verdict('b')], 0), [verdict('b'), verdict('c')], 1);
    expect(keys(feed.rows)).toEqual(['c', 'b', 'a']);
  });

  it('puts what was there before below, once, uncounted', () => {
    const feed = addEarlier(add(EMPTY_FEED, [verdict('b'), verdict('c')], 0), [verdict('b'), verdict('a')]);
    expect(keys(feed.rows)).toEqual(['c', 'b', 'a']);
    expect(feed.seen).toBe(2);
    const paused = addEarlier(add(setPaused(EMPTY_FEED, true), [verdict('b')], 0), [verdict('b'), verdict('a')]);
    expect(keys(setPaused(paused, false).rows)).toEqual(['b', 'a']);
  });

  it('stays bounded, paused or not', () => {
    let running = EMPTY_FEED;
    let paused = setPaused(EMPTY_FEED, true);
    for (let i = 0; i < ROWS + 50; i++) {
      running = add(running, [verdict(`r${i}`)], i);
      paused = add(paused, [verdict(`p${i}`)], i);
    }
    expect(running.rows).toHaveLength(ROWS);
    expect(paused.held).toHaveLength(ROWS);
    expect(paused.seen).toBe(ROWS + 50);
  });

  it('measures the rate over ten seconds', () => {
    const feed = add(add(EMPTY_FEED, [verdict('a')], 0), [verdict('b'), verdict('c')], 9000);
    expect(ratePerSecond(feed, 9500)).toBeCloseTo(0.3);
    expect(ratePerSecond(feed, 12_000)).toBeCloseTo(0.2);
    expect(ratePerSecond(feed, 30_000)).toBe(0);
  });
});
