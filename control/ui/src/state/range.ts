/** The time range in the address: `range=24h` stays relative to now, `from` and `to` are fixed. */

import { toMicros, type Zone, dateTime } from '../lib/time';

export type TimeRange =
  | { readonly kind: 'relative'; readonly token: string; readonly ms: number }
  /** Milliseconds since the Unix epoch. */
  | { readonly kind: 'absolute'; readonly from: number; readonly to: number };

const UNITS: Record<string, { ms: number; name: string }> = {
  m: { ms: 60_000, name: 'minute' },
  h: { ms: 3_600_000, name: 'hour' },
  d: { ms: 86_400_000, name: 'day' },
};
const LONGEST_MS = 400 * 86_400_000;

export const PRESETS = ['15m', '1h', '6h', '24h', '7d', '30d'] as const;
export const DEFAULT_RANGE = relative('1h') as TimeRange;

/** The range that a query asks for; what cannot be read becomes the default. */
export function parseRange(query: URLSearchParams): TimeRange {
  const from = parseTime(query.get('from'));
  const to = parseTime(query.get('to'));
  if (from !== undefined && to !== undefined && from < to && to - from <= LONGEST_MS)
    return { kind: 'absolute', from, to };
  return relative(query.get('range') ?? '') ?? DEFAULT_RANGE;
}

/** The query parts of a range. The default has none. */
export function rangeQuery(range: TimeRange): {
  range: string | undefined;
  from: string | undefined;
  to: string | undefined;
} {
  if (range.kind === 'absolute') return { range: undefined, from: iso(range.from), to: iso(range.to) };
  const isDefault = DEFAULT_RANGE.kind === 'relative' && range.token === DEFAULT_RANGE.token;
  return { range: isDefault ? undefined : range.token, from: undefined, to: undefined };
}

/** The range's edges for the API, microseconds. */
export function resolveRange(range: TimeRange, now: number): { from: number; to: number } {
  if (range.kind === 'absolute') return { from: toMicros(range.from), to: toMicros(range.to) };
  return { from: toMicros(now - range.ms), to: toMicros(now) };
}

/** The API's query for a range as it is now: a relative one moves along. */
export function rangeParams(range: TimeRange): URLSearchParams {
  const { from, to } = resolveRange(range, Date.now());
  return new URLSearchParams({ from: String(from), to: String(to) });
}

/** A range's name: `Last hour`, `Last 7 days`, `2026-03-01 12:00 → 13:00`. */
export function rangeName(range: TimeRange, zone: Zone): string {
  if (range.kind === 'relative') {
    const amount = Number.parseInt(range.token, 10);
    const unit = UNITS[range.token.at(-1) ?? '']?.name ?? '';
    return amount === 1 ? `Last ${unit}` : `Last ${amount} ${unit}s`;
  }
  const from = dateTime(range.from, zone).slice(0, 16);
  const to = dateTime(range.to, zone).slice(0, 16);
  return from.slice(0, 10) === to.slice(0, 10) ? `${from} → ${to.slice(11)}` : `${from} → ${to}`;
}

/** What the period before a range is called. */
export function previousName(range: TimeRange): string {
  return range.kind === 'relative' ? rangeName(range, 'utc').replace('Last', 'previous') : 'period before';
}

/** `90m`, `24h`, `7d` as a range. */
export function relative(token: string): TimeRange | undefined {
  const match = /^([1-9]\d{0,3})([mhd])$/.exec(token);
  const unit = UNITS[match?.[2] ?? ''];
  if (!match || !unit) return undefined;
  const ms = Number(match[1]) * unit.ms;
  return ms <= LONGEST_MS ? { kind: 'relative', token, ms } : undefined;
}

function parseTime(text: string | null): number | undefined {
  if (text === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z$/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
