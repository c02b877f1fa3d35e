/** The sidecars: who reports, whether everything arrived, and what policy they run. */

import { useRef } from 'preact/hooks';
import { api } from '../../api/client';
import type { Sidecar } from '../../api/types';
import { count, exact, percent, plural } from '../../lib/format';
import { workloadName } from '../../lib/names';
import { useNow } from '../../state/clock';
import { useResource } from '../../state/resource';
import { withQuery } from '../../state/router';
import { Icon } from '../../ui/icons';
import { Loaded, Skeleton } from '../../ui/notes';
import { FirstTraffic } from '../../ui/recipe';
import { ROW, useRowKeys } from '../../ui/rowkeys';
import { When } from '../../ui/when';
import { sentence } from '../../ui/words';
import { commonPolicy, entriesOf, isSilent, lostOf, sumOf } from './ledger';
import { Heads, number } from '../../ui/heads';
import { connectionsOf, linesOf, wordsOf } from './unjudged';

const HEADS = [
  { title: 'Workload' },
  { title: 'Last heard' },
  { title: 'Delivery' },
  ...['Produced', 'Stored', 'In flight', 'Lost', 'Unexplained', 'Judged'].map(number),
  { title: 'Policy' },
  { title: 'Version' },
];

const REFRESH_MS = 5000;

export function Sidecars() {
  const sidecars = useResource('sidecars', signal => api.sidecars(signal), { refreshMs: REFRESH_MS });
  const list = useRef<HTMLDivElement>(null);
  useRowKeys(list);
  return (
    <div class="screen">
      <header class="screen__head">
        <h1 tabIndex={-1}>Sidecars</h1>
        <span class="soft">{sidecars.data ? plural(sidecars.data.length, 'instance') : ''}</span>
      </header>
      <Loaded resource={sidecars} waiting={<Skeleton height={320} />}>
        {data =>
          data.length === 0 ? (
            <FirstTraffic />
          ) : (
            <>
              <Sums sidecars={data} />
              <div class="panel scroller" ref={list} tabIndex={0} role="region" aria-label="Sidecars">
                <table class="table sidecars">
                  <caption class="visually-hidden">Sidecars and what became of their verdicts</caption>
                  <Heads heads={HEADS} />
                  <tbody>
                    {data.map(sidecar => (
                      <SidecarRow key={sidecar.instance} sidecar={sidecar} policy={commonPolicy(data)} />
                    ))}
                  </tbody>
                </table>
              </div>
              <NotChecked sidecars={data} />
              <p class="chart__words">
                A sidecar numbers its verdicts without gaps. Produced is stored, rejected, reported lost or still in
                flight; what is none of these is unexplained and would be a fault.
              </p>
            </>
          )
        }
      </Loaded>
    </div>
  );
}

/** Workloads named beside a line; the others are counted. */
const NAMED = 3;

function NotChecked({ sidecars }: { sidecars: readonly Sidecar[] }) {
  const lines = linesOf(sidecars);
  if (lines.length === 0) return null;
  return (
    <section class="panel unjudged" aria-labelledby="not-checked">
      <div class="panel__head">
        <h2 id="not-checked">Not checked</h2>
        <span class="end faint">connections since each sidecar started</span>
      </div>
      <ul class="panel__body">
        {lines.map(line => (
          <li key={`${line.reason} ${line.host}`}>
            {wordsOf(line)}{' '}
            <span class="faint">
              {line.workloads.slice(0, NAMED).join(', ')}
              {line.workloads.length > NAMED && ` and ${line.workloads.length - NAMED} more`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Sums({ sidecars }: { sidecars: readonly Sidecar[] }) {
  const sum = sumOf(sidecars);
  const now = useNow();
  const silent = sidecars.filter(sidecar => isSilent(sidecar, now)).length;
  return (
    <dl class="sums panel">
      <div>
        <dt>Heard of in the last minute</dt>
        <dd class="num">
          {sidecars.length - silent} <small>of {sidecars.length}</small>
        </dd>
      </div>
      <div>
        <dt>Accounted for</dt>
        <dd class="num">
          {percent(sum.accounted)} <small>of {count(sum.produced)}</small>
        </dd>
      </div>
      <div>
        <dt>In flight</dt>
        <dd class="num">{exact(sum.inFlight)}</dd>
      </div>
      <div>
        <dt>Reported lost</dt>
        <dd class="num">{exact(sum.lost)}</dd>
      </div>
      <div>
        <dt>Unexplained</dt>
        <dd class="num">{exact(sum.unexplained)}</dd>
      </div>
    </dl>
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
