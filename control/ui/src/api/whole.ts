/** Fills in what a verdict may leave out because it is the default. */

import type { Content, Span, Verdict } from './types';

export function whole(verdict: Verdict): Verdict {
  const { content } = verdict as { content?: Partial<Content> };
  const spans = (verdict.spans as (Omit<Span, 'choice'> & { choice?: number })[]).map(span => ({
    ...span,
    choice: span.choice ?? 0,
  }));
  return {
    ...verdict,
    spans,
    ...(content
      ? {
          content: {
            texts: content.texts ?? [],
            tool_calls: content.tool_calls ?? [],
            evidence: content.evidence ?? [],
          },
        }
      : {}),
  };
}
