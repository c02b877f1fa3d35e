/** Why responses were not checked. */

import { count, percent } from '../../lib/format';
import { reasonName } from '../../ui/words';
import { Heads, number } from '../../ui/heads';

const HEADS = [{ title: 'Reason' }, number('Responses'), number('Of all')];

interface ReasonsProps {
  readonly reasons: Readonly<Record<string, number>>;
  readonly total: number;
  readonly hrefOf: (reason: string) => string;
}

export function Reasons({ reasons, total, hrefOf }: ReasonsProps) {
  const rows = Object.entries(reasons)
    .filter(([, n]) => n > 0)
    .sort((a, b) => b[1] - a[1]);
  const most = Math.max(1, ...rows.map(([, n]) => n));
  return (
    <section class="panel">
      <div class="panel__head">
        <h2>Not checked</h2>
        <span class="end faint">by reason</span>
      </div>
      {rows.length === 0 ? (
        <p class="panel__body faint">Every response in this range was judged.</p>
      ) : (
        <table class="toplist" data-tone="not_checked">
          <Heads heads={HEADS} />
          <tbody>
            {rows.map(([reason, n]) => (
              <tr key={reason}>
                <td class="toplist__name">
                  <a href={hrefOf(reason)}>{reasonName(reason)}</a>
                  <span class="toplist__bar" aria-hidden="true" style={{ transform: `scaleX(${n / most})` }} />
                </td>
                <td class="right">{count(n)}</td>
                <td class="right faint">{percent(n / total)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
