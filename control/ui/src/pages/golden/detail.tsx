/** One workload, or one model: what became of its responses, what was flagged last, and for a workload who reports it. */

import { api } from '../../api/client';
import { canFilter } from '../../lib/names';
import { useHotkeys } from '../../state/hotkeys';
import type { TimeRange } from '../../state/range';
import { rangeQuery } from '../../state/range';
import { useResource } from '../../state/resource';
import { navigate, withQuery } from '../../state/router';
import { listQuery } from '../../state/trail';
import { Icon } from '../../ui/icons';
import { Name } from '../../ui/name';
import { Blank, Loaded, Skeleton } from '../../ui/notes';
import { Nothing } from '../../ui/nothing';
import type { ListOf } from './countlists';
import { CountLists } from './countlists';
import { DetailTiles } from './detailtiles';
import type { Kind } from './kinds';
import { Newest } from './newest';
import { OwnSidecars } from './ownsidecars';

/** Counting goes over the verdicts themselves, so it is asked for less often than sums are. */
const REFRESH_MS = 30_000;
const NEWEST = 10;
const FLAGGED = 'ungrounded,contradicted';

interface DetailProps {
  readonly kind: Kind;
  readonly name: string;
  readonly range: TimeRange;
}

export function Detail({ kind, name, range }: DetailProps) {
  const back = withQuery(kind.path, new URLSearchParams(), rangeQuery(range));
  useHotkeys({ u: () => navigate(back) });
  return (
    <div class={`screen detail detail--${kind.facet}`}>
      <div class="verdict__nav">
        <a class="button button--bare button--small" href={back}>
          <Icon name="back" />
          {kind.title}
        </a>
      </div>
      <header class="screen__head">
        <h1 tabIndex={-1} class="detail__name" title={name}>
          <Name text={name} />
        </h1>
      </header>
      {canFilter(name) ? (
        <Sums kind={kind} name={name} range={range} />
      ) : (
        <Blank icon="empty" title="The API cannot be asked for this name">
          <p>Its filters are lists separated by commas.</p>
        </Blank>
      )}
    </div>
  );
}

function Sums({ kind, name, range }: DetailProps) {
  const parts = { ...rangeQuery(range), [kind.facet]: name };
  const scope = new URLSearchParams(withQuery('', new URLSearchParams(), parts).slice(1));
  const flagged = new URLSearchParams(scope);
  flagged.set('verdict', FLAGGED);
  const refreshMs = range.kind === 'relative' ? REFRESH_MS : undefined;
  const counts = useResource(`facets?${scope}`, signal => api.facets(listQuery(scope), signal), { refreshMs });
  const newest = useResource(
    `newest?${flagged}`,
    signal => {
      const query = listQuery(flagged);
      query.set('limit', String(NEWEST));
      return api.verdicts(query, signal);
    },
    { refreshMs },
  );
  const listOf: ListOf = changes => withQuery('/verdicts', scope, changes);
  return (
    <>
      <Loaded resource={counts} waiting={<Waiting />}>
        {data =>
          data.total === 0 ? (
            <Nothing
              range={range}
              hrefOf={wider => withQuery(kind.pathOf(name) ?? '', new URLSearchParams(), rangeQuery(wider))}
            />
          ) : (
            <>
              {data.partial && (
                <div class="note" role="status">
                  <Icon name="clock" />
                  <span>
                    Counting took too long: these are the newest responses of the range only. A shorter range is counted
                    whole.
                  </span>
                </div>
              )}
              <DetailTiles counts={data} range={range} listOf={listOf} />
              <CountLists kind={kind} counts={data} range={range} listOf={listOf} />
              <Newest newest={newest} all={listOf({ verdict: FLAGGED })} scope={flagged} />
            </>
          )
        }
      </Loaded>
      {kind.facet === 'workload' && <OwnSidecars workload={name} />}
    </>
  );
}

function Waiting() {
  return (
    <>
      <Skeleton height={112} />
      <Skeleton height={360} />
    </>
  );
}
