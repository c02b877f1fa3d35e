/** The numbers of one workload or model, from its counts. */

import type { Facets } from '../../api/types';
import { count, percent, rate } from '../../lib/format';
import type { TimeRange } from '../../state/range';
import { resolveRange } from '../../state/range';
import { TileRow } from '../../ui/tiles';

interface DetailTilesProps {
  readonly counts: Facets;
  readonly range: TimeRange;
  readonly listOf: (changes: Record<string, string>) => string;
}

export function DetailTiles({ counts: { facets, total, partial }, range, listOf }: DetailTilesProps) {
  const of = (facet: string, value: string) => facets[facet]?.[value] ?? 0;
  const flagged = of('verdict', 'ungrounded') + of('verdict', 'contradicted');
  const unchecked = of('verdict', 'not_checked');
  const judged = total - unchecked;
  const blocked = of('action', 'block');
  const redacted = of('action', 'redact');
  const { from, to } = resolveRange(range, Date.now());
  // Of a part that was counted nobody knows how long it took.
  const perSecond = partial ? undefined : total / ((Math.min(to, Date.now() * 1000) - from) / 1e6);
  const more = partial ? '+' : '';
  return (
    <TileRow
      tiles={[
        {
          name: 'Responses',
          href: listOf({}),
          value: `${count(total)}${more}`,
          under: perSecond === undefined || perSecond < 0 ? '' : `${rate(perSecond)} on average`,
        },
        {
          name: 'Flagged',
          href: listOf({ verdict: 'ungrounded,contradicted' }),
          value: percent(judged === 0 ? undefined : flagged / judged),
          under: `${count(flagged)}${more} of ${count(judged)} judged`,
        },
        {
          name: 'Coverage',
          href: listOf({ verdict: 'not_checked' }),
          value: percent(total === 0 ? undefined : judged / total),
          under: `${count(unchecked)}${more} not checked`,
        },
        {
          name: 'Blocked or redacted',
          href: listOf({ action: 'block,redact' }),
          value: `${count(blocked + redacted)}${more}`,
          under: `${count(blocked)} blocked, ${count(redacted)} redacted`,
        },
      ]}
    />
  );
}
