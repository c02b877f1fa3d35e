/** Lays out JSON text over several lines and says where each scalar value went, so that spans over the raw text still fit. */

import type { Range } from './segments';
import { points } from './points';

/** The laid-out text and how offsets move into it. */
export interface JsonLayout {
  readonly text: string;
  /** Moves a range over the raw text into the laid-out text. */
  readonly move: (range: Range) => Range;
}

/** Lays out `raw`; text that is not JSON comes back as it is. */
export function layoutJson(raw: string): JsonLayout {
  if (!isJson(raw)) return { text: raw, move: range => range };
  const chars = points(raw);
  const at: number[] = new Array<number>(chars.length);
  const out: string[] = [];
  let depth = 0;
  let inString = false;
  const newLine = () => {
    out.push('\n', ...'  '.repeat(depth));
  };
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] as string;
    if (inString) {
      at[i] = out.length;
      out.push(char);
      if (char === '\\' && i + 1 < chars.length) {
        i += 1;
        at[i] = out.length;
        out.push(chars[i] as string);
      } else if (char === '"') inString = false;
      continue;
    }
    if (/\s/.test(char)) {
      at[i] = out.length;
      continue;
    }
    const closes = char === '}' || char === ']';
    if (closes) {
      depth -= 1;
      if (!/[[{]/.test(previousMark(chars, i))) newLine();
    }
    at[i] = out.length;
    out.push(char);
    if (char === '"') inString = true;
    else if (char === '{' || char === '[') {
      depth += 1;
      if (!/[\]}]/.test(nextMark(chars, i))) newLine();
    } else if (char === ',') newLine();
    else if (char === ':') out.push(' ');
  }
  const move = ({ start, end }: Range): Range => ({
    start: at[start] ?? out.length,
    end: end > start && at[end - 1] !== undefined ? (at[end - 1] as number) + 1 : (at[end] ?? out.length),
  });
  return { text: out.join(''), move };
}

function isJson(raw: string): boolean {
  try {
    JSON.parse(raw);
    return true;
  } catch {
    return false;
  }
}

function previousMark(chars: readonly string[], from: number): string {
  for (let i = from - 1; i >= 0; i--) if (!/\s/.test(chars[i] as string)) return chars[i] as string;
  return '';
}

function nextMark(chars: readonly string[], from: number): string {
  for (let i = from + 1; i < chars.length; i++) if (!/\s/.test(chars[i] as string)) return chars[i] as string;
  return '';
}
