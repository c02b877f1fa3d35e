/** The counts beside the list. The API counts what the whole filter leaves; a list that several values can be chosen from must
 * also tell what its other values would bring, so that list is counted without its own condition. */

import { api } from '../../api/client';
import type { Facets } from '../../api/types';
import type { Filter, ListName } from '../../state/filters';
import { LISTS } from '../../state/filters';

export interface Counts {
  readonly lists: Readonly<Record<ListName, Readonly<Record<string, number>>>>;
  /** Verdicts that match the whole filter. */
  readonly total: number;
  /** Only the newest were counted. */
  readonly partial: boolean;
}

/** Asks for the counts; `query` holds the whole filter. */
export async function loadCounts(filter: Filter, query: URLSearchParams, signal: AbortSignal): Promise<Counts> {
  const chosen = LISTS.filter(name => filter.lists[name].length > 0);
  const [all, ...others] = await Promise.all([
    api.facets(query, signal),
    ...chosen.map(name => {
      const without = new URLSearchParams(query);
      without.delete(name);
      return api.facets(without, signal);
    }),
  ]);
  return combine(
    all,
    chosen.map((name, i) => [name, others[i] ?? all]),
  );
}

/** The counts of the whole filter, with those of each chosen list from its own answer. */
export function combine(all: Facets, chosen: readonly (readonly [ListName, Facets])[]): Counts {
  const lists = Object.fromEntries(LISTS.map(name => [name, all.facets[name] ?? {}])) as Record<
    ListName,
    Record<string, number>
  >;
  for (const [name, own] of chosen) lists[name] = own.facets[name] ?? {};
  const total = Object.values(all.facets['verdict'] ?? {}).reduce((sum, n) => sum + n, 0);
  return { lists, total, partial: all.partial || chosen.some(([, own]) => own.partial) };
}
