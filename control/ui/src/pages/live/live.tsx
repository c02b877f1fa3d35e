/** Verdicts as they come. */

import { useRef } from 'preact/hooks';
import type { TailState } from '../../api/tail';
import type { State } from '../../api/types';
import { STATES } from '../../api/types';
import { exact, plural, rate } from '../../lib/format';
import { clock } from '../../lib/time';
import { useNow } from '../../state/clock';
import type { Filter } from '../../state/filters';
import { filterQuery, parseFilter, toggle } from '../../state/filters';
import { useHotkeys } from '../../state/hotkeys';
import { zone } from '../../state/prefs';
import { setQuery, useQuery } from '../../state/router';
import { useStore } from '../../state/store';
import { Icon } from '../../ui/icons';
import { Blank } from '../../ui/notes';
import { FirstTraffic } from '../../ui/recipe';
import { useRowKeys } from '../../ui/rowkeys';
import { NARROWING, VerdictHead, VerdictRow, WORD_COLUMNS } from '../../ui/verdictrow';
import { STATE_NAME } from '../../ui/words';
import { Chips } from '../verdicts/chips';
import type { Row } from './feed';
import { ratePerSecond } from './feed';
import { useFeed } from './usefeed';

export function Live() {
  const filter = parseFilter(useQuery());
  const asked = new URLSearchParams(
    Object.entries(filterQuery(filter)).filter((part): part is [string, string] => part[1] !== undefined),
  );
  const { feed, state, onPause, onRetry } = useFeed(asked);
  const now = useNow();
  const list = useRef<HTMLDivElement>(null);
  useRowKeys(list);
  useHotkeys({ ' ': () => onPause(!feed.paused) });
  const change = (next: Filter) => setQuery(filterQuery(next));

  return (
    <div class="screen live">
      <header class="screen__head">
        <h1 tabIndex={-1}>Live</h1>
        <Connection state={state} paused={feed.paused} onRetry={onRetry} />
        <span class="soft num">{rate(ratePerSecond(feed, now))}</span>
        <span class="faint num">
          {exact(feed.seen)} seen
          {feed.lost > 0 ? `, ${exact(feed.lost)} not shown` : ''}
        </span>
        <span class="spacer" />
        <StateSwitches filter={filter} onChange={change} />
        <button
          type="button"
          class="button"
          aria-pressed={feed.paused}
          onClick={() => onPause(!feed.paused)}
          title="Space"
        >
          <Icon name={feed.paused ? 'play' : 'pause'} />
          {feed.paused ? 'Go on' : 'Pause'}
        </button>
      </header>
      <Chips
        filter={{ ...filter, lists: { ...filter.lists, verdict: [] } }}
        onChange={next => change({ ...next, lists: { ...next.lists, verdict: filter.lists.verdict } })}
      />
      {feed.paused && feed.held.length > 0 && (
        <button type="button" class="live__held" onClick={() => onPause(false)}>
          <Icon name="up" />
          {plural(feed.held.length, 'newer row')} held back
        </button>
      )}
      <div ref={list}>
        {feed.rows.length === 0 ? (
          <Waiting state={state} filtered={asked.size > 0} />
        ) : (
          <div class="panel listbox">
            <table class="table table--rows table--fixed" aria-live="off">
              <caption class="visually-hidden">Verdicts as they come, newest first</caption>
              <VerdictHead />
              <tbody>
                {feed.rows.map(row => (
                  <LiveRow key={row.key} row={row} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </div>
    </div>
  );
}

function LiveRow({ row }: { row: Row }) {
  const by = useStore(zone);
  if (row.kind === 'verdict') return <VerdictRow verdict={row.verdict} href={`/verdicts/${row.verdict.id}`} fresh />;
  return (
    <tr class="live__mark">
      <td colSpan={WORD_COLUMNS}>
        <Icon name={row.kind === 'lost' ? 'warning' : 'offline'} />
        {row.kind === 'lost'
          ? `${plural(row.count, 'verdict')} not shown here: this page could not keep up. They are stored.`
          : `Connected again at ${clock(row.at, by)}. What came meanwhile may be missing here; it is stored.`}
      </td>
      {NARROWING.map(name => (
        <td key={name} class={name} />
      ))}
    </tr>
  );
}

function StateSwitches({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }) {
  const chosen = filter.lists.verdict;
  return (
    <div class="segmented live__states" role="group" aria-label="States shown">
      <button
        type="button"
        aria-pressed={chosen.length === 0}
        onClick={() => onChange({ ...filter, lists: { ...filter.lists, verdict: [] } })}
      >
        All
      </button>
      {STATES.map((state: State) => (
        <button
          key={state}
          type="button"
          data-tone={state}
          aria-pressed={chosen.includes(state)}
          title={STATE_NAME[state]}
          onClick={() => onChange(toggle(filter, 'verdict', state))}
        >
          <Icon name={state} />
          <span>{STATE_NAME[state]}</span>
        </button>
      ))}
    </div>
  );
}

function Connection({ state, paused, onRetry }: { state: TailState; paused: boolean; onRetry: () => void }) {
  const now = useNow();
  const look = {
    open: { tone: 'grounded', text: paused ? 'Paused' : 'Connected' },
    connecting: { tone: 'unverifiable', text: 'Connecting' },
    waiting: {
      tone: 'ungrounded',
      text:
        state.kind === 'waiting'
          ? `Disconnected, trying again in ${Math.max(1, Math.ceil((state.retryAt - now) / 1000))} s`
          : '',
    },
    failed: { tone: 'contradicted', text: state.kind === 'failed' ? `${state.error.title} ${state.error.detail}` : '' },
    closed: { tone: 'not_checked', text: 'Closed' },
  }[state.kind];
  return (
    <>
      <span class="live__state" data-tone={look.tone} data-state={state.kind} role="status">
        <i class={state.kind === 'open' && !paused ? 'live__dot live__dot--on' : 'live__dot'} aria-hidden="true" />
        {look.text}
      </span>
      {(state.kind === 'failed' || state.kind === 'waiting') && (
        <button type="button" class="button button--small" onClick={onRetry}>
          Try now
        </button>
      )}
    </>
  );
}

function Waiting({ state, filtered }: { state: TailState; filtered: boolean }) {
  if (state.kind === 'failed' || state.kind === 'waiting') {
    return (
      <Blank icon="offline" title={state.error.title}>
        <p>{state.error.detail}</p>
      </Blank>
    );
  }
  if (filtered) {
    return (
      <Blank icon="live" title="Waiting for a verdict that matches">
        <p>Rows appear here as responses are judged.</p>
      </Blank>
    );
  }
  return (
    <>
      <Blank icon="live" title="Waiting for the next response">
        <p>Rows appear here as responses are judged.</p>
      </Blank>
      <details class="live__howto">
        <summary class="link">How to send traffic</summary>
        <FirstTraffic />
      </details>
    </>
  );
}
