/** Numbers for people. Missing or impossible numbers are shown as a dash, never as 0. */

const DASH = '–';
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** `1,234`; from 100,000 on `123.5K`. */
export function count(value: number | undefined): string {
  if (!isNumber(value)) return DASH;
  return Math.abs(value) < 100_000 ? whole.format(value) : compact.format(value);
}

/** `1,234,567`, whole at any size. */
export function exact(value: number | undefined): string {
  return isNumber(value) ? whole.format(value) : DASH;
}

/** A share 0..1 as `12.3%`; what is not quite 0 or 100 never reads so. */
export function percent(share: number | undefined): string {
  if (!isNumber(share)) return DASH;
  const value = share * 100;
  if (value === 0 || value === 100) return `${value}%`;
  if (value > 0 && value < 0.05) return '<0.1%';
  if (value >= 99.95 && value < 100) return '>99.9%';
  return `${value.toFixed(1)}%`;
}

/** Milliseconds as `0.42 ms`, `12 ms`, `1.24 s`, `2m 05s`. */
export function duration(ms: number | undefined): string {
  if (!isNumber(ms)) return DASH;
  if (ms === 0) return '0 ms';
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
}

/** A risk 0..1 as `0.87`. */
export function risk(value: number | undefined): string {
  return isNumber(value) ? value.toFixed(2) : DASH;
}

/** A rate per second as `0.4/s`, `2/min`. */
export function rate(perSecond: number | undefined): string {
  if (!isNumber(perSecond)) return DASH;
  if (perSecond === 0) return '0/s';
  if (perSecond < 0.1) return `${trim(perSecond * 60)}/min`;
  return perSecond < 100 ? `${trim(perSecond)}/s` : `${count(Math.round(perSecond))}/s`;
}

/** How a number moved against the one before. */
export interface Delta {
  readonly direction: 'up' | 'down' | 'flat';
  readonly text: string;
}

/** The change of a quantity, as a share of what it was. `undefined` where there is nothing to compare with. */
export function relativeDelta(now: number, before: number | undefined): Delta | undefined {
  if (!isNumber(now) || !isNumber(before) || before === 0) return undefined;
  const change = (now - before) / before;
  const size = Math.abs(change);
  if (size < 0.005) return { direction: 'flat', text: '0%' };
  const text =
    size >= 10 ? `${trim(now / before)}×` : `${size < 0.1 ? (size * 100).toFixed(1) : whole.format(size * 100)}%`;
  return { direction: change > 0 ? 'up' : 'down', text };
}

/** The change of a share, in percentage points. */
export function pointDelta(now: number, before: number | undefined): Delta | undefined {
  if (!isNumber(now) || !isNumber(before)) return undefined;
  const change = (now - before) * 100;
  if (Math.abs(change) < 0.05) return { direction: 'flat', text: '0 pt' };
  return { direction: change > 0 ? 'up' : 'down', text: `${Math.abs(change).toFixed(1)} pt` };
}

/** `1 verdict`, `2 verdicts`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function trim(value: number): string {
  return value >= 10 ? whole.format(value) : value.toFixed(1).replace(/\.0$/, '');
}

function isNumber(value: number | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
