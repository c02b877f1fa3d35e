/** Cuts a text at the edges of (possibly overlapping) spans, so that each piece can be drawn as one text node. */

import { points } from './points';

/** A range of scalar values, end excluded. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A run of text that the same spans cover. */
export interface Segment {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Indices of the covering spans, in the order given. */
  readonly spans: readonly number[];
  /** Indices of the spans whose last piece this is. */
  readonly closes: readonly number[];
}

/** The pieces of a text, and the spans that lie outside it. */
export interface Segmentation {
  readonly segments: readonly Segment[];
  /** Indices of spans that cover nothing of the text: empty, reversed or out of range. */
  readonly outside: readonly number[];
}

/** Cuts `text` at the edges of `ranges`. Concatenating the pieces gives the text again, whatever the ranges are. */
export function segment(text: string, ranges: readonly Range[]): Segmentation {
  const chars = points(text);
  const length = chars.length;
  const inside: { index: number; start: number; end: number }[] = [];
  const outside: number[] = [];
  ranges.forEach((range, index) => {
    const start = clamp(range.start, length);
    const end = clamp(range.end, length);
    if (start < end) inside.push({ index, start, end });
    else outside.push(index);
  });

  const edges = [...new Set([0, length, ...inside.flatMap(range => [range.start, range.end])])].sort((a, b) => a - b);
  const segments: Segment[] = [];
  for (let i = 0; i + 1 < edges.length; i++) {
    const start = edges[i] as number;
    const end = edges[i + 1] as number;
    const covering = inside.filter(range => range.start <= start && range.end >= end);
    segments.push({
      text: chars.slice(start, end).join(''),
      start,
      end,
      spans: covering.map(range => range.index),
      closes: covering.filter(range => range.end === end).map(range => range.index),
    });
  }
  return { segments, outside };
}

function clamp(offset: number, length: number): number {
  return Number.isFinite(offset) ? Math.min(Math.max(0, Math.trunc(offset)), length) : 0;
}
