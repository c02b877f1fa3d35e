import { describe, expect, it } from 'vitest';
import { parseSort, sorted, sortQuery } from './sorting';

const COLUMNS = ['name', 'total'] as const;
const USUAL = { by: 'total', down: true } as const;

describe('the order of a table', () => {
  it('goes into the address and comes back', () => {
    for (const sort of [USUAL, { by: 'total', down: false }, { by: 'name', down: true }] as const)
      expect(parseSort(sortQuery(sort, USUAL) ?? null, COLUMNS, USUAL)).toEqual(sort);
    expect(sortQuery(USUAL, USUAL)).toBeUndefined();
    expect(sortQuery({ by: 'name', down: true }, USUAL)).toBe('-name');
  });

  it('is the usual one where the address says nothing that can be', () => {
    for (const text of [null, '', '-', 'risk', '--total', '__proto__'])
      expect(parseSort(text, COLUMNS, USUAL)).toEqual(USUAL);
  });

  it('puts what is not known last, and equals by name', () => {
    const rows = [
      { n: 'b', v: 1 },
      { n: 'a', v: 1 },
      { n: 'c', v: undefined },
      { n: 'd', v: 7 },
    ];
    const order = (down: boolean) =>
      sorted(
        rows,
        row => row.v,
        row => row.n,
        down,
      )
        .map(row => row.n)
        .join('');
    expect(order(true)).toBe('dabc');
    expect(order(false)).toBe('abdc');
    expect(
      sorted(
        ['gpt-10', 'GPT-9', 'gpt-2'],
        name => name,
        name => name,
        false,
      ),
    ).toEqual(['gpt-2', 'GPT-9', 'gpt-10']);
  });
});
