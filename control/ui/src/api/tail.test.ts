import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TailState } from './tail';
import { openTail } from './tail';

/** A server whose answers are scripted, one for each connection. */
function server(...answers: ((signal: AbortSignal) => Response)[]) {
  const lastIds: (string | undefined)[] = [];
  const call = (async (_url: unknown, init?: RequestInit) => {
    lastIds.push((init?.headers as Record<string, string>)['last-event-id']);
    const answer = answers[Math.min(lastIds.length - 1, answers.length - 1)];
    if (!answer) throw new TypeError('refused');
    return answer(init?.signal as AbortSignal);
  }) as typeof fetch;
  return { call, lastIds };
}

const stream = (chunks: string[], end: boolean) => (signal: AbortSignal) =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
        if (end) controller.close();
        else signal.addEventListener('abort', () => controller.error(new DOMException('', 'AbortError')));
      },
    }),
    { headers: { 'content-type': 'text/event-stream' } },
  );

const refuse = (status: number) => () =>
  new Response(JSON.stringify({ title: 'No', detail: 'because' }), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });

function follow(...answers: ((signal: AbortSignal) => Response)[]) {
  const { call, lastIds } = server(...answers);
  const states: TailState[] = [];
  const data: string[] = [];
  const onUnauthorized = vi.fn();
  const close = openTail({
    url: '/tail',
    fetch: call,
    random: () => 1,
    onEvent: event => data.push(event.data),
    onState: state => states.push(state),
    onUnauthorized,
  });
  return { lastIds, states, data, close, onUnauthorized, kinds: () => states.map(state => state.kind) };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe('openTail', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('delivers events and comes back from where it was', async () => {
    const tail = follow(
      stream(['id: 41\ndata: a\n\n', 'id: 42\ndata: b\n\n'], true),
      stream(['id: 43\ndata: c\n\n'], false),
    );
    await settle();
    expect(tail.data).toEqual(['a', 'b']);
    expect(tail.kinds()).toEqual(['connecting', 'open', 'waiting']);
    await vi.advanceTimersByTimeAsync(500);
    expect(tail.data).toEqual(['a', 'b', 'c']);
    expect(tail.lastIds).toEqual([undefined, '42']);
    tail.close();
    expect(tail.kinds().at(-1)).toBe('closed');
  });

  it('waits longer each time, up to a limit, and starts over after data', async () => {
    const tail = follow();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      await settle();
      const state = tail.states.at(-1);
      if (state?.kind !== 'waiting') throw new Error(`expected to wait, was ${state?.kind}`);
      waits.push(state.retryAt - Date.now());
      await vi.advanceTimersByTimeAsync(state.retryAt - Date.now());
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    tail.close();

    const healthy = follow(refuse(503), refuse(503), stream(['data: x\n\n'], true));
    await vi.advanceTimersByTimeAsync(1500);
    const state = healthy.states.at(-1);
    expect(state?.kind === 'waiting' && state.retryAt - Date.now()).toBe(500);
    healthy.close();
  });

  it('gives up a connection that has gone silent', async () => {
    const tail = follow(stream([': hi\n\n'], false));
    await settle();
    expect(tail.kinds()).toEqual(['connecting', 'open']);
    await vi.advanceTimersByTimeAsync(45_001);
    expect(tail.kinds()).toEqual(['connecting', 'open', 'waiting']);
    tail.close();
  });

  it('leaves for sign-in on 401 and stops on a refused filter', async () => {
    const unauthorized = follow(refuse(401));
    await settle();
    expect(unauthorized.onUnauthorized).toHaveBeenCalledOnce();

    const refused = follow(refuse(400));
    await vi.advanceTimersByTimeAsync(60_000);
    const state = refused.states.at(-1);
    expect(state?.kind === 'failed' && state.error.detail).toBe('because');
    expect(refused.lastIds).toHaveLength(1);
  });

  it('does nothing more once closed', async () => {
    const tail = follow(stream(['data: a\n\n'], true));
    await settle();
    tail.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tail.lastIds).toHaveLength(1);
  });
});
