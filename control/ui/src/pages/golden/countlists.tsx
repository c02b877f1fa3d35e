/** What became of the responses of one workload or model, by state, other side, action and reason. */

import type { Facets, State } from '../../api/types';
import { STATES } from '../../api/types';
import { canFilter } from '../../lib/names';
import type { TimeRange } from '../../state/range';
import { rangeQuery } from '../../state/range';
import { withQuery } from '../../state/router';
import type { Counted } from '../../ui/countlist';
import { byCount, CountList } from '../../ui/countlist';
import { Icon } from '../../ui/icons';
import { Name } from '../../ui/name';
import { Reasons } from '../../ui/reasons';
import { valueName } from '../../ui/words';
import type { Kind } from './kinds';
import { KINDS } from './kinds';

const SHOWN = 8;

/** The address of the verdicts that are meant, with other conditions besides. */
export type ListOf = (changes: Record<string, string>) => string;

interface CountListsProps {
  readonly kind: Kind;
  readonly counts: Facets;
  readonly range: TimeRange;
  readonly listOf: ListOf;
}

export function CountLists({ kind, counts: { facets, total }, range, listOf }: CountListsProps) {
  const other = KINDS[kind.other];
  const others = byCount(facets[other.facet]);
  const states: Counted[] = STATES.filter(state => (facets['verdict']?.[state] ?? 0) > 0).map(state => ({
    value: state,
    count: facets['verdict']?.[state] ?? 0,
    name: <StateName state={state} />,
    href: listOf({ verdict: state }),
    tone: state,
  }));
  const rows: Counted[] = others.slice(0, SHOWN).map(([value, n]) => ({
    value,
    count: n,
    name: <Name text={value} />,
    href: hrefOf(other, value, range) ?? (canFilter(value) ? listOf({ [other.facet]: value }) : undefined),
  }));
  return (
    <div class="detail__lists">
      <CountList title="Verdicts" of="State" rows={states} total={total} none="None in this range." />
      <CountList
        title={other.title}
        of="Name"
        side="by responses"
        rows={rows}
        total={total}
        none="None is known."
        tone="tool"
        foot={
          others.length > SHOWN && (
            <p class="chart__words">
              <a class="link" href={listOf({})}>
                {others.length - SHOWN} more
              </a>
            </p>
          )
        }
      />
      <CountList
        title="Actions"
        of="Action"
        rows={byCount(facets['action']).map(([action, n]) => ({
          value: action,
          count: n,
          name: valueName('action', action),
          href: listOf({ action }),
        }))}
        total={total}
        none="None in this range."
        tone="unverifiable"
      />
      <Reasons
        reasons={facets['reason'] ?? {}}
        total={total}
        hrefOf={reason => listOf({ verdict: 'not_checked', reason })}
      />
    </div>
  );
}

function hrefOf(kind: Kind, name: string, range: TimeRange): string | undefined {
  const path = kind.pathOf(name);
  return path && withQuery(path, new URLSearchParams(), rangeQuery(range));
}

function StateName({ state }: { state: State }) {
  return (
    <span class="badge" data-tone={state}>
      <Icon name={state} />
      {valueName('verdict', state)}
    </span>
  );
}
