/** How many responses have which value: a short list with bars, each value the way to its verdicts. */

import type { ComponentChildren } from 'preact';
import { count, percent } from '../lib/format';
import { Heads, number } from './heads';

export interface Counted {
  readonly value: string;
  readonly count: number;
  readonly name: ComponentChildren;
  /** Where it leads; nowhere when nothing can ask for it. */
  readonly href: string | undefined;
  /** `data-tone` of its bar. */
  readonly tone?: string | undefined;
}

interface CountListProps {
  readonly title: string;
  /** What the values are. */
  readonly of: string;
  readonly side?: ComponentChildren;
  readonly rows: readonly Counted[];
  readonly total: number;
  /** Said when there are none. */
  readonly none: string;
  /** Tone of all bars that have none of their own. */
  readonly tone?: string | undefined;
  readonly foot?: ComponentChildren;
}

export function CountList({ title, of, side, rows, total, none, tone, foot }: CountListProps) {
  const most = Math.max(1, ...rows.map(row => row.count));
  return (
    <section class="panel">
      <div class="panel__head">
        <h2>{title}</h2>
        <span class="end faint">{side}</span>
      </div>
      {rows.length === 0 ? (
        <p class="panel__body faint">{none}</p>
      ) : (
        <table class="toplist" data-tone={tone}>
          <Heads heads={[{ title: of }, number('Responses'), number('Of all')]} />
          <tbody>
            {rows.map(row => (
              <tr key={row.value} data-tone={row.tone}>
                <td class="toplist__name">
                  {row.href === undefined ? (
                    <span class="toplist__text" title={titleOf(row)}>
                      {row.name}
                    </span>
                  ) : (
                    <a href={row.href} title={titleOf(row)}>
                      {row.name}
                    </a>
                  )}
                  <span class="toplist__bar" aria-hidden="true" style={{ transform: `scaleX(${row.count / most})` }} />
                </td>
                <td class="right">{count(row.count)}</td>
                <td class="right faint">{percent(total === 0 ? undefined : row.count / total)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {foot}
    </section>
  );
}

/** The whole of what may be cut short. */
const titleOf = ({ name, value }: Counted): string => (typeof name === 'string' ? name : value);

/** A facet's values, most frequent first. */
export function byCount(counts: Readonly<Record<string, number>> = {}): [value: string, count: number][] {
  return Object.entries(counts)
    .filter(([, n]) => n > 0)
    .sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}
