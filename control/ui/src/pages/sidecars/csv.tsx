/** The sidecars as a file. */

import type { Sidecar } from '../../api/types';
import type { Cell } from '../../lib/csv';
import { workloadName } from '../../lib/names';
import { isoTime } from '../../lib/time';
import { CsvButton } from '../../ui/csvbutton';
import { lostOf } from './ledger';

const COLUMNS: readonly [title: string, of: (sidecar: Sidecar) => Cell][] = [
  ['Instance', one => one.instance],
  ['Workload', one => workloadName(one.workload)],
  ['Pod', one => one.workload.pod],
  ['Last heard', one => isoTime(one.last_seen)],
  ['Produced', one => one.produced],
  ['Stored', one => one.stored],
  ['Rejected', one => one.rejected],
  ['In flight', one => one.in_flight],
  ['Lost', lostOf],
  ['Unexplained', one => one.unexplained],
  ['Seen', one => one.seen],
  ['Judged', one => one.judged],
  ['Policy', one => one.policy],
  ['Version', one => one.version],
];

export function SidecarsCsv({ sidecars }: { sidecars: readonly Sidecar[] }) {
  return (
    <CsvButton
      table="sidecars"
      head={COLUMNS.map(([title]) => title)}
      count={sidecars.length}
      rows={() => sidecars.map(sidecar => COLUMNS.map(([, of]) => of(sidecar)))}
    />
  );
}
