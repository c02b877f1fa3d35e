/** The verdict filter: the same names in the address bar and in the API's query. */

import { ACTIONS, STATES } from '../api/types';

/** Filters that take several values, comma-separated. */
export const LISTS = ['verdict', 'action', 'reason', 'model', 'provider', 'workload', 'direction'] as const;
export type ListName = (typeof LISTS)[number];

export interface Filter {
  readonly lists: Readonly<Record<ListName, readonly string[]>>;
  /** 0..1; 0 is no limit. */
  readonly minRisk: number;
  readonly q: string;
}

const CLOSED: Partial<Record<ListName, readonly string[]>> = {
  verdict: STATES,
  action: ACTIONS,
  direction: ['outbound', 'inbound'],
};
const LONGEST_Q = 200;

export const NO_FILTER: Filter = {
  lists: { verdict: [], action: [], reason: [], model: [], provider: [], workload: [], direction: [] },
  minRisk: 0,
  q: '',
};

/** The filter in a query. Values that cannot be are dropped, so that a damaged address still shows something. */
export function parseFilter(query: URLSearchParams): Filter {
  const lists = { ...NO_FILTER.lists } as Record<ListName, readonly string[]>;
  for (const name of LISTS) {
    const values = [...new Set((query.get(name) ?? '').split(',').filter(value => value !== ''))];
    const allowed = CLOSED[name];
    lists[name] = allowed ? values.filter(value => allowed.includes(value)) : values;
  }
  const minRisk = Number(query.get('min_risk') ?? '0');
  return {
    lists,
    minRisk: minRisk > 0 && minRisk <= 1 ? minRisk : 0,
    q: (query.get('q') ?? '').slice(0, LONGEST_Q),
  };
}

/** The query parts of a filter, for the address and for the API. */
export function filterQuery(filter: Filter): Record<string, string | undefined> {
  const parts: Record<string, string | undefined> = {};
  for (const name of LISTS) parts[name] = filter.lists[name].length === 0 ? undefined : filter.lists[name].join(',');
  parts['min_risk'] = filter.minRisk === 0 ? undefined : String(filter.minRisk);
  parts['q'] = filter.q.trim() === '' ? undefined : filter.q.trim();
  return parts;
}

/** The filter with one value of a list switched. */
export function toggle(filter: Filter, name: ListName, value: string): Filter {
  const now = filter.lists[name];
  const next = now.includes(value) ? now.filter(other => other !== value) : [...now, value];
  return { ...filter, lists: { ...filter.lists, [name]: next } };
}

/** How many conditions a filter has. */
export function conditions(filter: Filter): number {
  const values = LISTS.reduce((sum, name) => sum + filter.lists[name].length, 0);
  return values + (filter.minRisk > 0 ? 1 : 0) + (filter.q.trim() === '' ? 0 : 1);
}
