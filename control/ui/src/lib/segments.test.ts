import { describe, expect, it } from 'vitest';
import { points, slicePoints } from './points';
import { segment } from './segments';

const texts = (text: string, ranges: [number, number][]) =>
  segment(
    text,
    ranges.map(([start, end]) => ({ start, end })),
  ).segments.map(piece => [piece.text, ...piece.spans]);

describe('segment', () => {
  it('cuts around one span', () => {
    expect(texts('the fee is 30 EUR', [[11, 17]])).toEqual([['the fee is '], ['30 EUR', 0]]);
  });

  it('cuts overlapping and nested spans into pieces that name every cover', () => {
    expect(
      texts('abcdefgh', [
        [1, 5],
        [3, 7],
        [4, 5],
      ]),
    ).toEqual([['a'], ['bc', 0], ['d', 0, 1], ['e', 0, 1, 2], ['fg', 1], ['h']]);
  });

  it('says where each span ends, once', () => {
    const { segments } = segment('abcdef', [
      { start: 0, end: 4 },
      { start: 2, end: 6 },
      { start: 2, end: 4 },
    ]);
    expect(segments.map(piece => [piece.text, piece.closes])).toEqual([
      ['ab', []],
      ['cd', [0, 2]],
      ['ef', [1]],
    ]);
  });

  it('counts scalar values, not UTF-16 units', () => {
    const text = 'a👩‍🚀𝒳z 30';
    const start = points(text).indexOf('3');
    expect(text.indexOf('3')).not.toBe(start);
    expect(texts(text, [[start, start + 2]])).toEqual([['a👩‍🚀𝒳z '], ['30', 0]]);
    expect(texts('😀😀', [[1, 2]])).toEqual([['😀'], ['😀', 0]]);
  });

  it('clamps what reaches out of the text and reports what lies outside', () => {
    const { segments, outside } = segment('abc', [
      { start: 2, end: 99 },
      { start: -5, end: 1 },
      { start: 3, end: 5 },
      { start: 2, end: 1 },
      { start: 1, end: 1 },
      { start: Number.NaN, end: Number.POSITIVE_INFINITY },
    ]);
    expect(segments.map(piece => [piece.text, ...piece.spans])).toEqual([['a', 1], ['b'], ['c', 0]]);
    expect(outside).toEqual([2, 3, 4, 5]);
  });

  it('gives the text back whatever the spans are', () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
    for (let round = 0; round < 300; round++) {
      const text = Array.from({ length: random(40) }, () => ['x', 'é', '😀', '<b>', '\n'][random(5)]).join('');
      const ranges = Array.from({ length: random(8) }, () => ({ start: random(50) - 5, end: random(50) - 5 }));
      const { segments } = segment(text, ranges);
      expect(segments.map(piece => piece.text).join('')).toBe(text);
      for (const [index, range] of ranges.entries()) {
        const covered = segments.filter(piece => piece.spans.includes(index)).map(piece => piece.text);
        expect(covered.join('')).toBe(slicePoints(text, range.start, range.end));
      }
    }
  });

  it('has no pieces for an empty text', () => {
    expect(segment('', [{ start: 0, end: 1 }])).toEqual({ segments: [], outside: [0] });
  });
});
