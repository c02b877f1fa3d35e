/** The address bar as the one place for view state: which screen, and its query. */

import { Store, useStore } from './store';

export interface Place {
  readonly path: string;
  /** Without the question mark. */
  readonly search: string;
}

const here = (): Place => ({ path: location.pathname, search: location.search.slice(1) });

const place = new Store<Place>({ path: '/', search: '' });

/** Watches the address bar and the page's own links. Called once. */
export function startRouter(): void {
  place.set(here());
  addEventListener('popstate', () => place.set(here()));
  document.addEventListener('click', event => {
    const link = (event.target as Element | null)?.closest?.('a');
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target !== '' || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.hash !== '' || matchRoute(link.pathname) === undefined) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
}

/** Goes to an address of this page. `replace` leaves no step in the history. */
export function navigate(href: string, options: { replace?: boolean } = {}): void {
  const before = place.value.path;
  if (href === location.pathname + location.search) return;
  if (options.replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  place.set(here());
  if (place.value.path !== before) scrollTo(0, 0);
}

/** Where we are. */
export const usePlace = (): Place => useStore(place);

/** The query of where we are. */
export function useQuery(): URLSearchParams {
  return new URLSearchParams(usePlace().search);
}

/** Changes parts of the query: `undefined` or an empty string removes one. */
export function setQuery(changes: Record<string, string | undefined>, options: { replace?: boolean } = {}): void {
  navigate(withQuery(place.value.path, new URLSearchParams(place.value.search), changes), options);
}

/** An address: path, query, and changes to that query. Commas, colons and slashes stay readable. */
export function withQuery(
  path: string,
  query: URLSearchParams,
  changes: Record<string, string | undefined> = {},
): string {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%2F', '/');
  return text === '' ? path : `${path}?${text}`;
}

const PLAIN = ['verdicts', 'live', 'workloads', 'models', 'sidecars'] as const;

export type Route =
  | { readonly screen: 'overview' | (typeof PLAIN)[number] }
  | { readonly screen: 'verdict'; readonly id: string }
  /** `name` as the API's filter has it: `namespace/name` of a workload. */
  | { readonly screen: 'workload' | 'model'; readonly name: string };

/** The screen of a path; `undefined` for what is not this page's (`/docs`, `/login`, …) or not there. */
export function matchRoute(path: string): Route | undefined {
  const [first = '', ...more] = path.replace(/^\/|\/$/g, '').split('/');
  if (more.includes('')) return undefined;
  const parts = more.map(decode);
  if (parts.length === 0) {
    if (first === '') return { screen: 'overview' };
    const plain = PLAIN.find(screen => screen === first);
    return plain && { screen: plain };
  }
  if (first === 'workloads' && parts.length <= 2) return { screen: 'workload', name: parts.join('/') };
  const [only = ''] = parts;
  if (parts.length > 1) return undefined;
  if (first === 'verdicts') return { screen: 'verdict', id: only };
  return first === 'models' ? { screen: 'model', name: only } : undefined;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
