/** One verdict in a list. The whole row leads to it; its time is the link that the keyboard reaches. */

import type { Verdict } from '../api/types';
import { duration } from '../lib/format';
import { workloadName } from '../lib/names';
import { navigate } from '../state/router';
import { ActionTag, KindCounts, RiskMeter, StateBadge } from './badges';
import { ROW } from './rowkeys';
import { reasonName } from './words';
import { When } from './when';

export function VerdictHead() {
  return (
    <thead>
      <tr>
        <th scope="col">Time</th>
        <th scope="col">Verdict</th>
        <th scope="col">Risk</th>
        <th scope="col">Found</th>
        <th scope="col" class="grow">
          Explanation
        </th>
        <th scope="col">Workload</th>
        <th scope="col">Model</th>
        <th scope="col" class="wide">
          Action
        </th>
        <th scope="col" class="right wide">
          Total
        </th>
      </tr>
    </thead>
  );
}

export function VerdictRow({ verdict, href, fresh }: { verdict: Verdict; href: string; fresh?: boolean }) {
  const open = (event: MouseEvent) => {
    if ((event.target as Element).closest('a') || event.defaultPrevented) return;
    if (getSelection()?.isCollapsed === false) return;
    if (event.metaKey || event.ctrlKey) window.open(href, '_blank', 'noopener');
    else navigate(href);
  };
  const workload = workloadName(verdict.workload);
  return (
    <tr onClick={open} class={fresh ? 'fresh' : undefined}>
      <td>
        <a href={href} {...{ [ROW]: '' }} class="rowlink">
          <When micros={verdict.ts} look="short" />
        </a>
      </td>
      <td>
        <StateBadge state={verdict.verdict} />
      </td>
      <td>{verdict.verdict === 'not_checked' ? <span class="faint">–</span> : <RiskMeter value={verdict.risk} />}</td>
      <td>
        {verdict.reason === undefined ? <KindCounts spans={verdict.spans} /> : <span class="soft">{reasonName(verdict.reason)}</span>}
      </td>
      <td class="grow clip soft" title={verdict.explanation}>
        {verdict.explanation}
      </td>
      <td class="clip cell--workload" title={workload}>
        {workload}
      </td>
      <td class="clip cell--model" title={verdict.model}>
        {verdict.model === '' ? '–' : verdict.model}
      </td>
      <td class="wide">
        <ActionTag action={verdict.action} would={verdict.would} />
      </td>
      <td class="right wide">{duration(verdict.latency_ms)}</td>
    </tr>
  );
}
