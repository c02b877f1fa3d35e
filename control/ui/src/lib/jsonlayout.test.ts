import { describe, expect, it } from 'vitest';
import { layoutJson } from './jsonlayout';
import { slicePoints } from './points';

const moved = (raw: string, part: string) => {
  const start = Array.from(raw.slice(0, raw.indexOf(part))).length;
  const layout = layoutJson(raw);
  const range = layout.move({ start, end: start + Array.from(part).length });
  return slicePoints(layout.text, range.start, range.end);
};

describe('layoutJson', () => {
  it('lays out as JSON.stringify does', () => {
    for (const value of [{}, [], { a: [] }, { a: { b: [1, 2, { c: null }] }, d: 'x' }, 'text', 12, [{}]]) {
      expect(layoutJson(JSON.stringify(value)).text).toBe(JSON.stringify(value, null, 2));
      expect(layoutJson(JSON.stringify(value, null, 5)).text).toBe(JSON.stringify(value, null, 2));
    }
  });

  it('keeps spans on their words, behind escapes and astral characters too', () => {
    const raw = '{"q":"😀 a\\"b, {c}","city":"Lisbon","n":[1,22]}';
    expect(moved(raw, '"Lisbon"')).toBe('"Lisbon"');
    expect(moved(raw, 'Lisbon')).toBe('Lisbon');
    expect(moved(raw, '22')).toBe('22');
    expect(moved(raw, '{c}')).toBe('{c}');
  });

  it('leaves alone what is not JSON', () => {
    const layout = layoutJson('{"cut": "off');
    expect(layout.text).toBe('{"cut": "off');
    expect(layout.move({ start: 2, end: 4 })).toEqual({ start: 2, end: 4 });
  });
});
