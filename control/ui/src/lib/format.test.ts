import { describe, expect, it } from 'vitest';
import { count, duration, exact, percent, plural, pointDelta, rate, relativeDelta, risk } from './format';

const all = <T>(format: (value: T) => string, pairs: [T, string][]) => {
  for (const [value, text] of pairs) expect(format(value)).toBe(text);
};

describe('formatters', () => {
  it('count', () => {
    all(count, [
      [0, '0'],
      [1234, '1,234'],
      [99_999, '99,999'],
      [123_456, '123.5K'],
      [2_500_000, '2.5M'],
      [undefined, '–'],
      [Number.NaN, '–'],
    ]);
    expect(exact(1_234_567)).toBe('1,234,567');
    expect(plural(1, 'verdict')).toBe('1 verdict');
    expect(plural(0, 'verdict')).toBe('0 verdicts');
  });

  it('percent never rounds to all or nothing', () => {
    all(percent, [
      [0, '0%'],
      [1, '100%'],
      [0.0004, '<0.1%'],
      [0.99991, '>99.9%'],
      [0.9994, '99.9%'],
      [0.123, '12.3%'],
      [undefined, '–'],
    ]);
  });

  it('duration keeps three figures and rolls over', () => {
    all(duration, [
      [0, '0 ms'],
      [0.417, '0.42 ms'],
      [9.96, '10.0 ms'],
      [12.4, '12 ms'],
      [999.4, '999 ms'],
      [999.6, '1.00 s'],
      [1240, '1.24 s'],
      [59_000, '59.0 s'],
      [59_990, '1m 00s'],
      [125_000, '2m 05s'],
      [Number.POSITIVE_INFINITY, '–'],
    ]);
  });

  it('risk and rate', () => {
    expect(risk(0.875)).toBe('0.88');
    all(rate, [
      [0, '0/s'],
      [0.02, '1.2/min'],
      [2.04, '2/s'],
      [12.6, '13/s'],
      [340, '340/s'],
    ]);
  });

  it('deltas', () => {
    expect(relativeDelta(150, 100)).toEqual({ direction: 'up', text: '50%' });
    expect(relativeDelta(95, 100)).toEqual({ direction: 'down', text: '5.0%' });
    expect(relativeDelta(1500, 100)).toEqual({ direction: 'up', text: '15×' });
    expect(relativeDelta(100, 100)).toEqual({ direction: 'flat', text: '0%' });
    expect(relativeDelta(5, 0)).toBeUndefined();
    expect(relativeDelta(5, undefined)).toBeUndefined();
    expect(pointDelta(0.06, 0.04)).toEqual({ direction: 'up', text: '2.0 pt' });
    expect(pointDelta(0.04, 0.0404)).toEqual({ direction: 'flat', text: '0 pt' });
    expect(pointDelta(0.04, 0)).toEqual({ direction: 'up', text: '4.0 pt' });
  });
});
