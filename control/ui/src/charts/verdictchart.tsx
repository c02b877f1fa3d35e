/** Responses over time, stacked by verdict state. The legend leads to the verdicts of a state. */

import { useMemo } from 'preact/hooks';
import uPlot from 'uplot';
import type { State, TimeSeries } from '../api/types';
import { exact } from '../lib/format';
import { Icon } from '../ui/icons';
import { STATE_NAME } from '../ui/words';
import { describeVerdicts, STACK, stack, totals, valuesOf } from './series';
import type { Column } from './timechart';
import { TimeChart } from './timechart';

interface VerdictChartProps {
  readonly series: TimeSeries;
  readonly hrefOf: (state: State) => string;
}

export function VerdictChart({ series, hrefOf }: VerdictChartProps) {
  const data = useMemo<uPlot.AlignedData>(() => [series.t, ...stack(series).reverse()], [series]);
  const columns: Column[] = [
    ...[...STACK].reverse().map(state => ({
      name: STATE_NAME[state],
      tone: state,
      text: (index: number) => exact(valuesOf(series, state)[index]),
    })),
    { name: 'All', text: index => exact(totals(series)[index]) },
  ];
  const bars = uPlot.paths.bars?.({ size: [0.82, 48, 1], align: 1 });
  const legend = (
    <ul class="legend">
      {[...STACK].reverse().map(state => (
        <li key={state}>
          <a href={hrefOf(state)} data-tone={state} title={`Verdicts: ${STATE_NAME[state]}`}>
            <i class={`legend__key legend__key--${state}`} aria-hidden="true" />
            <Icon name={state} />
            {STATE_NAME[state]}
          </a>
        </li>
      ))}
    </ul>
  );
  return (
    <TimeChart
      title="Responses by verdict"
      of={series}
      height={232}
      data={data}
      describe={describeVerdicts}
      columns={columns}
      legend={legend}
      value={value => (Number.isInteger(value) ? exact(value) : '')}
      series={colours =>
        [...STACK].reverse().map(state => {
          const colour = colours(state.replace('_', '-'));
          return {
            label: state,
            width: 0,
            fill: state === 'not_checked' ? hatch(colour, colours('panel')) : colour,
            points: { show: false },
            ...(bars ? { paths: bars } : {}),
          };
        })
      }
    />
  );
}

/** Stripes, so that what was not checked does not look like a verdict even without colour. */
function hatch(colour: string, ground: string): CanvasPattern | string {
  const size = 6;
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const context = tile.getContext('2d');
  if (!context) return colour;
  context.fillStyle = ground;
  context.fillRect(0, 0, size, size);
  context.strokeStyle = colour;
  context.lineWidth = 2.2;
  for (const shift of [-size, 0, size]) {
    context.beginPath();
    context.moveTo(shift - 1, size + 1);
    context.lineTo(shift + size + 1, -1);
    context.stroke();
  }
  return context.createPattern(tile, 'repeat') ?? colour;
}
