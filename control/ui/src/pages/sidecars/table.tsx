/** Sidecars as a table: each with its ledger. */

import type { Sidecar } from '../../api/types';
import { count, exact, percent } from '../../lib/format';
import { workloadName } from '../../lib/names';
import { useNow } from '../../state/clock';
import { withQuery } from '../../state/router';
import { Heads, number } from '../../ui/heads';
import { Icon } from '../../ui/icons';
import { ROW } from '../../ui/rowkeys';
import { When } from '../../ui/when';
import { sentence } from '../../ui/words';
import { entriesOf, isSilent, lostOf } from './ledger';
import { connectionsOf, wordsOf } from './unjudged';

const HEADS = [
  { title: 'Workload' },
  { title: 'Last heard' },
  { title: 'Delivery' },
  ...['Produced', 'Stored', 'In flight', 'Lost', 'Unexplained', 'Judged'].map(number),
  { title: 'Policy' },
  { title: 'Version' },
];

interface SidecarTableProps {
  readonly sidecars: readonly Sidecar[];
  /** The policy revision that most run: the others drift. */
  readonly policy: string | undefined;
}

export function SidecarTable({ sidecars, policy }: SidecarTableProps) {
  return (
    <table class="table sidecars">
      <caption class="visually-hidden">Sidecars and what became of their verdicts</caption>
      <Heads heads={HEADS} />
      <tbody>
        {sidecars.map(sidecar => (
          <SidecarRow key={sidecar.instance} sidecar={sidecar} policy={policy} />
        ))}
      </tbody>
    </table>
  );
}

function SidecarRow({ sidecar, policy }: { sidecar: Sidecar; policy: string | undefined }) {
  const now = useNow();
  const silent = isSilent(sidecar, now);
  const name = workloadName(sidecar.workload);
  const lost = lostOf(sidecar);
  const drifted = policy !== undefined && sidecar.policy !== policy;
  return (
    <tr>
      <td>
        <a
          class="link"
          {...{ [ROW]: '' }}
          href={withQuery('/verdicts', new URLSearchParams(), { workload: name, range: '24h' })}
        >
          {name}
        </a>
        <span class="faint sidecars__pod" title={`${sidecar.workload.pod}, instance ${sidecar.instance}`}>
          {sidecar.workload.pod}
        </span>
      </td>
      <td>
        <span class="badge" data-tone={silent ? 'ungrounded' : 'grounded'}>
          <Icon name={silent ? 'warning' : 'done'} />
          <When micros={sidecar.last_seen} look="ago" />
        </span>
      </td>
      <td>
        <LedgerBar sidecar={sidecar} />
      </td>
      <td class="right">{exact(sidecar.produced)}</td>
      <td class="right">{exact(sidecar.stored)}</td>
      <td class="right">{exact(sidecar.in_flight)}</td>
      <td
        class="right"
        title={Object.entries(sidecar.lost)
          .map(([reason, n]) => `${sentence(reason)}: ${n}`)
          .join(', ')}
      >
        {lost > 0 ? <Alarm tone="ungrounded" text={exact(lost)} /> : '0'}
      </td>
      <td class="right">
        {sidecar.unexplained > 0 ? <Alarm tone="contradicted" text={exact(sidecar.unexplained)} /> : '0'}
      </td>
      <td class="right" title={(sidecar.not_checked ?? []).map(wordsOf).join('\n')}>
        {percent(sidecar.seen === 0 ? undefined : sidecar.judged / sidecar.seen)}
        {connectionsOf(sidecar) > 0 && ' '}
        {connectionsOf(sidecar) > 0 && (
          <Alarm tone="unverifiable" text={`${count(connectionsOf(sidecar))} not checked`} />
        )}
      </td>
      <td>
        <code>{sidecar.policy === '' ? '–' : sidecar.policy}</code>
        {drifted && ' '}
        {drifted && <Alarm tone="ungrounded" text="differs" />}
      </td>
      <td class="num">{sidecar.version}</td>
    </tr>
  );
}

function Alarm({ tone, text }: { tone: string; text: string }) {
  return (
    <span class="badge" data-tone={tone}>
      <Icon name="warning" />
      {text}
    </span>
  );
}

function LedgerBar({ sidecar }: { sidecar: Sidecar }) {
  const entries = entriesOf(sidecar).filter(entry => entry.count > 0);
  const words = entries.map(entry => `${exact(entry.count)} ${entry.name}`).join(', ');
  return (
    <span class="ledger" role="img" aria-label={words === '' ? 'nothing produced' : words} title={words}>
      {entries.map(entry => (
        <span key={entry.name} data-tone={entry.tone} style={{ flexGrow: entry.count }} />
      ))}
    </span>
  );
}
