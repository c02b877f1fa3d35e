/** What the API's names are called on the page. */

import type { Action, Delivery, SourceKind, SpanKind, State } from '../api/types';
import type { ShownSpan } from '../lib/weak';

export const STATE_NAME: Record<State, string> = {
  grounded: 'Grounded',
  ungrounded: 'Ungrounded',
  contradicted: 'Contradicted',
  unverifiable: 'Unverifiable',
  not_checked: 'Not checked',
};

export const ACTION_NAME: Record<Action, string> = {
  observe: 'Observed',
  annotate: 'Annotated',
  redact: 'Redacted',
  block: 'Blocked',
};

export const ACTION_MEANS: Record<Action, string> = {
  observe: 'The response went through untouched.',
  annotate: 'The response went through with the verdict beside it.',
  redact: 'The flagged words were replaced before they reached the client.',
  block: 'The response was refused, or cut off where it was already on its way.',
};

export const DELIVERY_MEANS: Record<Delivery, string> = {
  pass: 'delivered at once',
  sentence: 'held sentence by sentence',
  full: 'held whole until judged',
};

export const KIND_NAME: Record<SpanKind, string> = {
  contradiction: 'Contradiction',
  wrong_number: 'Wrong number',
  fabricated_reference: 'Fabricated reference',
  unknown_entity: 'Unknown entity',
  unsupported: 'Unsupported',
  tool_call: 'Tool call',
  low_confidence: 'Low confidence',
};

/** Colour family of a kind (`data-tone`). */
export const KIND_TONE: Record<SpanKind, string> = {
  contradiction: 'contradicted',
  wrong_number: 'contradicted',
  fabricated_reference: 'reference',
  unknown_entity: 'ungrounded',
  unsupported: 'ungrounded',
  tool_call: 'tool',
  low_confidence: 'unverifiable',
};

/** Colour family of a span; a weak one has none of its kind's. */
export const spanTone = (span: ShownSpan): string => (span.weak ? 'weak' : KIND_TONE[span.kind]);

export const SOURCE_NAME: Record<SourceKind, string> = {
  instructions: 'Instructions',
  document: 'Document',
  user_context: 'Context from the user',
  question: 'Question',
  tool_result: 'Tool result',
  earlier_turn: 'Earlier turn',
  agent_context: 'What the agent saw',
};

export const FACET_NAME: Record<string, string> = {
  verdict: 'Verdict',
  action: 'Action',
  reason: 'Not checked because',
  model: 'Model',
  provider: 'Provider',
  workload: 'Workload',
  direction: 'Direction',
};

const REASON_NAME: Record<string, string> = {
  timeout: 'Hold budget ended',
  overload: 'Judge overloaded',
  unknown_dialect: 'Unknown format',
  encoding: 'Encoding',
  too_large: 'Too large',
  tls_pinned: 'Pinned certificate',
  judge_error: 'Judge failed',
  upstream_error: 'Provider error',
  aborted: 'Aborted',
  empty: 'Empty answer',
  disabled: 'Judging off',
};

/** A `not_checked` reason; unknown ones by their own name. */
export const reasonName = (reason: string): string => REASON_NAME[reason] ?? sentence(reason);

/** `tool_calls` → `Tool calls`. */
export function sentence(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A value of a facet by its name for people. */
export function valueName(facet: string, value: string): string {
  if (facet === 'verdict') return STATE_NAME[value as State] ?? sentence(value);
  if (facet === 'action') return ACTION_NAME[value as Action] ?? sentence(value);
  if (facet === 'reason') return reasonName(value);
  if (facet === 'direction') return sentence(value);
  return value === '' ? '(none)' : value;
}
