/** Numbers in a row on top of a screen; each leads to its verdicts. */

import { Sparkline } from '../charts/sparkline';
import type { Delta } from '../lib/format';

export interface Tile {
  readonly name: string;
  readonly href: string;
  readonly value: string;
  readonly under: string;
  readonly delta?: Delta | undefined;
  /** Whether a rise is good news, bad news or just news. */
  readonly rise?: 'good' | 'bad' | 'plain';
  readonly line?: readonly (number | null)[];
}

interface TileRowProps {
  readonly tiles: readonly Tile[];
  /** What the period before is called. */
  readonly before?: string;
}

export function TileRow({ tiles, before = '' }: TileRowProps) {
  return (
    <ul class="tiles panel">
      {tiles.map(tile => (
        <li key={tile.name}>
          <a class="tile" href={tile.href}>
            <span class="tile__name">{tile.name}</span>
            <span class="tile__value num">{tile.value}</span>
            <span class="tile__under num">
              <Change delta={tile.delta} rise={tile.rise ?? 'plain'} before={before} />
              {tile.under}
            </span>
            <Sparkline values={tile.line ?? []} />
          </a>
        </li>
      ))}
    </ul>
  );
}

const ARROW = { up: '↑', down: '↓', flat: '→' } as const;
const SAID = { up: 'up', down: 'down', flat: 'unchanged' } as const;

interface ChangeProps {
  readonly delta: Delta | undefined;
  readonly rise: 'good' | 'bad' | 'plain';
  readonly before: string;
}

function Change({ delta, rise, before }: ChangeProps) {
  if (delta === undefined) return null;
  const news =
    delta.direction === 'flat' || rise === 'plain'
      ? 'plain'
      : (delta.direction === 'up') === (rise === 'good')
        ? 'good'
        : 'bad';
  return (
    <span class={`delta delta--${news}`} title={`Against the ${before}`}>
      <span aria-hidden="true">{ARROW[delta.direction]} </span>
      <span class="visually-hidden">{SAID[delta.direction]} </span>
      {delta.text}
      <span class="visually-hidden"> against the {before}. </span>
    </span>
  );
}
