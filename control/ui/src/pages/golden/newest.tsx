/** The newest flagged verdicts of one workload or model, as rows of the verdicts' list. */

import { useRef } from 'preact/hooks';
import type { VerdictPage } from '../../api/types';
import type { Resource } from '../../state/resource';
import { withQuery } from '../../state/router';
import { Loaded, Skeleton } from '../../ui/notes';
import { useRowKeys } from '../../ui/rowkeys';
import { VerdictHead, VerdictRow } from '../../ui/verdictrow';

interface NewestProps {
  readonly newest: Resource<VerdictPage>;
  readonly all: string;
  readonly scope: URLSearchParams;
}

export function Newest({ newest, all, scope }: NewestProps) {
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
