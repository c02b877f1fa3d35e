import { describe, expect, it } from 'vitest';
import type { Span, State, Verdict } from '../api/types';
import { foundSpans, shownSpans } from './weak';

const spans = [0.3, 0.5, 0.9].map(risk => ({ choice: 0, start: 0, end: 1, kind: 'unsupported', risk }) as Span);
const verdict = (state: State, threshold?: number) =>
  ({ verdict: state, spans, ...(threshold === undefined ? {} : { threshold }) }) as unknown as Verdict;
const weak = (of: Verdict) => shownSpans(of).map(span => span.weak);

describe('shownSpans', () => {
  it('takes the threshold itself for found', () => {
    expect(weak(verdict('ungrounded', 0.5))).toEqual([true, false, false]);
    expect(foundSpans(verdict('ungrounded', 0.5))).toHaveLength(2);
  });

  it('goes by the state when the threshold is not known', () => {
    expect(weak(verdict('contradicted'))).toEqual([false, false, false]);
    expect(weak(verdict('grounded'))).toEqual([true, true, true]);
    expect(foundSpans(verdict('unverifiable'))).toEqual([]);
  });
});
