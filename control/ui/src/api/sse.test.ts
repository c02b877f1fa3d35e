import { describe, expect, it } from 'vitest';
import { SseParser } from './sse';

const parse = (...chunks: string[]) => {
  const parser = new SseParser();
  return chunks.flatMap(chunk => parser.push(chunk)).map(({ name, data, id }) => `${id}|${name}|${data}`);
};

describe('SseParser', () => {
  it('reads names, ids and multi-line data; skips comments', () => {
    expect(parse(': hello\n\nevent: verdict\nid: 7\ndata: {"a":\ndata: 1}\n\ndata:bare\n\n')).toEqual([
      '7|verdict|{"a":\n1}',
      '7|message|bare',
    ]);
  });

  it('reads the same from any split and any line ending', () => {
    const text = '\uFEFFid: 1\nevent: verdict\ndata: é😀\n\n:keep-alive\n\nevent: lost\ndata: {"lost":3}\nid: 2\n\n';
    const expected = ['1|verdict|é😀', '2|lost|{"lost":3}'];
    for (const ending of ['\n', '\r\n', '\r']) {
      const raw = text.replaceAll('\n', ending);
      for (let cut = 0; cut <= raw.length; cut++) expect(parse(raw.slice(0, cut), raw.slice(cut))).toEqual(expected);
      expect(parse(...raw)).toEqual(expected);
    }
  });

  it('drops an event without data or without its blank line, and keeps the retry time', () => {
    const parser = new SseParser();
    expect(parser.push('event: verdict\n\nretry: 2500\nretry: soon\ndata: cut')).toEqual([]);
    expect(parser.retry).toBe(2500);
  });
});
