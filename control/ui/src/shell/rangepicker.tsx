/** The time range: presets that stay relative to now, or two fixed points; and whether clocks are local or UTC. */

import { useState } from 'preact/hooks';
import { zoneName } from '../lib/time';
import { zone } from '../state/prefs';
import type { TimeRange } from '../state/range';
import { PRESETS, rangeName, rangeQuery, relative } from '../state/range';
import { setQuery } from '../state/router';
import { useStore } from '../state/store';
import { Icon } from '../ui/icons';
import { Popover } from '../ui/popover';

interface RangePickerProps {
  readonly range: TimeRange;
  readonly open: boolean;
  readonly onOpen: (open: boolean) => void;
}

export function RangePicker({ range, open, onOpen }: RangePickerProps) {
  const by = useStore(zone);
  const choose = (next: TimeRange | undefined) => {
    if (!next) return;
    setQuery({ ...rangeQuery(next), cursor: undefined });
    onOpen(false);
  };
  const button = (
    <>
      <Icon name="clock" />
      <span class="visually-hidden">Time range: </span>
      <span class="num">{rangeName(range, by)}</span>
      <Icon name="down" class="chevron" />
    </>
  );
  return (
    <Popover label="Time range" open={open} onOpen={onOpen} button={button}>
      <div class="ranges">
        {PRESETS.map(token => (
          <button
            key={token}
            type="button"
            class="ranges__preset"
            aria-pressed={range.kind === 'relative' && range.token === token}
            onClick={() => choose(relative(token))}
          >
            {rangeName(relative(token) as TimeRange, by)}
          </button>
        ))}
      </div>
      <FixedRange range={range} onChoose={choose} />
      <div class="ranges__zone">
        <span class="soft">Clock</span>
        <div class="segmented" role="group" aria-label="Clock">
          <button type="button" aria-pressed={by === 'local'} onClick={() => zone.set('local')}>
            Local ({zoneName(Date.now(), 'local')})
          </button>
          <button type="button" aria-pressed={by === 'utc'} onClick={() => zone.set('utc')}>
            UTC
          </button>
        </div>
      </div>
    </Popover>
  );
}

function FixedRange({ range, onChoose }: { range: TimeRange; onChoose: (range: TimeRange) => void }) {
  const by = useStore(zone);
  const now = Date.now();
  const shown = range.kind === 'absolute' ? range : { from: now - range.ms, to: now };
  const [from, setFrom] = useState(toInput(shown.from, by === 'utc'));
  const [to, setTo] = useState(toInput(shown.to, by === 'utc'));
  const [wrong, setWrong] = useState(false);
  const submit = (event: Event) => {
    event.preventDefault();
    const start = fromInput(from, by === 'utc');
    const end = fromInput(to, by === 'utc');
    const right = start < end;
    setWrong(!right);
    if (right) onChoose({ kind: 'absolute', from: start, to: end });
  };
  return (
    <form class="ranges__fixed" onSubmit={submit}>
      <label class="field">
        From
        <input type="datetime-local" value={from} required onInput={event => setFrom(event.currentTarget.value)} />
      </label>
      <label class="field">
        To
        <input type="datetime-local" value={to} required onInput={event => setTo(event.currentTarget.value)} />
      </label>
      <button type="submit" class="button">
        Apply
      </button>
      {wrong && (
        <p class="ranges__wrong" role="alert">
          The end must come after the start.
        </p>
      )}
    </form>
  );
}

function toInput(ms: number, utc: boolean): string {
  const shift = utc ? 0 : new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(ms - shift).toISOString().slice(0, 16);
}

function fromInput(text: string, utc: boolean): number {
  return Date.parse(utc ? `${text}Z` : text);
}
