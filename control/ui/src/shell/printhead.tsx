/** On paper only: when this was, of which range, and its address. */

import { dateTime, zoneName } from '../lib/time';
import { zone } from '../state/prefs';
import type { TimeRange } from '../state/range';
import { rangeName } from '../state/range';
import { useStore } from '../state/store';
import { useNow } from '../state/clock';

export function PrintHead({ range }: { range: TimeRange | undefined }) {
  const by = useStore(zone);
  const now = useNow();
  return (
    <p class="printhead" aria-hidden="true">
      AgentGuard, {dateTime(now, by).slice(0, 16)} {zoneName(now, by)}
      {range && `, ${rangeName(range, by)}`}
      <br />
      {location.href}
    </p>
  );
}
