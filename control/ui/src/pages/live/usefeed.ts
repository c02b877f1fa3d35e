/** Joins the tail for as long as the page is open. Events are drawn in batches, so that a burst costs one drawing. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { api, signIn } from '../../api/client';
import type { SseEvent } from '../../api/sse';
import type { TailState } from '../../api/tail';
import { openTail } from '../../api/tail';
import type { TailLost, Verdict } from '../../api/types';
import type { Feed, Row } from './feed';
import { add, addEarlier, EMPTY_FEED, setPaused } from './feed';

const DRAW_MS = 150;
/** Rows from before the page was opened, so that it never begins blank where there is something to show. */
const EARLIER = 25;

export interface LiveFeed {
  readonly feed: Feed;
  readonly state: TailState;
  readonly onPause: (paused: boolean) => void;
  readonly onRetry: () => void;
}

export function useFeed(query: URLSearchParams): LiveFeed {
  const [feed, setFeed] = useState<Feed>(EMPTY_FEED);
  const [state, setState] = useState<TailState>({ kind: 'connecting' });
  const [round, setRound] = useState(0);
  const waiting = useRef<Row[]>([]);
  const key = query.toString();

  useEffect(() => {
    let broken = false;
    setFeed(before => ({ ...EMPTY_FEED, paused: before.paused }));
    waiting.current = [];
    const timer = setInterval(() => {
      if (waiting.current.length === 0) return;
      const rows = waiting.current;
      waiting.current = [];
      setFeed(before => add(before, rows, Date.now()));
    }, DRAW_MS);
    const abort = new AbortController();
    const earlier = new URLSearchParams(key);
    earlier.set('limit', String(EARLIER));
    api.verdicts(earlier, abort.signal).then(
      page => setFeed(before => addEarlier(before, page.items.map(rowFor))),
      // The tail itself says when the server cannot be reached.
      () => undefined,
    );
    const close = openTail({
      url: api.tailUrl(new URLSearchParams(key)),
      onEvent: event => {
        const row = rowOf(event);
        if (row) waiting.current.push(row);
      },
      onState: next => {
        if (next.kind === 'waiting') broken = true;
        if (next.kind === 'open' && broken) {
          broken = false;
          waiting.current.push({ kind: 'gap', key: `gap-${Date.now()}`, at: Date.now() });
        }
        setState(next);
      },
      onUnauthorized: signIn,
    });
    return () => {
      abort.abort();
      close();
      clearInterval(timer);
    };
  }, [key, round]);

  return {
    feed,
    state,
    onPause: paused => setFeed(before => setPaused(before, paused)),
    onRetry: () => setRound(n => n + 1),
  };
}

const rowFor = (verdict: Verdict): Row => ({ kind: 'verdict', key: verdict.id, verdict });

let losses = 0;

/** The row that an event becomes; events that this page does not know have none. */
function rowOf(event: SseEvent): Row | undefined {
  try {
    if (event.name === 'verdict') return rowFor(JSON.parse(event.data) as Verdict);
    if (event.name === 'lost')
      return { kind: 'lost', key: `lost-${++losses}`, count: (JSON.parse(event.data) as TailLost).lost };
  } catch {
    // An event that cannot be read is not shown; the next one is.
  }
  return undefined;
}
