import { describe, expect, it } from 'vitest';
import { ago, clock, dateTime, precise, shortTime, zoneName } from './time';

const noon = Date.UTC(2026, 2, 1, 12, 5, 9, 42);

describe('time', () => {
  it('shows UTC', () => {
    expect(clock(noon, 'utc')).toBe('12:05:09');
    expect(dateTime(noon, 'utc')).toBe('2026-03-01 12:05:09');
    expect(precise(noon, 'utc')).toBe('2026-03-01 12:05:09.042 UTC');
    expect(zoneName(noon, 'utc')).toBe('UTC');
  });

  it('shows local time by the browser’s own offset', () => {
    const date = new Date(noon);
    const two = (value: number) => String(value).padStart(2, '0');
    expect(clock(noon, 'local')).toBe([date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':'));
  });

  it('leaves out the date only today', () => {
    expect(shortTime(noon, 'utc', noon + 3_600_000)).toBe('12:05:09');
    expect(shortTime(noon, 'utc', noon + 86_400_000)).toBe('1 Mar 12:05');
  });

  it('says how long ago', () => {
    const cases: [number, string][] = [
      [0, 'just now'],
      [12, '12 s ago'],
      [90, '1 min ago'],
      [7200, '2 h ago'],
      [172_800, '2 d ago'],
      [-30, 'in 30 s'],
    ];
    for (const [seconds, text] of cases) expect(ago(noon - seconds * 1000, noon)).toBe(text);
  });

  it('survives impossible times', () => {
    expect(clock(Number.NaN, 'utc')).toBe('–');
    expect(dateTime(9e18, 'utc')).toBe('– –');
  });
});
