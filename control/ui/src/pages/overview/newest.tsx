/** The newest flagged responses, each in one plain sentence. */

import type { Verdict } from '../../api/types';
import { risk } from '../../lib/format';
import { foundSpans } from '../../lib/weak';
import { KindCounts, StateBadge } from '../../ui/badges';
import { When } from '../../ui/when';
import { workloadName } from '../../lib/names';

interface NewestProps {
  readonly items: readonly Verdict[];
  readonly hrefOf: (verdict: Verdict) => string;
  readonly all: string;
}

export function Newest({ items, hrefOf, all }: NewestProps) {
  return (
    <section class="panel newest">
      <div class="panel__head">
        <h2>Newest flagged</h2>
        <a class="link end" href={all}>
          All flagged
        </a>
      </div>
      {items.length === 0 ? (
        <p class="panel__body faint">Nothing was flagged in this range.</p>
      ) : (
        <ol>
          {items.map(item => (
            <li key={item.id}>
              <a class="newest__item" href={hrefOf(item)}>
                <span class="newest__line">
                  <StateBadge state={item.verdict} />
                  <span class="num faint">{risk(item.risk)}</span>
                  <KindCounts spans={foundSpans(item)} />
                  <span class="newest__when faint">
                    <When micros={item.ts} look="ago" />
                  </span>
                </span>
                <span class="newest__words">{item.explanation}</span>
                <span class="newest__who faint clip">
                  {workloadName(item.workload)} · {item.model}
                </span>
              </a>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
