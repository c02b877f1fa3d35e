/** What the live page shows: the newest rows, what was lost between them, what waits while paused, and how fast it comes. */

import type { Verdict } from '../../api/types';

export type Row =
  | { readonly kind: 'verdict'; readonly key: string; readonly verdict: Verdict }
  | { readonly kind: 'lost'; readonly key: string; readonly count: number }
  | { readonly kind: 'gap'; readonly key: string; readonly at: number };

export interface Feed {
  /** Newest first. */
  readonly rows: readonly Row[];
  /** Came while paused, newest first; shown when the feed goes on. */
  readonly held: readonly Row[];
  readonly paused: boolean;
  /** Verdicts that came, all in all. */
  readonly seen: number;
  /** Verdicts that the server could not show to this page, all in all. */
  readonly lost: number;
  /** When the last verdicts came, milliseconds, for the rate. */
  readonly arrivals: readonly number[];
}

/** Rows kept; older ones leave. */
export const ROWS = 300;
const RATE_WINDOW_MS = 10_000;
const ARRIVALS = 5000;

export const EMPTY_FEED: Feed = { rows: [], held: [], paused: false, seen: 0, lost: 0, arrivals: [] };

/** The feed with new rows, oldest of them first. */
export function add(feed: Feed, rows: readonly Row[], now: number): Feed {
  const fresh = [...rows].reverse();
  const verdicts = rows.filter(row => row.kind === 'verdict').length;
  const lost = rows.reduce((sum, row) => sum + (row.kind === 'lost' ? row.count : 0), 0);
  const arrivals = [
    ...feed.arrivals.filter(at => now - at < RATE_WINDOW_MS),
    ...Array<number>(verdicts).fill(now),
  ].slice(-ARRIVALS);
  const common = { ...feed, seen: feed.seen + verdicts, lost: feed.lost + lost, arrivals };
  return feed.paused ? { ...common, held: keep(fresh, feed.held) } : { ...common, rows: keep(fresh, feed.rows) };
}

/** The feed with what was there before it began, newest first: below everything, and not counted. */
export function addEarlier(feed: Feed, rows: readonly Row[]): Feed {
  const known = new Set([...feed.held, ...feed.rows].map(row => row.key));
  return { ...feed, rows: [...feed.rows, ...rows.filter(row => !known.has(row.key))].slice(0, ROWS) };
}

/** Stops or goes on; going on shows what came meanwhile. */
export function setPaused(feed: Feed, paused: boolean): Feed {
  return paused ? { ...feed, paused } : { ...feed, paused, rows: keep(feed.held, feed.rows), held: [] };
}

/** Verdicts a second over the last ten. */
export function ratePerSecond(feed: Feed, now: number): number {
  return feed.arrivals.filter(at => now - at < RATE_WINDOW_MS).length / (RATE_WINDOW_MS / 1000);
}

function keep(newer: readonly Row[], older: readonly Row[]): readonly Row[] {
  const known = new Set(newer.map(row => row.key));
  return [...newer, ...older.filter(row => !known.has(row.key))].slice(0, ROWS);
}
