/** A button that saves a table as a file. The file is made here: it holds what the page holds. */

import type { Cell } from '../lib/csv';
import { csvName, toCsv } from '../lib/csv';
import { plural } from '../lib/format';
import { Icon } from './icons';

interface CsvButtonProps {
  /** What the file is named after. */
  readonly table: string;
  readonly head: readonly string[];
  readonly count: number;
  readonly rows: () => readonly (readonly Cell[])[];
}

export function CsvButton({ table, head, count, rows }: CsvButtonProps) {
  if (count === 0) return null;
  const words = `Download ${plural(count, 'row')} as CSV`;
  return (
    <button
      type="button"
      class="button button--small csv"
      title={words}
      aria-label={words}
      onClick={() => save(csvName(table, Date.now()), toCsv(head, rows()))}
    >
      <Icon name="download" />
      CSV
    </button>
  );
}

function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken the file over by the next turn.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
