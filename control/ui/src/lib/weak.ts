/** Spans below the policy's threshold: the judge noticed something, but too little to flag the response for it. */

import type { Span, Verdict } from '../api/types';

export interface ShownSpan extends Span {
  readonly weak: boolean;
}

/** The spans of a verdict, the weak ones told apart. Older proxies do not say their threshold; then every span of a verdict that was not
 * flagged is weak and none of one that was. */
export function shownSpans(verdict: Verdict): ShownSpan[] {
  const least = verdict.threshold ?? (isFlagged(verdict) ? 0 : Infinity);
  return verdict.spans.map(span => ({ ...span, weak: span.risk < least }));
}

/** Whether the judge found something. */
export const isFlagged = ({ verdict }: Verdict): boolean => verdict === 'ungrounded' || verdict === 'contradicted';

/** Spans that count. */
export const foundSpans = (verdict: Verdict): ShownSpan[] => shownSpans(verdict).filter(span => !span.weak);
