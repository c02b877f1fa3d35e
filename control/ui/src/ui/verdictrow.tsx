/** One verdict in a list. The whole row leads to it; its time is the link that the keyboard reaches. */

import type { Verdict } from '../api/types';
import { duration } from '../lib/format';
import { workloadName } from '../lib/names';
import { foundSpans, isFlagged } from '../lib/weak';
import { ActionTag, KindCounts, RiskMeter, StateBadge } from './badges';
import type { Head } from './heads';
import { Heads } from './heads';
import { openRow, ROW } from './rowkeys';
import { When } from './when';

const COLUMNS: readonly Head[] = [
  { title: 'Time', col: 'col--time' },
  { title: 'Verdict', col: 'col--state' },
  { title: 'Risk', col: 'col--risk' },
  { title: 'Found' },
  { title: 'Workload', col: 'col--workload' },
  { title: 'Model', col: 'col--model' },
  { title: 'Action', col: 'col--action' },
  { title: 'Total', col: 'col--total', right: true },
];

/** Columns that are always there, from the left. */
export const WORD_COLUMNS = 4;
/** Classes of those that leave when there is no room. */
export const NARROWING = COLUMNS.slice(WORD_COLUMNS).map(column => column.col);

export const VerdictHead = () => <Heads heads={COLUMNS} />;

export function VerdictRow({ verdict, href, fresh }: { verdict: Verdict; href: string; fresh?: boolean }) {
  const workload = workloadName(verdict.workload);
  const found = foundSpans(verdict);
  return (
    <tr onClick={event => openRow(event, href)} class={fresh ? 'fresh' : undefined}>
      <td class="col--time">
        <a href={href} {...{ [ROW]: '' }} class="rowlink">
          <When micros={verdict.ts} look="short" />
        </a>
      </td>
      <td>
        <StateBadge state={verdict.verdict} />
      </td>
      <td>
        {verdict.verdict === 'not_checked' ? (
          <span class="faint">–</span>
        ) : (
          <RiskMeter value={verdict.risk} look={isFlagged(verdict) ? undefined : 'calm'} />
        )}
      </td>
      <td class="clip soft" title={verdict.explanation}>
        {found.length > 0 && <KindCounts spans={found} />}
        {verdict.explanation}
      </td>
      <td class="col--workload clip" title={workload}>
        {workload}
      </td>
      <td class="col--model clip" title={verdict.model}>
        {verdict.model === '' ? '–' : verdict.model}
      </td>
      <td class="col--action">
        <ActionTag action={verdict.action} would={verdict.would} />
      </td>
      <td class="col--total right">{duration(verdict.latency_ms)}</td>
    </tr>
  );
}
