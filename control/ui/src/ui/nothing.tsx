/** Nothing in the range: either nothing ever came, or only not now. */

import { api } from '../api/client';
import type { TimeRange } from '../state/range';
import { rangeName, relative } from '../state/range';
import { useResource } from '../state/resource';
import { Blank, Skeleton } from './notes';
import { FirstTraffic } from './recipe';

const LOOK_MS = 3000;

/** `hrefOf` is the same screen's address with another range. */
export function Nothing({ range, hrefOf }: { range: TimeRange; hrefOf: (range: TimeRange) => string }) {
  const any = useResource('any', signal => api.verdicts(new URLSearchParams({ limit: '1' }), signal), {
    refreshMs: LOOK_MS,
  });
  if (any.data === undefined) return <Skeleton height={300} />;
  if (any.data.items.length === 0) return <FirstTraffic />;
  return (
    <Blank icon="empty" title="No responses in this range">
      <p>{rangeName(range, 'local')}. There are verdicts outside it.</p>
      <div class="blank__actions">
        <Wider range={range} hrefOf={hrefOf} />
      </div>
    </Blank>
  );
}

/** A link to the same in a wider range, if there is one. */
export function Wider({ range, hrefOf }: { range: TimeRange; hrefOf: (range: TimeRange) => string }) {
  const wider = relative(range.kind === 'relative' && range.ms >= 604_800_000 ? '30d' : '7d');
  if (!wider || (range.kind === 'relative' && wider.kind === 'relative' && wider.ms <= range.ms)) return null;
  return (
    <a class="button" href={hrefOf(wider)}>
      Show the {rangeName(wider, 'local').toLowerCase()}
    </a>
  );
}
