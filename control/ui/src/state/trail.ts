/** The list that somebody came from, so that `[` and `]` walk along it without going back. */

import { useEffect, useState } from 'preact/hooks';
import { api } from '../api/client';
import type { VerdictPage } from '../api/types';
import { filterQuery, parseFilter } from './filters';
import { parseRange, resolveRange } from './range';

/** Ids in the list's order (newest first), as far as they were loaded. */
interface Trail {
  /** The list's filter and range, as the address has them. */
  readonly scope: string;
  readonly ids: readonly string[];
  readonly next: string | null;
}

const LONGEST = 2000;
const PAGE = 100;
let trail: Trail | undefined;
let visited: string | undefined;

/** The verdict that was looked at last, once. */
export function takeVisited(): string | undefined {
  const id = visited;
  visited = undefined;
  return id;
}

/** The part of an address that says which list: filter and range, without page and selection. */
export function scopeOf(query: URLSearchParams): URLSearchParams {
  const scope = new URLSearchParams(query);
  for (const name of ['cursor', 'span']) scope.delete(name);
  return scope;
}

/** The API's query for a list: its filter, and its range as it is now. */
export function listQuery(scope: URLSearchParams): URLSearchParams {
  const { from, to } = resolveRange(parseRange(scope), Date.now());
  const query = new URLSearchParams({ from: String(from), to: String(to) });
  for (const [name, value] of Object.entries(filterQuery(parseFilter(scope))))
    if (value !== undefined) query.set(name, value);
  return query;
}

/** Remembers a page of a list. The page after the last one remembered is added to it. */
export function remember(scope: URLSearchParams, cursor: string | null, page: VerdictPage): void {
  const ids = page.items.map(item => item.id);
  const key = scope.toString();
  const follows = trail?.scope === key && cursor !== null && cursor === trail.next;
  const all = follows && trail ? [...trail.ids, ...ids] : ids;
  trail = { scope: key, ids: all.slice(-LONGEST), next: page.next };
}

export interface Neighbours {
  readonly newer: string | undefined;
  readonly older: string | undefined;
}

const NONE: Neighbours = { newer: undefined, older: undefined };

/** The verdicts before and after one, in the list of that scope. */
export function useNeighbours(scope: URLSearchParams, id: string, ts: number | undefined): Neighbours {
  const [found, setFound] = useState<{ readonly id: string; readonly neighbours: Neighbours } | undefined>();
  const key = scope.toString();
  const known = within(key, id);
  useEffect(() => {
    visited = id;
    if (ts === undefined || within(key, id)?.older !== undefined) return undefined;
    const abort = new AbortController();
    look(new URLSearchParams(key), id, ts, abort.signal).then(
      neighbours => !abort.signal.aborted && setFound({ id, neighbours }),
      // Without neighbours the verdict itself is still whole.
      () => undefined,
    );
    return () => abort.abort();
  }, [key, id, ts]);
  return known ?? (found?.id === id ? found.neighbours : NONE);
}

function within(key: string, id: string): Neighbours | undefined {
  const index = trail?.scope === key ? trail.ids.indexOf(id) : -1;
  if (index < 0 || !trail) return undefined;
  return { newer: trail.ids[index - 1], older: trail.ids[index + 1] };
}

async function look(scope: URLSearchParams, id: string, ts: number, signal: AbortSignal): Promise<Neighbours> {
  const key = scope.toString();
  const query = listQuery(scope);
  query.set('limit', String(PAGE));
  const cursor = within(key, id) && trail ? trail.next : null;
  if (within(key, id) && cursor === null) return within(key, id) ?? NONE;
  if (cursor !== null) query.set('cursor', cursor);
  const page = await api.verdicts(query, signal);
  if (signal.aborted) return NONE;
  if (cursor !== null || page.items.some(item => item.id === id)) {
    remember(scope, cursor, page);
    return within(key, id) ?? NONE;
  }
  // Further back than one page: what is older can still be asked for.
  query.delete('cursor');
  query.delete('from');
  query.set('to', String(ts + 1));
  query.set('limit', '5');
  const below = await api.verdicts(query, signal);
  const ids = below.items.map(item => item.id);
  return { newer: undefined, older: ids[ids.indexOf(id) + 1] };
}
