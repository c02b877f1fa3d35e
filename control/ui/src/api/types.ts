/** The API's JSON, as `crates/api` and `crates/judge` write it. Times are microseconds, offsets Unicode scalar values. */

export const STATES = ['contradicted', 'ungrounded', 'unverifiable', 'not_checked', 'grounded'] as const;
export type State = (typeof STATES)[number];

export const ACTIONS = ['observe', 'annotate', 'redact', 'block'] as const;
export type Action = (typeof ACTIONS)[number];

export const SPAN_KINDS = [
  'contradiction',
  'wrong_number',
  'fabricated_reference',
  'unknown_entity',
  'unsupported',
  'tool_call',
  'low_confidence',
] as const;
export type SpanKind = (typeof SPAN_KINDS)[number];

export const SIGNALS = [
  'numbers',
  'entities',
  'references',
  'grounding',
  'structured',
  'consistency',
  'tool_calls',
  'logprobs',
  'model',
] as const;

export type Direction = 'outbound' | 'inbound';
export type Delivery = 'pass' | 'sentence' | 'full';
export type SourceKind =
  'instructions' | 'document' | 'user_context' | 'question' | 'tool_result' | 'earlier_turn' | 'agent_context';

export interface EvidenceRef {
  source: string;
  start: number;
  end: number;
}

export interface Span {
  choice: number;
  call?: number;
  start: number;
  end: number;
  kind: SpanKind;
  risk: number;
  evidence?: EvidenceRef;
}

export interface Latency {
  total_ms: number;
  first_byte_ms: number;
  judge_ms: number;
  held_ms: number;
}

export interface Workload {
  namespace: string;
  name: string;
  pod: string;
}

export interface CapturedCall {
  choice: number;
  call: number;
  name: string;
  arguments: string;
}

export interface ContentSource {
  label: string;
  kind: SourceKind;
  text: string;
}

export interface Content {
  texts: string[];
  tool_calls: CapturedCall[];
  evidence: ContentSource[];
}

/** A row of the list; `content` only comes with a single verdict. */
export interface Verdict {
  id: string;
  instance: string;
  seq: number;
  ts: number;
  direction: Direction;
  provider: string;
  host: string;
  path: string;
  dialect: string;
  model: string;
  response_id: string;
  stream: boolean;
  status: number;
  verdict: State;
  reason?: string;
  risk: number;
  action: Action;
  would?: Action;
  mode: Delivery;
  spans: Span[];
  sentences: number;
  signals: string[];
  explanation: string;
  judge: string;
  policy: string;
  rule: string;
  /** Spans below it flagged nothing. */
  threshold?: number;
  latency: Latency;
  input_tokens?: number;
  output_tokens?: number;
  trace?: string;
  /** Inbound: how the agent's own calls were found. */
  correlation?: 'trace' | 'overlap';
  workload: Workload;
  latency_ms: number;
  has_content: boolean;
  content?: Content;
}

export interface VerdictPage {
  items: Verdict[];
  next: string | null;
}

export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
}

export interface TopRow {
  name: string;
  total: number;
  /** Of these judged; not every control plane says. */
  judged?: number;
  flagged: number;
  /** Of those judged. */
  mean_risk: number;
}

/** Workloads or models of a range, most flagged first. */
export interface TopList {
  from: number;
  to: number;
  /** At most `TOP_LIST_MOST`. */
  items: TopRow[];
}

/** Rows of the longest list that the API answers; what was flagged less is left out. */
export const TOP_LIST_MOST = 1000;

export interface Overview {
  from: number;
  to: number;
  total: number;
  by_verdict: Record<string, number>;
  by_action: Record<string, number>;
  not_checked: Record<string, number>;
  rate: number;
  flagged_share: number;
  coverage: number;
  judge_ms: Percentiles;
  held_ms: Percentiles;
  total_ms: Percentiles;
  previous: { total: number; flagged_share: number; judge_p95_ms: number; coverage: number; acted: number } | null;
  workloads: TopRow[];
  models: TopRow[];
  newest_flagged: Verdict[];
}

export interface TimeSeries {
  /** Bucket width, seconds. */
  step: number;
  /** Bucket starts, seconds. */
  t: number[];
  series: Record<string, number[]>;
  judge_p95_ms: (number | null)[];
}

export interface Facets {
  /** Each list without its own condition. */
  facets: Record<string, Record<string, number>>;
  /** Verdicts that match the whole filter. */
  total: number;
  /** Only the newest verdicts were counted: the search took too long. */
  partial: boolean;
}

export interface Sidecar {
  instance: string;
  workload: Workload;
  version: string;
  started: number;
  last_seen: number;
  produced: number;
  stored: number;
  rejected: number;
  lost: Record<string, number>;
  in_flight: number;
  unexplained: number;
  completeness: number;
  policy: string;
  seen: number;
  judged: number;
  /** Connections that were not judged; absent from an older control plane. */
  not_checked?: Unjudged[];
}

/** Connections to one host, or to no listed one (`other`), that were not judged for one reason. */
export interface Unjudged {
  host: string;
  reason: string;
  connections: number;
}

/** The tail's marker for verdicts that this reader was too slow for. */
export interface TailLost {
  lost: number;
}
