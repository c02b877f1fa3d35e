/** The workloads or models with the most flagged responses. */

import type { TopRow } from '../../api/types';
import { count, percent, risk } from '../../lib/format';
import { Heads, number } from '../../ui/heads';

const HEADS = [{ title: 'Name' }, number('Flagged'), number('Share'), number('Mean risk'), number('All')];

interface TopListProps {
  readonly title: string;
  readonly rows: readonly TopRow[];
  readonly hrefOf: (name: string) => string;
  /** Where all of them are. */
  readonly all: string;
}

export function TopList({ title, rows, hrefOf, all }: TopListProps) {
  const most = Math.max(1, ...rows.map(row => row.flagged));
  return (
    <section class="panel">
      <div class="panel__head">
        <h2>{title}</h2>
        <span class="faint">by flagged responses</span>
        <a class="link end" href={all}>
          All<span class="visually-hidden"> {title.toLowerCase()}</span>
        </a>
      </div>
      {rows.length === 0 ? (
        <p class="panel__body faint">None in this range.</p>
      ) : (
        <table class="toplist">
          <Heads heads={HEADS} />
          <tbody>
            {rows.map(row => (
              <tr key={row.name}>
                <td class="toplist__name">
                  <a href={hrefOf(row.name)} title={row.name}>
                    {row.name === '' ? '(unknown)' : row.name}
                  </a>
                  <span
                    class="toplist__bar"
                    aria-hidden="true"
                    style={{ transform: `scaleX(${row.flagged / most})` }}
                  />
                </td>
                <td class="right">{count(row.flagged)}</td>
                <td class="right">{percent(row.total === 0 ? 0 : row.flagged / row.total)}</td>
                <td class="right">{risk(row.mean_risk)}</td>
                <td class="right faint">{count(row.total)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
