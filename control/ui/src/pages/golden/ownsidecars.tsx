/** The sidecars that report as a workload, with their ledgers. */

import { api } from '../../api/client';
import type { Sidecar } from '../../api/types';
import { plural } from '../../lib/format';
import { workloadName } from '../../lib/names';
import { pageOf } from '../../state/pages';
import { useResource } from '../../state/resource';
import { useQuery } from '../../state/router';
import { Loaded, Skeleton } from '../../ui/notes';
import { PageNav } from '../../ui/pagenav';
import { commonPolicy } from '../sidecars/ledger';
import { SidecarTable } from '../sidecars/table';

const REFRESH_MS = 10_000;
const PAGE = 20;

export function OwnSidecars({ workload }: { workload: string }) {
  const all = useResource('sidecars', signal => api.sidecars(signal), { refreshMs: REFRESH_MS });
  const own = all.data?.filter(sidecar => workloadName(sidecar.workload) === workload) ?? [];
  return (
    <section class="panel detail__sidecars" aria-labelledby="own-sidecars">
      <div class="panel__head">
        <h2 id="own-sidecars">Sidecars</h2>
        <span class="end faint">{all.data ? plural(own.length, 'instance') : ''}</span>
      </div>
      <Loaded resource={all} waiting={<Skeleton height={120} />}>
        {data =>
          own.length === 0 ? (
            <p class="panel__body faint">No sidecar that reports now has this name.</p>
          ) : (
            <Own own={own} policy={commonPolicy(data)} />
          )
        }
      </Loaded>
    </section>
  );
}

function Own({ own, policy }: { own: readonly Sidecar[]; policy: string | undefined }) {
  const page = pageOf(own, useQuery().get('page'), PAGE);
  return (
    <>
      <div class="scroller" tabIndex={0} role="region" aria-label="Sidecars of this workload">
        <SidecarTable sidecars={page.rows} policy={policy} />
      </div>
      <PageNav page={page} all={own.length} />
    </>
  );
}
