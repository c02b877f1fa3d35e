/** A point in time: relative or as a clock shows it, the full one in its title. */

import { ago, clock, dateTime, fromMicros, precise, shortTime } from '../lib/time';
import { useNow } from '../state/clock';
import { zone } from '../state/prefs';
import { useStore } from '../state/store';

type Look = 'ago' | 'clock' | 'short' | 'full';

export function When({ micros, look }: { micros: number; look: Look }) {
  const ms = fromMicros(micros);
  const by = useStore(zone);
  const now = useNow();
  const text = {
    ago: () => ago(ms, now),
    clock: () => clock(ms, by),
    short: () => shortTime(ms, by, now),
    full: () => dateTime(ms, by),
  };
  return (
    <time class="num" dateTime={new Date(ms).toISOString()} title={precise(ms, by)}>
      {text[look]()}
    </time>
  );
}
