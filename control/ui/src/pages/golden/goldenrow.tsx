/** One workload or model of the table. The row leads to its page, its counts to their verdicts. */

import type { TopRow } from '../../api/types';
import { exact, percent } from '../../lib/format';
import { Meter, RiskMeter } from '../../ui/badges';
import { Name } from '../../ui/name';
import { openRow, ROW } from '../../ui/rowkeys';
import type { Column } from './rows';
import { numberOf } from './rows';

interface GoldenRowProps {
  readonly row: TopRow;
  readonly columns: readonly Column[];
  /** Its page; without a path when there is none. */
  readonly href: string;
  /** Its verdicts, with other conditions besides. */
  readonly listOf: (changes: Record<string, string>) => string | undefined;
}

const FLAGGED = { verdict: 'ungrounded,contradicted' };

export function GoldenRow({ row, columns, href, listOf }: GoldenRowProps) {
  const verdicts = listOf({});
  const target = href.startsWith('/') ? href : verdicts;
  const risk = numberOf('risk', row);
  return (
    <tr onClick={event => target !== undefined && openRow(event, target)}>
      <td class="clip golden__name" title={row.name}>
        {target === undefined ? (
          <span title="The API’s filters cannot ask for this name">
            <Name text={row.name} />
          </span>
        ) : (
          <a href={target} {...{ [ROW]: '' }} class="rowlink golden__link">
            <Name text={row.name} />
          </a>
        )}
      </td>
      <td class="right golden__total">
        <Count n={row.total} href={verdicts} means="responses" />
      </td>
      <td class="right golden__flagged">
        <Count n={row.flagged} href={listOf(FLAGGED)} means="flagged responses" />
      </td>
      <td class="golden__share">
        <Meter
          share={numberOf('share', row)}
          text={percent(numberOf('share', row))}
          tone={row.flagged > 0 ? 'ungrounded' : undefined}
        />
      </td>
      <td class="golden__risk">{risk === undefined ? <span class="faint">–</span> : <RiskMeter value={risk} />}</td>
      {columns.includes('coverage') && (
        <td class="golden__coverage">
          <Meter share={numberOf('coverage', row)} text={percent(numberOf('coverage', row))} tone="grounded" />
        </td>
      )}
    </tr>
  );
}

function Count({ n, href, means }: { n: number; href: string | undefined; means: string }) {
  if (href === undefined || n === 0) return <>{exact(n)}</>;
  return (
    <a class="countlink" href={href}>
      {exact(n)}
      <span class="visually-hidden"> {means}</span>
    </a>
  );
}
