/** The live tail: a stream of events that comes back by itself. It reconnects with backoff and jitter, says from where it wants
 * to go on, notices a connection that has gone silent, and stops where trying again cannot help (401, a refused filter). */

import type { ApiError } from './problem';
import { asApiError, problemOf } from './problem';
import type { SseEvent } from './sse';
import { SseParser } from './sse';

export type TailState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  | { readonly kind: 'waiting'; readonly retryAt: number; readonly error: ApiError }
  | { readonly kind: 'failed'; readonly error: ApiError }
  | { readonly kind: 'closed' };

export interface TailOptions {
  readonly url: string;
  readonly onEvent: (event: SseEvent) => void;
  readonly onState: (state: TailState) => void;
  readonly onUnauthorized: () => void;
  readonly fetch?: typeof fetch;
  /** 0..1, for the jitter. */
  readonly random?: () => number;
  /** A connection on which nothing came for so long is given up, milliseconds. */
  readonly silenceMs?: number;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const SILENCE_MS = 45_000;

/** Opens the tail; the answer closes it. */
export function openTail(options: TailOptions): () => void {
  const random = options.random ?? Math.random;
  const silenceMs = options.silenceMs ?? SILENCE_MS;
  const call = options.fetch ?? fetch.bind(globalThis);
  let lastId = '';
  let failures = 0;
  let closed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let abort = new AbortController();

  const connect = async (): Promise<void> => {
    options.onState({ kind: 'connecting' });
    abort = new AbortController();
    const parser = new SseParser();
    const watchdog = new Watchdog(silenceMs, () => abort.abort());
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      if (lastId !== '') headers['last-event-id'] = lastId;
      const response = await call(options.url, { headers, signal: abort.signal, cache: 'no-store' });
      if (closed) return;
      if (response.status === 401) {
        closed = true;
        options.onUnauthorized();
        return;
      }
      if (!response.ok || response.body === null) {
        const error = await problemOf(response);
        const permanent =
          response.status >= 400 && response.status < 500 && response.status !== 408 && response.status !== 429;
        if (permanent) options.onState({ kind: 'failed', error });
        else retry(error);
        return;
      }
      options.onState({ kind: 'open' });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done || closed) break;
        watchdog.feed();
        failures = 0;
        for (const event of parser.push(value)) {
          lastId = event.id;
          options.onEvent(event);
        }
      }
      retry(asApiError(new TypeError('ended')), parser.retry);
    } catch (thrown) {
      retry(asApiError(thrown instanceof DOMException ? new TypeError('silent') : thrown), parser.retry);
    } finally {
      watchdog.stop();
    }
  };

  const retry = (error: ApiError, base = FIRST_WAIT_MS): void => {
    if (closed) return;
    const longest = Math.min(LONGEST_WAIT_MS, base * 2 ** failures);
    const wait = longest / 2 + (longest / 2) * random();
    failures += 1;
    options.onState({ kind: 'waiting', retryAt: Date.now() + wait, error });
    timer = setTimeout(() => void connect(), wait);
  };

  void connect();
  return () => {
    closed = true;
    clearTimeout(timer);
    abort.abort();
    options.onState({ kind: 'closed' });
  };
}

/** Calls `bark` when it was not fed for so long. */
class Watchdog {
  #timer: ReturnType<typeof setTimeout>;

  constructor(
    readonly ms: number,
    readonly bark: () => void,
  ) {
    this.#timer = setTimeout(bark, ms);
  }

  feed(): void {
    this.stop();
    this.#timer = setTimeout(this.bark, this.ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
