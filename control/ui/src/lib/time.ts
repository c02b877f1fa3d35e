/** Points in time for people, local or UTC. The API counts microseconds since the Unix epoch; here it is milliseconds. */

/** Which clock times are shown by. */
export type Zone = 'local' | 'utc';

/** The API's microseconds as milliseconds. */
export const fromMicros = (micros: number): number => micros / 1000;

/** Milliseconds as the API's microseconds. */
export const toMicros = (ms: number): number => Math.round(ms * 1000);

/** The API's microseconds as ISO 8601 in UTC, for files; empty where there was no such time. */
export function isoTime(micros: number): string {
  const date = new Date(fromMicros(micros));
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

/** `14:05:09`. */
export function clock(ms: number, zone: Zone): string {
  return timeParts(ms, zone).time;
}

/** `2026-03-01 14:05:09`. */
export function dateTime(ms: number, zone: Zone): string {
  const parts = timeParts(ms, zone);
  return `${parts.date} ${parts.time}`;
}

/** The full point in time with milliseconds and offset, for titles and copying. */
export function precise(ms: number, zone: Zone): string {
  const parts = timeParts(ms, zone);
  return `${parts.date} ${parts.time}.${parts.millis} ${zoneName(ms, zone)}`;
}

/** `14:05:09` today, `28 Feb 14:05` otherwise. */
export function shortTime(ms: number, zone: Zone, now: number): string {
  const parts = timeParts(ms, zone);
  if (parts.date === timeParts(now, zone).date) return parts.time;
  const [, month, day] = parts.date.split('-');
  return `${Number(day)} ${MONTHS[Number(month) - 1] ?? ''} ${parts.time.slice(0, 5)}`;
}

/** `just now`, `12 s ago`, `5 min ago`, `3 h ago`, `2 d ago`; ahead of our clock: `in 12 s`. */
export function ago(ms: number, now: number): string {
  const seconds = Math.round((now - ms) / 1000);
  const size = Math.abs(seconds);
  if (size < 3) return 'just now';
  const text =
    size < 60
      ? `${size} s`
      : size < 3600
        ? `${Math.floor(size / 60)} min`
        : size < 172_800
          ? `${Math.floor(size / 3600)} h`
          : `${Math.floor(size / 86_400)} d`;
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

/** `UTC`, `UTC+02:00`. */
export function zoneName(ms: number, zone: Zone): string {
  const offset = zone === 'utc' ? 0 : -new Date(ms).getTimezoneOffset();
  if (offset === 0) return 'UTC';
  const size = Math.abs(offset);
  return `UTC${offset > 0 ? '+' : '−'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

/** Months as the page writes them. */
export const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Date and time by that clock, as ISO 8601 writes them. */
function timeParts(ms: number, zone: Zone): { date: string; time: string; millis: string } {
  const shift = zone === 'utc' ? 0 : new Date(ms).getTimezoneOffset() * 60_000;
  const date = new Date(ms - shift);
  if (Number.isNaN(date.getTime())) return { date: '–', time: '–', millis: '000' };
  const iso = date.toISOString();
  return { date: iso.slice(0, 10), time: iso.slice(11, 19), millis: iso.slice(20, 23) };
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
