/** The judge's p95 over time. */

import { useMemo } from 'preact/hooks';
import type uPlot from 'uplot';
import type { TimeSeries } from '../api/types';
import { duration } from '../lib/format';
import { describeLatency, judgeLatency } from './series';
import { TimeChart } from './timechart';

export function LatencyChart({ series }: { series: TimeSeries }) {
  const values = useMemo(() => judgeLatency(series), [series]);
  const data = useMemo<uPlot.AlignedData>(
    () => [series.t.map(start => start + series.step / 2), values],
    [series, values],
  );
  return (
    <TimeChart
      title="Judge latency, p95"
      of={series}
      height={132}
      data={data}
      describe={describeLatency}
      columns={[{ name: 'Judge p95', text: index => duration(values[index] ?? undefined) }]}
      value={duration}
      series={colours => [
        {
          label: 'p95',
          stroke: colours('accent'),
          width: 1.5,
          fill: colours('accent-wash'),
          spanGaps: false,
          points: { show: true, size: 5, filter: self => lonely(self.data[1]) },
        },
      ]}
    />
  );
}

/** Points without neighbours, which a line alone would not show. */
function lonely(values: ArrayLike<number | null | undefined> | undefined): number[] {
  const found: number[] = [];
  const has = (i: number) => values?.[i] !== null && values?.[i] !== undefined;
  for (let i = 0; i < (values?.length ?? 0); i++) if (has(i) && !has(i - 1) && !has(i + 1)) found.push(i);
  return found;
}
