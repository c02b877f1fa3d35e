/** Small marks for states, actions, risks and span kinds: always an icon with a word or a number, never colour alone. */

import type { Action, Span, SpanKind, State } from '../api/types';
import { SPAN_KINDS } from '../api/types';
import { risk as riskText } from '../lib/format';
import { Icon } from './icons';
import { ACTION_NAME, KIND_NAME, KIND_TONE, STATE_NAME } from './words';

export function StateBadge({ state, look }: { state: State; look?: 'solid' | 'large' }) {
  const extra = look === 'large' ? ' badge--solid badge--large' : look === 'solid' ? ' badge--solid' : '';
  return (
    <span class={`badge${extra}`} data-tone={state}>
      <Icon name={state} />
      {STATE_NAME[state]}
    </span>
  );
}

/** What was done; with `would`, what a shadowed policy would have done instead. */
export function ActionTag({ action, would }: { action: Action; would?: Action | undefined }) {
  if (would !== undefined && would !== action) {
    return (
      <span class="tag" title={`${ACTION_NAME[action]}. Without the shadow: ${ACTION_NAME[would].toLowerCase()}`}>
        <Icon name={would} />
        Would {would}
      </span>
    );
  }
  const acted = action === 'block' || action === 'redact';
  return (
    <span class={acted ? 'tag tag--acted' : 'tag'}>
      <Icon name={action} />
      {ACTION_NAME[action]}
    </span>
  );
}

/** Bands of the design: low < 0.3 ≤ medium < 0.7 ≤ high. */
export function riskBand(value: number): 'low' | 'medium' | 'high' {
  return value < 0.3 ? 'low' : value < 0.7 ? 'medium' : 'high';
}

/** A risk that flagged nothing takes no warning colour: `calm` of a response, `weak` of a span. */
export function RiskMeter({ value, look }: { value: number; look?: 'calm' | 'weak' | undefined }) {
  const colour = look === 'weak' ? 'faint' : `risk--${look === 'calm' ? 'low' : riskBand(value)}`;
  return (
    <span class={`risk ${colour}`}>
      <span class="risk__track" aria-hidden="true">
        <span class="risk__fill" style={{ transform: `scaleX(${value})` }} />
      </span>
      {riskText(value)}
    </span>
  );
}

/** A share 0..1 as a bar with its words. */
export function Meter({ share, text, tone }: { share: number | undefined; text: string; tone?: string | undefined }) {
  if (share === undefined) return <span class="faint">{text}</span>;
  return (
    <span class="risk" data-tone={tone}>
      <span class="risk__track" aria-hidden="true">
        <span class="risk__fill" style={{ transform: `scaleX(${share})` }} />
      </span>
      {text}
    </span>
  );
}

/** How many spans of which kinds. */
export function KindCounts({ spans }: { spans: readonly Span[] }) {
  const counts = new Map<SpanKind, number>();
  for (const span of spans) counts.set(span.kind, (counts.get(span.kind) ?? 0) + 1);
  return (
    <span class="kinds">
      {SPAN_KINDS.filter(kind => counts.has(kind)).map(kind => (
        <span key={kind} data-tone={KIND_TONE[kind]} title={`${counts.get(kind)} × ${KIND_NAME[kind]}`}>
          <Icon name={kind} />
          {counts.get(kind)}
          <span class="visually-hidden">{KIND_NAME[kind]}</span>
        </span>
      ))}
    </span>
  );
}
