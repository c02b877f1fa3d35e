/** A chart with everything around it: title, sentence, tooltip, and the same numbers as a table. */

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { TimeSeries } from '../api/types';
import type { Zone } from '../lib/time';
import { zone } from '../state/prefs';
import { setQuery } from '../state/router';
import { rangeQuery } from '../state/range';
import { useStore } from '../state/store';
import { Heads, number } from '../ui/heads';
import { bucketAt, bucketName } from './series';
import type { PlotPoint, PlotProps } from './plot';
import { Plot } from './plot';

/** A line of the tooltip and a column of the table. */
export interface Column {
  readonly name: string;
  /** `data-tone` of its colour, if it has one. */
  readonly tone?: string;
  readonly text: (index: number) => string;
}

interface TimeChartProps extends Pick<PlotProps, 'height' | 'data' | 'series' | 'value'> {
  readonly title: string;
  readonly of: TimeSeries;
  readonly describe: (series: TimeSeries, zone: Zone) => string;
  readonly columns: readonly Column[];
  readonly legend?: ComponentChildren;
}

const TOOLTIP_WIDTH = 190;

export function TimeChart({ title, of, describe, columns, legend, ...plot }: TimeChartProps) {
  const by = useStore(zone);
  const [table, setTable] = useState(false);
  const [point, setPoint] = useState<{ index: number; left: number } | undefined>();
  const span: [number, number] = [of.t[0] ?? 0, (of.t.at(-1) ?? 0) + of.step];
  const onPoint = (at: PlotPoint | undefined) => {
    const index = at && bucketAt(of, at.seconds);
    setPoint(at && index !== undefined ? { index, left: tooltipLeft(at.left, at.width) } : undefined);
  };
  const onSelect = (from: number, to: number) => {
    setQuery(
      rangeQuery({
        kind: 'absolute',
        from: Math.round(from) * 1000,
        to: Math.max(Math.round(to), Math.round(from) + 1) * 1000,
      }),
    );
  };
  return (
    <figure class="chart">
      <figcaption class="panel__head">
        <h2>{title}</h2>
        <button
          type="button"
          class="button button--bare button--small end soft"
          aria-pressed={table}
          onClick={() => setTable(!table)}
        >
          {table ? 'Chart' : 'Table'}
          <span class="visually-hidden"> of {title}</span>
        </button>
      </figcaption>
      {legend}
      {table ? (
        <BucketTable of={of} columns={columns} title={title} />
      ) : (
        <div class="chart__plot" role="img" aria-label={`${title}. ${describe(of, by)}`}>
          <Plot {...plot} span={span} onPoint={onPoint} onSelect={onSelect} />
          {point && (
            <div class="tooltip" style={{ transform: `translateX(${point.left}px)` }}>
              <strong class="num">{bucketName(of, point.index, by)}</strong>
              {columns.map(column => (
                <div key={column.name} data-tone={column.tone}>
                  <span>{column.name}</span>
                  <span class="num">{column.text(point.index)}</span>
                </div>
              ))}
            </div>
          )}
        </div>
      )}
      <p class="chart__words">{describe(of, by)}</p>
    </figure>
  );
}

/** Beside the cursor, on the side where there is room. */
function tooltipLeft(left: number, width: number): number {
  return left + TOOLTIP_WIDTH + 24 > width ? left - TOOLTIP_WIDTH - 12 : left + 12;
}

function BucketTable({ of, columns, title }: { of: TimeSeries; columns: readonly Column[]; title: string }) {
  const by = useStore(zone);
  return (
    <div class="chart__table" tabIndex={0} role="region" aria-label={`${title}, as a table`}>
      <table class="table">
        <Heads heads={[{ title: 'Time' }, ...columns.map(column => number(column.name))]} />
        <tbody>
          {of.t.map((start, index) => (
            <tr key={start}>
              <td>{bucketName(of, index, by)}</td>
              {columns.map(column => (
                <td key={column.name} class="right">
                  {column.text(index)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
