/** The first screen: how much was checked, how much of it was flagged, where, and what came last. */

import { api } from '../../api/client';
import type { Overview as OverviewData, TimeSeries, Verdict } from '../../api/types';
import { LatencyChart } from '../../charts/latencychart';
import { VerdictChart } from '../../charts/verdictchart';
import type { TimeRange } from '../../state/range';
import { previousName, rangeParams, rangeQuery } from '../../state/range';
import { withQuery } from '../../state/router';
import type { Resource } from '../../state/resource';
import { useResource } from '../../state/resource';
import { Loaded, Skeleton, StaleNote } from '../../ui/notes';
import { Nothing } from '../../ui/nothing';
import { Reasons } from '../../ui/reasons';
import { Newest } from './newest';
import { Tiles } from './tiles';
import { TopList } from './toplist';

const REFRESH_MS = 10_000;
const BUCKETS = 72;

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
            <Nothing range={range} hrefOf={wider => withQuery('/', new URLSearchParams(), rangeQuery(wider))} />
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
                <TopList
                  title="Workloads"
                  rows={data.workloads}
                  hrefOf={workload => listOf({ workload })}
                  all={withQuery('/workloads', scope)}
                />
                <TopList
                  title="Models"
                  rows={data.models}
                  hrefOf={model => listOf({ model })}
                  all={withQuery('/models', scope)}
                />
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
