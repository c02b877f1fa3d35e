import { describe, expect, it } from 'vitest';
import { csvName, toCsv } from './csv';

const line = (...cells: (string | number | undefined)[]) => toCsv(['h'], [cells]).split('h\r\n')[1];

describe('toCsv', () => {
  it('quotes what needs it and keeps numbers as they are', () => {
    expect(toCsv(['Name', 'All'], [['a, "b"', 3]])).toBe('\uFEFFName,All\r\n"a, ""b""",3\r\n');
    expect(line('two\nlines', -0.5, undefined, Number.NaN, '')).toBe('"two\nlines",-0.5,,,\r\n');
  });

  it('disarms every beginning of a formula, whatever else is in the text', () => {
    for (const start of ['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠'])
      expect(line(`${start}cmd|' /C calc'!A0`)).toBe(`'${start}cmd|' /C calc'!A0\r\n`);
    expect(line('=HYPERLINK("http://x","y")')).toBe('"\'=HYPERLINK(""http://x"",""y"")"\r\n');
    expect(line('\r=1')).toBe('"\'\r=1"\r\n');
    expect(line('a=1', 'gpt-4')).toBe('a=1,gpt-4\r\n');
  });

  it('disarms heads too', () => expect(toCsv(['=1'], [])).toBe("\uFEFF'=1\r\n"));

  it('names the file by table and time', () =>
    expect(csvName('workloads', Date.UTC(2026, 2, 1, 12, 5, 9))).toBe('agentguard-workloads-20260301T120509Z.csv'));
});
