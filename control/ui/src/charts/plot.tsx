/** uPlot inside a component: follows its box's width and the colour scheme, lets a range be chosen, reports the bucket pointed at. */

import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { MONTHS } from '../lib/time';
import { zone, scheme } from '../state/prefs';
import { useStore } from '../state/store';

/** Colours by the names of the style sheet's variables. */
export type Colours = (name: string) => string;

/** A place in the plot: its time in seconds, its distance from the left edge and the plot's width in pixels. */
export interface PlotPoint {
  readonly seconds: number;
  readonly left: number;
  readonly width: number;
}

export interface PlotProps {
  readonly height: number;
  readonly data: uPlot.AlignedData;
  /** Edges of the time axis, seconds. */
  readonly span: readonly [number, number];
  readonly series: (colours: Colours) => uPlot.Series[];
  /** The axis' words for a value. */
  readonly value: (value: number) => string;
  /** Where the pointer is; `undefined` when it has left. */
  readonly onPoint: (at: PlotPoint | undefined) => void;
  /** A range was drawn, seconds. */
  readonly onSelect: (from: number, to: number) => void;
}

/** Plots that share it share the cursor. */
const SYNC = 'time';
const AXIS_WIDTH = 52;
const LEAST_SELECTION_PX = 8;

export function Plot(props: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const now = useRef(props);
  now.current = props;
  const by = useStore(zone);
  const look = useStore(scheme);

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const made = new uPlot(options(element, now, by), now.current.data, element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: now.current.height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [by, look]);

  useEffect(() => {
    plot.current?.setData(props.data);
  }, [props.data]);

  return <div class="plot" ref={box} />;
}

function options(element: HTMLElement, now: { readonly current: PlotProps }, by: 'local' | 'utc'): uPlot.Options {
  const style = getComputedStyle(element);
  const colours: Colours = name => style.getPropertyValue(`--${name}`).trim();
  const font = `11px ${style.fontFamily}`;
  const axis: uPlot.Axis = {
    font,
    stroke: colours('faint'),
    ticks: { show: false },
    grid: { show: false },
  };
  return {
    width: element.clientWidth,
    height: now.current.height,
    padding: [8, 16, 0, 0],
    legend: { show: false },
    tzDate: dateOf(by),
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false },
      sync: { key: SYNC },
    },
    scales: {
      x: { time: true, range: () => [...now.current.span] },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        gap: 6,
        space: 70,
        values: (_, splits, __, ___, step) => timeLabels(splits, step, dateOf(by)),
      },
      {
        ...axis,
        size: AXIS_WIDTH,
        gap: 8,
        space: 34,
        grid: { show: true, stroke: colours('line'), width: 1 },
        values: (_, splits) => splits.map(value => now.current.value(value)),
      },
    ],
    series: [{}, ...now.current.series(colours)],
    hooks: {
      setCursor: [
        self => {
          const { left } = self.cursor;
          const inside = left !== undefined && left >= 0;
          now.current.onPoint(
            inside ? { seconds: self.posToVal(left, 'x'), left: left + AXIS_WIDTH, width: self.width } : undefined,
          );
        },
      ],
      setSelect: [
        self => {
          const { left, width } = self.select;
          if (width < LEAST_SELECTION_PX) return;
          now.current.onSelect(self.posToVal(left, 'x'), self.posToVal(left + width, 'x'));
          self.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** Seconds as a date whose local getters tell the chosen clock's time. */
function dateOf(by: 'local' | 'utc'): (seconds: number) => Date {
  return seconds => (by === 'utc' ? uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC') : new Date(seconds * 1000));
}

/** `14:05`, with seconds or the date only where the steps need them. */
function timeLabels(splits: readonly number[], step: number, toDate: (seconds: number) => Date): string[] {
  const two = (value: number) => String(value).padStart(2, '0');
  return splits.map((seconds, i) => {
    const date = toDate(seconds);
    const before = splits[i - 1];
    const newDay = before !== undefined && toDate(before).getDate() !== date.getDate();
    if (step >= 86_400 || newDay) return `${date.getDate()} ${MONTHS[date.getMonth()] ?? ''}`;
    const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
    return step < 60 ? `${minutes}:${two(date.getSeconds())}` : minutes;
  });
}
