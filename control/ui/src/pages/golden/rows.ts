/** The table's columns: what each says of a row, and the order and the search in the address. */

import type { TopRow } from '../../api/types';
import type { Sort } from '../../state/sorting';
import { sorted } from '../../state/sorting';

export type Column = 'name' | 'total' | 'flagged' | 'share' | 'risk' | 'coverage';

export const USUAL: Sort<Column> = { by: 'flagged', down: true };

export const TITLES: Record<Column, string> = {
  name: 'Name',
  total: 'Responses',
  flagged: 'Flagged',
  share: 'Flagged share',
  risk: 'Mean risk',
  coverage: 'Coverage',
};

/** What a column says of a row; `undefined` where there is nothing to say. */
export const VALUES: Record<Column, (row: TopRow) => string | number | undefined> = {
  name: row => row.name,
  total: row => row.total,
  flagged: row => row.flagged,
  share: row => share(row.flagged, row.judged ?? row.total),
  risk: row => (row.judged === 0 ? undefined : row.mean_risk),
  coverage: row => (row.judged === undefined ? undefined : share(row.judged, row.total)),
};

const share = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole);

/** The number that a column says, or nothing. */
export function numberOf(column: Column, row: TopRow): number | undefined {
  const value = VALUES[column](row);
  return typeof value === 'number' ? value : undefined;
}

/** Whether the control plane says how many were judged: without that there is no coverage, and shares are of all responses. */
export const saysJudged = (rows: readonly TopRow[]): boolean => rows.every(row => row.judged !== undefined);

/** The columns that these rows can fill. */
export function columnsOf(rows: readonly TopRow[]): Column[] {
  const columns: Column[] = ['name', 'total', 'flagged', 'share', 'risk'];
  return saysJudged(rows) ? [...columns, 'coverage'] : columns;
}

/** The rows whose name holds every word, in order. */
export function arranged(rows: readonly TopRow[], text: string, sort: Sort<Column>): TopRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows.filter(({ name }) => words.every(word => name.toLowerCase().includes(word)));
  return sorted(found, VALUES[sort.by], row => row.name, sort.down);
}
