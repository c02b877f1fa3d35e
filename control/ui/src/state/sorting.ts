/** The order of a table in the address: `sort=total`, descending `sort=-total`. */

export interface Sort<C extends string> {
  readonly by: C;
  readonly down: boolean;
}

/** The order that a query asks for; what is no column of the table becomes its usual order. */
export function parseSort<C extends string>(text: string | null, columns: readonly C[], usual: Sort<C>): Sort<C> {
  const down = text?.startsWith('-') ?? false;
  const by = columns.find(column => column === (down ? text?.slice(1) : text));
  return by === undefined ? usual : { by, down };
}

/** The query part of an order; the usual one has none. */
export function sortQuery<C extends string>(sort: Sort<C>, usual: Sort<C>): string | undefined {
  return sort.by === usual.by && sort.down === usual.down ? undefined : `${sort.down ? '-' : ''}${sort.by}`;
}

const words = new Intl.Collator('en', { numeric: true });

/** The rows in order. What has no value stands last either way; what is equal stands by `nameOf`. */
export function sorted<T>(
  rows: readonly T[],
  valueOf: (row: T) => string | number | undefined,
  nameOf: (row: T) => string,
  down: boolean,
): T[] {
  const sign = down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [valueOf(a), valueOf(b)];
    if (x === undefined || y === undefined) {
      if (x !== y) return x === undefined ? 1 : -1;
    } else {
      const order = typeof x === 'number' && typeof y === 'number' ? x - y : words.compare(String(x), String(y));
      if (order !== 0) return order * sign;
    }
    return words.compare(nameOf(a), nameOf(b));
  });
}
