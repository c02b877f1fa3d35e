// Generated verdicts for the development server: always the same for the same seed, ending now.

import { randomUUID } from 'node:crypto';
import { CONVERSATIONS } from './conversations.mjs';
import { readMarks } from './spans.mjs';

const SIGNALS = [
  'numbers',
  'entities',
  'references',
  'grounding',
  'structured',
  'consistency',
  'tool_calls',
  'logprobs',
];
const REASONS = ['timeout', 'upstream_error', 'unknown_dialect', 'too_large', 'empty', 'overload', 'aborted'];
const PATHS = {
  openai_chat: '/v1/chat/completions',
  openai_responses: '/v1/responses',
  anthropic_messages: '/v1/messages',
  gemini: '/v1beta/models/gemini-2.5-flash:streamGenerateContent',
  ollama_chat: '/api/chat',
  cohere_chat: '/v2/chat',
};
const HOSTS = {
  openai: 'api.openai.com',
  anthropic: 'api.anthropic.com',
  gemini: 'generativelanguage.googleapis.com',
  ollama: 'localhost:11434',
  cohere: 'api.cohere.com',
};

export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const hex = (next, length) => Array.from({ length }, () => Math.floor(next() * 16).toString(16)).join('');

function uuid7(ms, next) {
  const time = Math.floor(ms).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(next, 3)}-8${hex(next, 3)}-${hex(next, 12)}`;
}

/** One sidecar for each workload, new at every start. */
export const INSTANCES = CONVERSATIONS.map(one => one.workload.join('/'))
  .filter((name, index, all) => all.indexOf(name) === index)
  .map(name => ({ name, id: randomUUID(), seq: 0 }));

/** One verdict at a time; `next` gives numbers 0..1. */
export function makeVerdict(ms, next) {
  const day = Math.sin((ms / 86_400_000) * 2 * Math.PI);
  const pick = next();
  let base;
  if (pick < 0.74) base = CONVERSATIONS.filter(one => one.verdict === 'grounded')[next() < 0.6 ? 0 : 1];
  else if (pick < 0.84) base = CONVERSATIONS.find(one => one.verdict === 'unverifiable');
  else if (pick < 0.9) base = undefined;
  else {
    const flagged = CONVERSATIONS.filter(one => one.verdict === 'ungrounded' || one.verdict === 'contradicted');
    base = flagged[Math.floor(next() ** (1.2 + day * 0.3) * flagged.length)];
  }
  const shown = base ?? CONVERSATIONS[Math.floor(next() * CONVERSATIONS.length)];
  // Calm answers come from every workload, so that the top lists have something to rank.
  const who = base && base.verdict !== 'grounded' ? shown : CONVERSATIONS[Math.floor(next() * CONVERSATIONS.length)];
  const [namespace, name] = who.workload;
  const instance = INSTANCES.find(one => one.name === who.workload.join('/'));
  const spans = [];
  let content;
  if (base && base.captured !== false) {
    const texts = [base.text, ...(base.more ?? [])].map((marked, choice) => {
      const read = readMarks(marked, base.evidence, { choice });
      spans.push(...read.spans);
      return read.text;
    });
    const tool_calls = (base.calls ?? []).map(([callName, marked], call) => {
      const read = readMarks(marked, base.evidence, { choice: 0, call });
      spans.push(...read.spans);
      return { choice: 0, call, name: callName, arguments: read.text };
    });
    content = { texts, tool_calls, evidence: base.evidence.map(([label, kind, text]) => ({ label, kind, text })) };
  }
  for (const [kind, risk, start, end, evidence] of base?.bareSpans ?? [])
    spans.push({ choice: 0, kind, risk, start, end, evidence });
  const reason = base ? undefined : REASONS[Math.floor(next() ** 2 * REASONS.length)];
  const top = Math.max(0, ...spans.map(span => span.risk));
  const first = 180 + next() * 900;
  const total = first + (who.stream ? 400 + next() * 4200 : 20 + next() * 60);
  const judge = base ? 0.12 + next() ** 3 * 2.4 : 0;
  const held = shown.mode === 'pass' ? 0 : judge + next() * 90;
  const latency = { total_ms: total, first_byte_ms: first, judge_ms: judge, held_ms: held };
  return {
    id: uuid7(ms, next),
    instance: instance.id,
    seq: ++instance.seq,
    ts: Math.round(ms * 1000),
    direction: base?.direction ?? 'outbound',
    provider: who.provider,
    host: HOSTS[who.provider],
    path: PATHS[who.dialect],
    dialect: reason === 'unknown_dialect' ? '' : who.dialect,
    model: who.model,
    response_id: `resp_${hex(next, 20)}`,
    stream: who.stream,
    status: reason === 'upstream_error' ? 429 : reason === 'aborted' ? 0 : base?.action === 'block' ? 403 : 200,
    verdict: base?.verdict ?? 'not_checked',
    ...(reason ? { reason } : {}),
    risk: base ? (top > 0 ? top : base.verdict === 'grounded' ? next() * 0.22 : next() * 0.3) : 0,
    action: base?.action ?? 'observe',
    ...(base?.would ? { would: base.would } : {}),
    mode: shown.mode,
    spans,
    sentences: base ? 1 + Math.floor(next() * 6) : 0,
    signals: base ? SIGNALS.filter(signal => signal !== 'logprobs' || next() < 0.3) : [],
    explanation: base?.explanation ?? `The response was not checked: ${reason.replace('_', ' ')}.`,
    judge: base ? 'rules-1' : '',
    policy: '9f2c51a07be4',
    threshold: 0.5,
    rule: namespace === 'shop' ? 'shop-sentence' : 'default',
    latency,
    ...(base ? { input_tokens: 200 + Math.floor(next() * 2400), output_tokens: 30 + Math.floor(next() * 500) } : {}),
    ...(next() < 0.5 ? { trace: hex(next, 32) } : {}),
    workload: { namespace, name, pod: `${name}-7d9f8b6c5-${instance.id.slice(-5)}` },
    latency_ms: Math.round(total * 10) / 10,
    has_content: content !== undefined,
    content,
  };
}

/** `count` verdicts over the last days, denser towards now, newest first. */
export function makeHistory(count, now, seed = 11) {
  const next = random(seed);
  const times = Array.from({ length: count }, (_, i) => {
    const age =
      i < count * 0.35 ? next() * 3_600_000 : i < count * 0.7 ? next() * 86_400_000 : next() * 14 * 86_400_000;
    return now - age;
  }).sort((a, b) => a - b);
  return times.map(ms => makeVerdict(ms, next)).reverse();
}
