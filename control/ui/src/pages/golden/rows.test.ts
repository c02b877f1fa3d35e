import { describe, expect, it } from 'vitest';
import type { TopRow } from '../../api/types';
import { arranged, columnsOf, numberOf, USUAL } from './rows';

const row = (name: string, total: number, flagged: number, judged?: number): TopRow => ({
  name,
  total,
  flagged,
  mean_risk: flagged / total / 2,
  ...(judged === undefined ? {} : { judged }),
});

describe('the golden table', () => {
  it('has a coverage only where the control plane says what was judged', () => {
    expect(columnsOf([row('a', 10, 1)])).not.toContain('coverage');
    expect(columnsOf([row('a', 10, 1, 5), row('b', 10, 1)])).not.toContain('coverage');
    expect(columnsOf([row('a', 10, 1, 5)])).toContain('coverage');
    expect(numberOf('coverage', row('a', 10, 1))).toBeUndefined();
  });

  it('takes the flagged share of those judged, else of all, and says nothing where nothing was judged', () => {
    expect(numberOf('share', row('a', 10, 1, 5))).toBe(0.2);
    expect(numberOf('share', row('a', 10, 1))).toBe(0.1);
    expect(numberOf('share', row('a', 10, 0, 0))).toBeUndefined();
    expect(numberOf('risk', row('a', 10, 0, 0))).toBeUndefined();
    expect(numberOf('coverage', row('a', 10, 0, 0))).toBe(0);
  });

  it('finds by every word and orders by any column', () => {
    const rows = [row('shop/support-agent', 10, 1), row('shop/search', 50, 4), row('hr/helper', 4, 4)];
    const names = (text: string, sort = USUAL) => arranged(rows, text, sort).map(({ name }) => name);
    expect(names('')).toEqual(['hr/helper', 'shop/search', 'shop/support-agent']);
    expect(names(' SHOP  sup ')).toEqual(['shop/support-agent']);
    expect(names('nothing')).toEqual([]);
    expect(names('', { by: 'share', down: false })[2]).toBe('hr/helper');
    expect(names('', { by: 'name', down: true })[0]).toBe('shop/support-agent');
  });
});
