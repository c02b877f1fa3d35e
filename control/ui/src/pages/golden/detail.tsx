/** One workload, or one model: what became of its responses, what was flagged last, and for a workload who reports it. */

import { useRef } from 'preact/hooks';
import { api } from '../../api/client';
import type { Facets, State, VerdictPage } from '../../api/types';
import { STATES } from '../../api/types';
import { canFilter } from '../../lib/names';
import { useHotkeys } from '../../state/hotkeys';
import type { TimeRange } from '../../state/range';
import { rangeQuery } from '../../state/range';
import type { Resource } from '../../state/resource';
import { useResource } from '../../state/resource';
import { navigate, withQuery } from '../../state/router';
import { listQuery } from '../../state/trail';
import type { Counted } from '../../ui/countlist';
import { byCount, CountList } from '../../ui/countlist';
import { Icon } from '../../ui/icons';
import { Name } from '../../ui/name';
import { Blank, Loaded, Skeleton } from '../../ui/notes';
import { Nothing } from '../../ui/nothing';
import { Reasons } from '../../ui/reasons';
import { useRowKeys } from '../../ui/rowkeys';
import { VerdictHead, VerdictRow } from '../../ui/verdictrow';
import { valueName } from '../../ui/words';
import { DetailTiles } from './detailtiles';
import { KINDS } from './kinds';
import type { Kind } from './kinds';
import { OwnSidecars } from './ownsidecars';

const REFRESH_MS = 10_000;
const NEWEST = 10;
const SHOWN = 8;
const FLAGGED = 'ungrounded,contradicted';

interface DetailProps {
  readonly kind: Kind;
  readonly name: string;
  readonly range: TimeRange;
}

type ListOf = (changes: Record<string, string>) => string;

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

interface CountListsProps {
  readonly kind: Kind;
  readonly counts: Facets;
  readonly range: TimeRange;
  readonly listOf: ListOf;
}

function CountLists({ kind, counts: { facets, total }, range, listOf }: CountListsProps) {
  const other = KINDS[kind.other];
  const others = byCount(facets[other.facet]);
  const states: Counted[] = STATES.filter(state => (facets['verdict']?.[state] ?? 0) > 0).map(state => ({
    value: state,
    count: facets['verdict']?.[state] ?? 0,
    name: <StateName state={state} />,
    href: listOf({ verdict: state }),
    tone: state,
  }));
  const rows: Counted[] = others.slice(0, SHOWN).map(([value, n]) => ({
    value,
    count: n,
    name: <Name text={value} />,
    href: hrefOf(other, value, range) ?? (canFilter(value) ? listOf({ [other.facet]: value }) : undefined),
  }));
  return (
    <div class="detail__lists">
      <CountList title="Verdicts" of="State" rows={states} total={total} none="None in this range." />
      <CountList
        title={other.title}
        of="Name"
        side="by responses"
        rows={rows}
        total={total}
        none="None is known."
        tone="tool"
        foot={
          others.length > SHOWN && (
            <p class="chart__words">
              <a class="link" href={listOf({})}>
                {others.length - SHOWN} more
              </a>
            </p>
          )
        }
      />
      <CountList
        title="Actions"
        of="Action"
        rows={byCount(facets['action']).map(([action, n]) => ({
          value: action,
          count: n,
          name: valueName('action', action),
          href: listOf({ action }),
        }))}
        total={total}
        none="None in this range."
        tone="unverifiable"
      />
      <Reasons
        reasons={facets['reason'] ?? {}}
        total={total}
        hrefOf={reason => listOf({ verdict: 'not_checked', reason })}
      />
    </div>
  );
}

function hrefOf(kind: Kind, name: string, range: TimeRange): string | undefined {
  const path = kind.pathOf(name);
  return path && withQuery(path, new URLSearchParams(), rangeQuery(range));
}

function StateName({ state }: { state: State }) {
  return (
    <span class="badge" data-tone={state}>
      <Icon name={state} />
      {valueName('verdict', state)}
    </span>
  );
}

interface NewestProps {
  readonly newest: Resource<VerdictPage>;
  readonly all: string;
  readonly scope: URLSearchParams;
}

function Newest({ newest, all, scope }: NewestProps) {
  const list = useRef<HTMLElement>(null);
  useRowKeys(list);
  return (
    <section class="panel detail__newest listbox" ref={list}>
      <div class="panel__head">
        <h2>Newest flagged</h2>
        <a class="link end" href={all}>
          All flagged
        </a>
      </div>
      <Loaded resource={newest} waiting={<Skeleton height={200} />}>
        {data =>
          data.items.length === 0 ? (
            <p class="panel__body faint">
              {data.next === null
                ? 'Nothing was flagged in this range.'
                : 'Nothing found yet: the search took too long.'}
            </p>
          ) : (
            <table class="table table--rows table--fixed">
              <caption class="visually-hidden">Newest flagged verdicts</caption>
              <VerdictHead />
              <tbody>
                {data.items.map(item => (
                  <VerdictRow key={item.id} verdict={item} href={withQuery(`/verdicts/${item.id}`, scope)} />
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </section>
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
