/** Something fetched from the API: kept while it is fetched again, fetched again by itself, never shown under the wrong key. */

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../api/problem';
import { asApiError, isAbort } from '../api/problem';
import { Store, useStore } from './store';

export interface Resource<T> {
  /** The last answer; of an earlier key while `loading` and `outdated`. */
  readonly data: T | undefined;
  /** Whether `data` answers an earlier key. */
  readonly outdated: boolean;
  /** Why the last fetch failed. */
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  /** When `data` came, milliseconds. */
  readonly loadedAt: number;
  readonly reload: () => void;
}

export interface ResourceOptions {
  /** Fetched again so often while the page is visible. */
  readonly refreshMs?: number | undefined;
}

const refreshes = new Store(0);

/** Fetches everything on the screen again. */
export function refreshAll(): void {
  refreshes.set(refreshes.value + 1);
}

interface Held<T> {
  readonly key: string;
  readonly data: T;
  readonly loadedAt: number;
}

export function useResource<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  options: ResourceOptions = {},
): Resource<T> {
  const [held, setHeld] = useState<Held<T> | undefined>();
  const [failure, setFailure] = useState<{ key: string; error: ApiError } | undefined>();
  const [loading, setLoading] = useState(true);
  const [round, setRound] = useState(0);
  const refresh = useStore(refreshes);
  const loader = useRef(load);
  loader.current = load;

  useEffect(() => {
    const abort = new AbortController();
    setLoading(true);
    loader.current(abort.signal).then(
      data => {
        if (abort.signal.aborted) return;
        setHeld({ key, data, loadedAt: Date.now() });
        setFailure(undefined);
        setLoading(false);
      },
      (thrown: unknown) => {
        if (abort.signal.aborted || isAbort(thrown)) return;
        setFailure({ key, error: asApiError(thrown) });
        setLoading(false);
      },
    );
    return () => abort.abort();
  }, [key, round, refresh]);

  const reload = useCallback(() => setRound(n => n + 1), []);
  const { refreshMs } = options;
  useEffect(() => {
    if (refreshMs === undefined) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') reload();
    }, refreshMs);
    return () => clearInterval(timer);
  }, [refreshMs, reload]);

  const error = failure?.key === key ? failure.error : undefined;
  return {
    // An earlier key's answer may stand in while its successor loads, but not beside that one's error.
    data: held && (held.key === key || error === undefined) ? held.data : undefined,
    outdated: held !== undefined && held.key !== key,
    error,
    loading,
    loadedAt: held?.loadedAt ?? 0,
    reload,
  };
}
