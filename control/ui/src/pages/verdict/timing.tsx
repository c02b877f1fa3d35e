/** Where the time went: the exchange from first to last byte, and how much of it the judge and holding took. */

import type { Latency } from '../../api/types';
import { duration, percent } from '../../lib/format';

export function Timing({ latency, stream }: { latency: Latency; stream: boolean }) {
  const total = Math.max(latency.total_ms, 0.001);
  const first = Math.min(latency.first_byte_ms, total);
  const rows = [
    { name: 'Until the first byte', ms: first, left: 0, tone: 'unverifiable' },
    { name: stream ? 'Streaming' : 'Receiving', ms: total - first, left: first, tone: 'grounded' },
    { name: 'Judge', ms: latency.judge_ms, left: 0, tone: 'tool' },
    { name: 'Longest hold', ms: latency.held_ms, left: 0, tone: 'ungrounded' },
  ];
  return (
    <section class="panel">
      <div class="panel__head">
        <h2>Timing</h2>
        <span class="end num">{duration(latency.total_ms)} in all</span>
      </div>
      <dl class="timing panel__body">
        {rows.map(row => (
          <div key={row.name} class="timing__row" data-tone={row.tone}>
            <dt>{row.name}</dt>
            <dd class="timing__track" aria-hidden="true">
              <span
                class="timing__bar"
                style={{ left: `${(row.left / total) * 100}%`, width: `${Math.min(100, (row.ms / total) * 100)}%` }}
                hidden={row.ms <= 0}
              />
            </dd>
            <dd class="num right">{duration(row.ms)}</dd>
            <dd class="num right faint">{percent(row.ms / total)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
