/** Pages of a table that is there whole: only so many rows are drawn, however many there are. */

export interface Page<T> {
  readonly rows: readonly T[];
  /** Counted from 1. */
  readonly number: number;
  readonly count: number;
}

/** The page that `asked` (the address' `page`) means, or the nearest there is. */
export function pageOf<T>(rows: readonly T[], asked: string | null, size: number): Page<T> {
  const count = Math.max(1, Math.ceil(rows.length / size));
  const wanted = /^\d{1,9}$/.test(asked ?? '') ? Number(asked) : 1;
  const number = Math.min(count, Math.max(1, wanted));
  return { rows: rows.slice((number - 1) * size, number * size), number, count };
}

/** The query part of a page; the first has none. */
export const pageQuery = (number: number): string | undefined => (number <= 1 ? undefined : String(number));
