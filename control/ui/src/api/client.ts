/** The calls to the control plane. A 401 leaves for the sign-in page and never comes back. */

import type { Facets, Overview, Sidecar, TimeSeries, TopList, Verdict, VerdictPage } from './types';
import { whole } from './whole';
import { problemOf } from './problem';

const BASE = '/api/v1';

/** Leaves for the sign-in page, which returns here. */
export function signIn(): void {
  const here = location.pathname + location.search;
  location.assign(`/login?next=${encodeURIComponent(here)}`);
}

async function get<T>(path: string, query: URLSearchParams, signal: AbortSignal): Promise<T> {
  const search = query.toString();
  const response = await fetch(`${BASE}${path}${search === '' ? '' : `?${search}`}`, {
    signal,
    headers: { accept: 'application/json' },
  });
  if (response.status === 401) {
    signIn();
    return new Promise<T>(() => undefined);
  }
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as T;
}

const NONE = new URLSearchParams();

export const api = {
  overview: (query: URLSearchParams, signal: AbortSignal) => get<Overview>('/overview', query, signal),
  timeSeries: (query: URLSearchParams, signal: AbortSignal) => get<TimeSeries>('/timeseries', query, signal),
  workloads: (query: URLSearchParams, signal: AbortSignal) => get<TopList>('/workloads', query, signal),
  models: (query: URLSearchParams, signal: AbortSignal) => get<TopList>('/models', query, signal),
  verdicts: (query: URLSearchParams, signal: AbortSignal) => get<VerdictPage>('/verdicts', query, signal),
  facets: (query: URLSearchParams, signal: AbortSignal) => get<Facets>('/verdicts/facets', query, signal),
  verdict: async (id: string, signal: AbortSignal) =>
    whole(await get<Verdict>(`/verdicts/${encodeURIComponent(id)}`, NONE, signal)),
  sidecars: (signal: AbortSignal) => get<Sidecar[]>('/sidecars', NONE, signal),
  tailUrl: (query: URLSearchParams) => `${BASE}/tail${query.size === 0 ? '' : `?${query.toString()}`}`,
};
