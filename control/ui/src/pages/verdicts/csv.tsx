/** The page of verdicts that is shown, as a file. */

import type { Verdict } from '../../api/types';
import type { Cell } from '../../lib/csv';
import { workloadName } from '../../lib/names';
import { isoTime } from '../../lib/time';
import { foundSpans } from '../../lib/weak';
import { CsvButton } from '../../ui/csvbutton';

const COLUMNS: readonly [title: string, of: (verdict: Verdict) => Cell][] = [
  ['Id', one => one.id],
  ['Time', one => isoTime(one.ts)],
  ['Verdict', one => one.verdict],
  ['Reason', one => one.reason],
  ['Risk', one => (one.verdict === 'not_checked' ? undefined : one.risk)],
  [
    'Found',
    one =>
      foundSpans(one)
        .map(span => span.kind)
        .join(' '),
  ],
  ['Explanation', one => one.explanation],
  ['Workload', one => workloadName(one.workload)],
  ['Provider', one => one.provider],
  ['Model', one => one.model],
  ['Action', one => one.action],
  ['Would', one => one.would],
  ['Total ms', one => one.latency_ms],
];

export function VerdictsCsv({ items }: { items: readonly Verdict[] }) {
  return (
    <CsvButton
      table="verdicts"
      head={COLUMNS.map(([title]) => title)}
      count={items.length}
      rows={() => items.map(item => COLUMNS.map(([, of]) => of(item)))}
    />
  );
}
