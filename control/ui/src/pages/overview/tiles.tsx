/** The numbers on top: what they are now, against the period before, and how they moved within this one. */

import type { Overview, TimeSeries } from '../../api/types';
import { coverages, flaggedShares, judgeLatency, totals } from '../../charts/series';
import { count, duration, percent, pointDelta, rate, relativeDelta } from '../../lib/format';
import type { Tile } from '../../ui/tiles';
import { TileRow } from '../../ui/tiles';

interface TilesProps {
  readonly overview: Overview;
  readonly series: TimeSeries | undefined;
  /** What the period before is called. */
  readonly before: string;
  readonly hrefOf: (changes: Record<string, string>) => string;
}

export function Tiles({ overview, series, before, hrefOf }: TilesProps) {
  const { previous } = overview;
  const flagged = (overview.by_verdict['ungrounded'] ?? 0) + (overview.by_verdict['contradicted'] ?? 0);
  const blocked = overview.by_action['block'] ?? 0;
  const redacted = overview.by_action['redact'] ?? 0;
  const unchecked = overview.by_verdict['not_checked'] ?? 0;
  const tiles: Tile[] = [
    {
      name: 'Responses',
      href: hrefOf({}),
      value: count(overview.total),
      under: rate(overview.rate),
      delta: relativeDelta(overview.total, previous?.total),
      rise: 'plain',
      line: series ? totals(series) : [],
    },
    {
      name: 'Flagged',
      href: hrefOf({ verdict: 'ungrounded,contradicted' }),
      value: percent(overview.flagged_share),
      under: `${count(flagged)} of those judged`,
      delta: pointDelta(overview.flagged_share, previous?.flagged_share),
      rise: 'bad',
      line: series ? flaggedShares(series) : [],
    },
    {
      name: 'Coverage',
      href: hrefOf({ verdict: 'not_checked' }),
      value: percent(overview.coverage),
      under: `${count(unchecked)} not checked`,
      delta: pointDelta(overview.coverage, previous?.coverage),
      rise: 'good',
      line: series ? coverages(series) : [],
    },
    {
      name: 'Blocked or redacted',
      href: hrefOf({ action: 'block,redact' }),
      value: count(blocked + redacted),
      under: `${count(blocked)} blocked, ${count(redacted)} redacted`,
      delta: relativeDelta(blocked + redacted, previous?.acted),
      rise: 'plain',
      line: [],
    },
    {
      name: 'Judge p95',
      href: hrefOf({}),
      value: duration(overview.judge_ms.p95),
      under: `p50 ${duration(overview.judge_ms.p50)}, p99 ${duration(overview.judge_ms.p99)}`,
      delta: relativeDelta(overview.judge_ms.p95, previous?.judge_p95_ms),
      rise: 'bad',
      line: series ? judgeLatency(series) : [],
    },
  ];
  return <TileRow tiles={tiles} before={before} />;
}
