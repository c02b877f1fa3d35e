/** The list of verdicts: filters in the address, facets with counts, pages by cursor. */

import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from '../../api/client';
import type { Facets, VerdictPage } from '../../api/types';
import { count, plural } from '../../lib/format';
import type { Filter } from '../../state/filters';
import { conditions, filterQuery, NO_FILTER, parseFilter, toggle } from '../../state/filters';
import { useHotkeys } from '../../state/hotkeys';
import type { TimeRange } from '../../state/range';
import { rangeName, rangeQuery, relative } from '../../state/range';
import type { Resource } from '../../state/resource';
import { useResource } from '../../state/resource';
import { setQuery, useQuery, withQuery } from '../../state/router';
import { listQuery, remember, scopeOf, takeVisited } from '../../state/trail';
import { Icon } from '../../ui/icons';
import { Blank, Loaded, Skeleton } from '../../ui/notes';
import { FirstTraffic } from '../../ui/recipe';
import { useRowKeys } from '../../ui/rowkeys';
import { VerdictHead, VerdictRow } from '../../ui/verdictrow';
import { Chips } from './chips';
import { VerdictsCsv } from './csv';
import { FacetRail } from './facets';
import { pagesOf } from './pages';

const PAGE = 50;
const LOOK_MS = 10_000;

export function Verdicts({ range }: { range: TimeRange }) {
  const query = useQuery();
  const filter = parseFilter(query);
  const scope = scopeOf(query);
  const cursor = query.get('cursor');
  const key = scope.toString();
  const [rail, setRail] = useState(false);

  const page = useResource(`list?${key}&${cursor ?? ''}`, signal => {
    const asked = listQuery(scope);
    asked.set('limit', String(PAGE));
    if (cursor !== null) asked.set('cursor', cursor);
    return api.verdicts(asked, signal);
  });
  const counts = useResource(`facets?${key}`, signal => api.facets(listQuery(scope), signal));
  const fresh = useFresh(scope, page, cursor === null && range.kind === 'relative');
  useEffect(() => {
    if (page.data && !page.outdated) remember(scope, cursor, page.data);
  }, [page.data, page.outdated, key, cursor]);

  const change = (next: Filter) => setQuery({ ...filterQuery(next), cursor: undefined });
  const pages = pagesOf(key, cursor, page.outdated ? undefined : page.data?.next);
  const list = useRef<HTMLDivElement>(null);
  useRowKeys(list);
  useReturn(list, page.data !== undefined);
  useHotkeys({ n: () => pages.onNext?.(), p: () => pages.onPrevious?.() });

  return (
    <div class="screen verdicts">
      <header class="screen__head">
        <h1 tabIndex={-1}>Verdicts</h1>
        <span class="soft num" role="status">
          {counts.data && howMany(counts.data)}
        </span>
        {fresh && (
          <button type="button" class="button button--small verdicts__fresh" onClick={page.reload}>
            <Icon name="up" />
            New verdicts
          </button>
        )}
        <span class="spacer" />
        {page.data && !page.outdated && <VerdictsCsv items={page.data.items} />}
        <button
          type="button"
          class="button button--small verdicts__railswitch"
          aria-expanded={rail}
          onClick={() => setRail(!rail)}
        >
          <Icon name="filter" />
          Filters{conditions(filter) > 0 ? ` (${conditions(filter)})` : ''}
        </button>
      </header>
      <div class={rail ? 'verdicts__body verdicts__body--rail' : 'verdicts__body'}>
        <aside aria-label="Filters" class="verdicts__rail">
          {counts.error && !counts.data && <p class="faint">The counts could not be loaded: {counts.error.title}</p>}
          <FacetRail
            counts={counts.data}
            filter={filter}
            onToggle={(name, value) => change(toggle(filter, name, value))}
            onRisk={minRisk => change({ ...filter, minRisk })}
          />
        </aside>
        <div class="verdicts__list" ref={list}>
          <Chips filter={filter} onChange={change} />
          <Loaded resource={page} waiting={<Skeleton height={640} />}>
            {data =>
              data.items.length === 0 && data.next !== null ? (
                <Blank icon="clock" title="Nothing found yet">
                  <p>The search has not reached the beginning of the range. Go on with “Older”.</p>
                </Blank>
              ) : data.items.length === 0 ? (
                <NoMatch filter={filter} range={range} onClear={() => change(NO_FILTER)} />
              ) : (
                <div class="panel listbox">
                  <table class="table table--rows table--fixed">
                    <caption class="visually-hidden">Verdicts, newest first</caption>
                    <VerdictHead />
                    <tbody>
                      {data.items.map(item => (
                        <VerdictRow key={item.id} verdict={item} href={withQuery(`/verdicts/${item.id}`, scope)} />
                      ))}
                    </tbody>
                  </table>
                </div>
              )
            }
          </Loaded>
          {page.data && <Pager pages={pages} shown={page.data.items.length} />}
        </div>
      </div>
    </div>
  );
}

/** Whoever comes back from a verdict finds the focus on its row. */
function useReturn(list: RefObject<HTMLElement | null>, ready: boolean): void {
  useEffect(() => {
    const id = ready ? takeVisited() : undefined;
    if (id === undefined) return;
    list.current?.querySelector<HTMLElement>(`[href^="/verdicts/${CSS.escape(id)}"]`)?.focus();
  }, [list, ready]);
}

function Pager({ pages, shown }: { pages: ReturnType<typeof pagesOf>; shown: number }) {
  if (!pages.onNext && !pages.onPrevious) return null;
  return (
    <nav class="pager" aria-label="Pages">
      <span class="faint num">
        {pages.number === undefined ? `${shown} shown` : `Page ${count(pages.number)}, ${shown} shown`}
      </span>
      <button type="button" class="button button--small" disabled={!pages.onPrevious} onClick={pages.onPrevious}>
        <Icon name="left" />
        {pages.number === undefined ? 'Newest' : 'Newer'}
      </button>
      <button type="button" class="button button--small" disabled={!pages.onNext} onClick={pages.onNext}>
        Older
        <Icon name="right" />
      </button>
    </nav>
  );
}

/** `1,234 matches`; with a sign that there are more where not all could be counted. */
function howMany({ total, partial }: Facets): string {
  return partial ? `${count(total)}+ matches` : plural(total, 'match', 'matches');
}

/** Whether newer verdicts match than those shown. The list itself stays still under the reader. */
function useFresh(scope: URLSearchParams, page: Resource<VerdictPage>, watch: boolean): boolean {
  const newest = useResource(
    `newest?${scope.toString()}&${watch}`,
    signal => {
      if (!watch) return Promise.resolve<VerdictPage>({ items: [], next: null });
      const query = listQuery(scope);
      query.set('limit', '1');
      return api.verdicts(query, signal);
    },
    { refreshMs: watch ? LOOK_MS : undefined },
  );
  const id = newest.data?.items[0]?.id;
  if (!watch || id === undefined || page.outdated || newest.outdated || page.loading) return false;
  return newest.loadedAt > page.loadedAt && page.data?.items[0]?.id !== id;
}

function NoMatch({ filter, range, onClear }: { filter: Filter; range: TimeRange; onClear: () => void }) {
  const any = useResource('any', signal => api.verdicts(new URLSearchParams({ limit: '1' }), signal));
  if (any.data?.items.length === 0) return <FirstTraffic />;
  const wider = relative('7d');
  const canWiden = range.kind === 'absolute' || range.ms < 604_800_000;
  return (
    <Blank icon="empty" title="No verdict matches">
      <p>
        {rangeName(range, 'local')}
        {conditions(filter) > 0 ? `, ${plural(conditions(filter), 'filter')}` : ''}.
      </p>
      <div class="blank__actions">
        {conditions(filter) > 0 && (
          <button type="button" class="button" onClick={onClear}>
            Clear the filters
          </button>
        )}
        {canWiden && wider && (
          <button type="button" class="button" onClick={() => setQuery({ ...rangeQuery(wider), cursor: undefined })}>
            Search the last 7 days
          </button>
        )}
      </div>
    </Blank>
  );
}
