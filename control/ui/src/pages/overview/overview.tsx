/** The first screen: how much was checked, how much of it was flagged, where, and what came last. */

import { api } from '../../api/client';
import type { Overview as OverviewData, TimeSeries, Verdict } from '../../api/types';
import { LatencyChart } from '../../charts/latencychart';
import { VerdictChart } from '../../charts/verdictchart';
import type { TimeRange } from '../../state/range';
import { previousName, rangeName, rangeQuery, relative, resolveRange } from '../../state/range';
import { withQuery } from '../../state/router';
import type { Resource } from '../../state/resource';
import { useResource } from '../../state/resource';
import { Blank, Loaded, Skeleton, StaleNote } from '../../ui/notes';
import { FirstTraffic } from '../../ui/recipe';
import { Newest } from './newest';
import { Reasons } from './reasons';
import { Tiles } from './tiles';
import { TopList } from './toplist';

const REFRESH_MS = 10_000;
const BUCKETS = 72;

/** Queries for the range as it is now: a relative range moves along. */
function rangeParams(range: TimeRange): URLSearchParams {
  const { from, to } = resolveRange(range, Date.now());
  return new URLSearchParams({ from: String(from), to: String(to) });
}

function useOverview(range: TimeRange): { overview: Resource<OverviewData>; series: Resource<TimeSeries> } {
  const key = withQuery('', new URLSearchParams(), rangeQuery(range));
  const refreshMs = range.kind === 'relative' ? REFRESH_MS : undefined;
  const overview = useResource(`overview${key}`, signal => api.overview(rangeParams(range), signal), { refreshMs });
  const series = useResource(
    `series${key}`,
    signal => {
      const query = rangeParams(range);
      query.set('buckets', String(BUCKETS));
      return api.timeSeries(query, signal);
    },
    { refreshMs },
  );
  return { overview, series };
}

export function Overview({ range }: { range: TimeRange }) {
  const { overview, series } = useOverview(range);
  const scope = new URLSearchParams(
    Object.entries(rangeQuery(range)).filter((part): part is [string, string] => part[1] !== undefined),
  );
  const listOf = (changes: Record<string, string>) => withQuery('/verdicts', scope, changes);
  const flagged = { verdict: 'ungrounded,contradicted' };
  return (
    <div class="screen">
      <header class="screen__head">
        <h1 tabIndex={-1}>Overview</h1>
      </header>
      <Loaded resource={overview} waiting={<Waiting />}>
        {data =>
          data.total === 0 ? (
            <Nothing range={range} />
          ) : (
            <div class="overview">
              <Tiles overview={data} series={series.data} before={previousName(range)} hrefOf={listOf} />
              <section class="panel overview__charts" aria-label="Over time">
                <StaleNote resource={series} />
                <Loaded resource={series} waiting={<Skeleton height={420} />}>
                  {shown => (
                    <>
                      <VerdictChart series={shown} hrefOf={state => listOf({ verdict: state })} />
                      <LatencyChart series={shown} />
                    </>
                  )}
                </Loaded>
              </section>
              <Newest
                items={data.newest_flagged}
                all={listOf(flagged)}
                hrefOf={(verdict: Verdict) => withQuery(`/verdicts/${verdict.id}`, scope, flagged)}
              />
              <div class="overview__tops">
                <TopList title="Workloads" rows={data.workloads} hrefOf={workload => listOf({ workload })} />
                <TopList title="Models" rows={data.models} hrefOf={model => listOf({ model })} />
                <Reasons
                  reasons={data.not_checked}
                  total={data.total}
                  hrefOf={reason => listOf({ verdict: 'not_checked', reason })}
                />
              </div>
            </div>
          )
        }
      </Loaded>
    </div>
  );
}

/** Nothing in the range: either nothing ever came, or only not now. */
function Nothing({ range }: { range: TimeRange }) {
  const any = useResource('any', signal => api.verdicts(new URLSearchParams({ limit: '1' }), signal), {
    refreshMs: 3000,
  });
  if (any.data === undefined) return <Skeleton height={300} />;
  if (any.data.items.length === 0) return <FirstTraffic />;
  const wider = relative(range.kind === 'relative' && range.ms >= 604_800_000 ? '30d' : '7d');
  return (
    <Blank icon="empty" title={`No responses in this range`}>
      <p>{rangeName(range, 'local')}. There are verdicts outside it.</p>
      <div class="blank__actions">
        {wider && (
          <a class="button" href={withQuery('/', new URLSearchParams(), rangeQuery(wider))}>
            Show the {rangeName(wider, 'local').toLowerCase()}
          </a>
        )}
      </div>
    </Blank>
  );
}

function Waiting() {
  return (
    <div class="overview">
      <div class="overview__wide">
        <Skeleton height={112} />
      </div>
      <div class="overview__charts">
        <Skeleton height={480} />
      </div>
      <Skeleton height={480} />
    </div>
  );
}
