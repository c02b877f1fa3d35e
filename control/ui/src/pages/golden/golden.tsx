/** All workloads, or all models, of the range in one table: how much they answered and how much of it was flagged. */

import { useMemo, useRef } from 'preact/hooks';
import type { TopRow } from '../../api/types';
import { TOP_LIST_MOST } from '../../api/types';
import { exact, plural } from '../../lib/format';
import { canFilter } from '../../lib/names';
import { pageOf } from '../../state/pages';
import type { TimeRange } from '../../state/range';
import { rangeParams, rangeQuery } from '../../state/range';
import { useResource } from '../../state/resource';
import { setQuery, useQuery, withQuery } from '../../state/router';
import type { Sort } from '../../state/sorting';
import { parseSort, sortQuery } from '../../state/sorting';
import { CsvButton } from '../../ui/csvbutton';
import type { Head } from '../../ui/heads';
import { Heads } from '../../ui/heads';
import { Blank, Loaded, Skeleton } from '../../ui/notes';
import { Nothing } from '../../ui/nothing';
import { PageNav } from '../../ui/pagenav';
import { useRowFocus, useRowKeys } from '../../ui/rowkeys';
import { FindBox } from './findbox';
import { GoldenRow } from './goldenrow';
import type { Kind } from './kinds';
import type { Column } from './rows';
import { arranged, columnsOf, saysJudged, TITLES, USUAL, VALUES } from './rows';

const PAGE = 100;
const REFRESH_MS = 10_000;

export function Golden({ kind, range }: { kind: Kind; range: TimeRange }) {
  const query = useQuery();
  const text = query.get('name') ?? '';
  const key = withQuery('', new URLSearchParams(), rangeQuery(range));
  const refreshMs = range.kind === 'relative' ? REFRESH_MS : undefined;
  const list = useResource(`${kind.many}${key}`, signal => kind.load(rangeParams(range), signal), { refreshMs });
  const items = list.data?.items;
  const columns = columnsOf(items ?? []);
  const sort = parseSort(query.get('sort'), columns, USUAL);
  const rows = useMemo(() => arranged(items ?? [], text, sort), [items, text, sort.by, sort.down]);
  const page = pageOf(rows, query.get('page'), PAGE);
  const body = useRef<HTMLDivElement>(null);
  useRowKeys(body);
  useRowFocus(body);
  return (
    <div class="screen golden">
      <header class="screen__head">
        <h1 tabIndex={-1}>{kind.title}</h1>
        <span class="soft num" role="status">
          {items && howMany(kind, rows.length, items.length)}
        </span>
        <span class="spacer" />
        {items && items.length > 0 && (
          <>
            <FindBox
              label={`Find ${kind.many}`}
              text={text}
              onText={name => setQuery({ name, page: undefined }, { replace: true })}
              onEnter={() => body.current?.querySelector<HTMLElement>('[data-row]')?.focus()}
            />
            <CsvButton
              table={kind.many}
              head={columns.map(column => TITLES[column])}
              count={rows.length}
              rows={() => rows.map(row => columns.map(column => VALUES[column](row)))}
            />
          </>
        )}
      </header>
      <Loaded resource={list} waiting={<Skeleton height={420} />}>
        {data =>
          data.items.length === 0 ? (
            <Nothing range={range} hrefOf={wider => withQuery(kind.path, query, rangeQuery(wider))} />
          ) : rows.length === 0 ? (
            <Blank icon="empty" title={`No ${kind.one} has such a name`}>
              <div class="blank__actions">
                <button type="button" class="button" onClick={() => setQuery({ name: undefined, page: undefined })}>
                  Show all {exact(data.items.length)}
                </button>
              </div>
            </Blank>
          ) : (
            <>
              <div class="panel listbox" ref={body}>
                <table class="table table--rows table--fixed">
                  <caption class="visually-hidden">{kind.title}, how much they answered and what was flagged</caption>
                  <Heads heads={headsOf(kind, data.items, sort, query)} />
                  <tbody>
                    {page.rows.map(row => (
                      <GoldenRow
                        key={row.name}
                        row={row}
                        columns={columns}
                        href={withQuery(kind.pathOf(row.name) ?? '', new URLSearchParams(), rangeQuery(range))}
                        listOf={changes => listOf(kind, row.name, range, changes)}
                      />
                    ))}
                  </tbody>
                </table>
              </div>
              {data.items.length === TOP_LIST_MOST && (
                <p class="chart__words">
                  These are the {exact(TOP_LIST_MOST)} with the most flagged responses. The control plane lists no more.
                </p>
              )}
              {!saysJudged(data.items) && (
                <p class="chart__words">The flagged share is of all responses, judged or not.</p>
              )}
              <PageNav page={page} all={rows.length} />
            </>
          )
        }
      </Loaded>
    </div>
  );
}

function howMany(kind: Kind, shown: number, all: number): string {
  return shown === all ? plural(all, kind.one, kind.many) : `${exact(shown)} of ${plural(all, kind.one, kind.many)}`;
}

/** The verdicts of one of them, if the API can be asked for it. */
function listOf(kind: Kind, name: string, range: TimeRange, changes: Record<string, string>): string | undefined {
  if (!canFilter(name)) return undefined;
  return withQuery('/verdicts', new URLSearchParams(), { ...rangeQuery(range), ...changes, [kind.facet]: name });
}

/** The first click on a number puts the most on top, on the name the first of the alphabet. */
function headsOf(kind: Kind, rows: readonly TopRow[], sort: Sort<Column>, query: URLSearchParams): Head[] {
  const means: Partial<Record<Column, string>> = {
    flagged: 'Ungrounded or contradicted',
    share: saysJudged(rows) ? 'Of the responses that were judged' : 'Of all responses, judged or not',
    risk: 'Of the responses that were judged',
    coverage: 'Share of the responses that were judged',
  };
  return columnsOf(rows).map(by => {
    const mine = sort.by === by;
    const next = { by, down: mine ? !sort.down : by !== 'name' };
    return {
      title: TITLES[by],
      right: by === 'total' || by === 'flagged',
      col: `golden__${by}`,
      means: means[by],
      sort: {
        href: withQuery(kind.path, query, { sort: sortQuery(next, USUAL), page: undefined }),
        now: mine ? (sort.down ? 'descending' : 'ascending') : undefined,
      },
    };
  });
}
