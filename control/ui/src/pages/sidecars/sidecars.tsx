/** The sidecars: who reports, whether everything arrived, and what policy they run. */

import { useRef } from 'preact/hooks';
import { api } from '../../api/client';
import type { Sidecar } from '../../api/types';
import { count, exact, percent, plural } from '../../lib/format';
import { useNow } from '../../state/clock';
import { pageOf } from '../../state/pages';
import { useResource } from '../../state/resource';
import { useQuery } from '../../state/router';
import { Loaded, Skeleton } from '../../ui/notes';
import { PageNav } from '../../ui/pagenav';
import { FirstTraffic } from '../../ui/recipe';
import { useRowKeys } from '../../ui/rowkeys';
import { SidecarsCsv } from './csv';
import { commonPolicy, isSilent, sumOf } from './ledger';
import { SidecarTable } from './table';
import { linesOf, wordsOf } from './unjudged';

const REFRESH_MS = 5000;
const PAGE = 100;

export function Sidecars() {
  const sidecars = useResource('sidecars', signal => api.sidecars(signal), { refreshMs: REFRESH_MS });
  const asked = useQuery().get('page');
  const list = useRef<HTMLDivElement>(null);
  useRowKeys(list);
  return (
    <div class="screen">
      <header class="screen__head">
        <h1 tabIndex={-1}>Sidecars</h1>
        <span class="soft">{sidecars.data ? plural(sidecars.data.length, 'instance') : ''}</span>
        <span class="spacer" />
        {sidecars.data && <SidecarsCsv sidecars={sidecars.data} />}
      </header>
      <Loaded resource={sidecars} waiting={<Skeleton height={320} />}>
        {data =>
          data.length === 0 ? (
            <FirstTraffic />
          ) : (
            <>
              <Sums sidecars={data} />
              <div class="panel scroller" ref={list} tabIndex={0} role="region" aria-label="Sidecars">
                <SidecarTable sidecars={pageOf(data, asked, PAGE).rows} policy={commonPolicy(data)} />
              </div>
              <PageNav page={pageOf(data, asked, PAGE)} all={data.length} />
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
