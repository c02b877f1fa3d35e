// The development server's answers: filter, page, count and bucket the generated verdicts as the API does.

const FLAGGED = ['ungrounded', 'contradicted'];
export const workloadOf = verdict => `${verdict.workload.namespace}/${verdict.workload.name}`;
const FIELDS = {
  verdict: v => v.verdict,
  action: v => v.action,
  reason: v => v.reason ?? '',
  model: v => v.model,
  provider: v => v.provider,
  direction: v => v.direction,
  workload: workloadOf,
};

/** Whether a verdict passes. */
export function matches(verdict, query) {
  for (const [name, field] of Object.entries(FIELDS)) {
    const wanted = query.get(name);
    if (wanted && !wanted.split(',').includes(field(verdict))) return false;
  }
  const from = query.get('from');
  const to = query.get('to');
  if (from && verdict.ts < Number(from)) return false;
  if (to && verdict.ts >= Number(to)) return false;
  if (verdict.risk < Number(query.get('min_risk') ?? 0)) return false;
  const text = [verdict.explanation, verdict.model, workloadOf(verdict), verdict.path, verdict.id]
    .join(' ')
    .toLowerCase();
  return (query.get('q') ?? '')
    .toLowerCase()
    .split(/\s+/)
    .every(word => text.includes(word));
}

export function item({ content: _content, ...rest }) {
  return rest;
}

export function page(all, query) {
  const limit = Math.min(Number(query.get('limit') ?? 50), 500);
  const after = query.get('cursor');
  const found = all.filter(verdict => matches(verdict, query));
  const start = after ? found.findIndex(verdict => verdict.id === after) + 1 : 0;
  const items = found.slice(start, start + limit);
  return { items: items.map(item), next: start + limit < found.length ? items.at(-1).id : null };
}

export function facets(all, query) {
  const out = Object.entries(FIELDS).map(([name, field]) => {
    const others = new URLSearchParams(query);
    others.delete(name);
    const found = all.filter(verdict => matches(verdict, others));
    return [name, counts(found.map(field).filter(Boolean))];
  });
  const total = all.filter(verdict => matches(verdict, query)).length;
  return { facets: Object.fromEntries(out), total, partial: false };
}

export function overview(all, query) {
  const from = Number(query.get('from'));
  const to = Number(query.get('to'));
  const inside = all.filter(v => v.ts >= from && v.ts < to);
  const before = all.filter(v => v.ts >= from - (to - from) && v.ts < from);
  return {
    from,
    to,
    total: inside.length,
    by_verdict: counts(inside.map(v => v.verdict)),
    by_action: counts(inside.map(v => v.action)),
    not_checked: counts(inside.filter(v => v.reason).map(v => v.reason)),
    rate: inside.length / ((to - from) / 1e6),
    ...shares(inside),
    judge_ms: percentiles(inside.filter(v => v.judge).map(v => v.latency.judge_ms)),
    held_ms: percentiles(inside.map(v => v.latency.held_ms)),
    total_ms: percentiles(inside.map(v => v.latency.total_ms)),
    previous:
      before.length === 0
        ? null
        : {
            total: before.length,
            ...shares(before),
            acted: before.filter(v => v.action === 'block' || v.action === 'redact').length,
            judge_p95_ms: percentiles(before.filter(v => v.judge).map(v => v.latency.judge_ms)).p95,
          },
    workloads: top(inside, workloadOf),
    models: top(inside, v => v.model),
    newest_flagged: inside
      .filter(v => FLAGGED.includes(v.verdict))
      .slice(0, 10)
      .map(item),
  };
}

export function topList(all, query, nameOf) {
  const from = Number(query.get('from'));
  const to = Number(query.get('to'));
  return {
    from,
    to,
    items: top(
      all.filter(v => v.ts >= from && v.ts < to),
      nameOf,
      1000,
    ),
  };
}

export function timeSeries(all, query) {
  const from = Number(query.get('from')) / 1e6;
  const to = Number(query.get('to')) / 1e6;
  const wanted = (to - from) / Number(query.get('buckets') ?? 60);
  const step =
    [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400].find(s => s >= wanted) ??
    86400;
  const t = [];
  for (let at = Math.floor(from / step) * step; at < to; at += step) t.push(at);
  const series = Object.fromEntries(
    ['grounded', 'ungrounded', 'contradicted', 'unverifiable', 'not_checked'].map(s => [s, t.map(() => 0)]),
  );
  const judge = t.map(() => []);
  for (const v of all) {
    const at = Math.floor((v.ts / 1e6 - t[0]) / step);
    if (v.ts / 1e6 < from || at < 0 || at >= t.length) continue;
    series[v.verdict][at] += 1;
    if (v.judge) judge[at].push(v.latency.judge_ms);
  }
  return { step, t, series, judge_p95_ms: judge.map(values => percentiles(values).p95) };
}

/** As a pod with a pinned client tells of it. */
export const NOT_CHECKED = [
  { host: 'api.openai.com', reason: 'tls_pinned', connections: 3 },
  { host: 'other', reason: 'no_name', connections: 1 },
];

export function sidecars(all, instances, now) {
  return instances.map(({ id, name }, index) => {
    const own = all.filter(v => v.instance === id);
    const produced = Math.max(0, ...own.map(v => v.seq));
    const lost = index === 2 ? { spool_full: 14, corrupt: 1 } : {};
    const lostSum = Object.values(lost).reduce((sum, n) => sum + n, 0);
    const unexplained = index === 4 ? 3 : 0;
    const in_flight = index === 1 ? 37 : 0;
    const [namespace, workload] = name.split('/');
    return {
      instance: id,
      workload: { namespace, name: workload, pod: `${workload}-7d9f8b6c5-${id.slice(-5)}` },
      version: index === 3 ? '0.1.0-rc.2' : '0.1.0',
      started: Math.round((now - 86_400_000 * (index + 1)) * 1000),
      last_seen: Math.round((now - (index === 5 ? 260_000 : 1500 * index)) * 1000),
      produced: produced + lostSum + unexplained + in_flight,
      stored: produced,
      rejected: 0,
      lost,
      in_flight,
      unexplained,
      completeness: (produced + lostSum) / Math.max(1, produced + lostSum + unexplained + in_flight),
      policy: index === 3 ? '4b1de0a99c02' : '9f2c51a07be4',
      seen: own.length + 12,
      judged: own.filter(v => v.judge).length,
      not_checked: index === 3 ? NOT_CHECKED : [],
    };
  });
}

const counts = values => values.reduce((out, value) => ({ ...out, [value]: (out[value] ?? 0) + 1 }), {});

function shares(list) {
  const judged = list.filter(v => v.verdict !== 'not_checked');
  const flagged = judged.filter(v => FLAGGED.includes(v.verdict));
  return {
    flagged_share: judged.length ? flagged.length / judged.length : 0,
    coverage: list.length ? judged.length / list.length : 0,
  };
}

function percentiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function top(list, nameOf, most = 10) {
  const rows = new Map();
  for (const v of list) {
    const row = rows.get(nameOf(v)) ?? { name: nameOf(v), total: 0, flagged: 0, risks: [] };
    row.total += 1;
    if (v.verdict !== 'not_checked') row.risks.push(v.risk);
    if (FLAGGED.includes(v.verdict)) row.flagged += 1;
    rows.set(row.name, row);
  }
  return [...rows.values()]
    .sort((a, b) => b.flagged - a.flagged || b.total - a.total)
    .slice(0, most)
    .map(({ risks, ...row }) => ({
      ...row,
      mean_risk: risks.length ? risks.reduce((sum, risk) => sum + risk, 0) / risks.length : 0,
    }));
}
