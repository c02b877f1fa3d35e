/** A table as comma-separated values (RFC 4180), safe to open in a spreadsheet. */

export type Cell = string | number | undefined;

/** What a spreadsheet takes for the beginning of a formula, also in full width; tab and line breaks come before one unseen. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
/** Tells spreadsheets that the text is UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF';

/** The file's text: a head, then a line each row. Texts that a spreadsheet would run begin with an apostrophe; numbers stay numbers,
 * what is not known is empty. */
export function toCsv(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [head, ...rows].map(cells => `${cells.map(field).join(',')}\r\n`);
  return BYTE_ORDER_MARK + lines.join('');
}

function field(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** `agentguard-workloads-20260301T120509Z.csv`. */
export function csvName(table: string, now: number): string {
  const time = new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, '');
  return `agentguard-${table}-${time}Z.csv`;
}
