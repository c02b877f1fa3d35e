/** The heads of a table's columns. */

import { Icon } from './icons';

export interface Head {
  readonly title: string;
  /** Numbers stand on the right. */
  readonly right?: boolean;
  /** Class that gives the column its width. */
  readonly col?: string;
  /** What the column says, where its title is too short for it. */
  readonly means?: string | undefined;
  /** Where its order is one click away. */
  readonly sort?: HeadSort;
}

export interface HeadSort {
  /** The address of the table in this column's order; the other way round when it has it already. */
  readonly href: string;
  /** How the table is in this column's order now. */
  readonly now: 'ascending' | 'descending' | undefined;
}

export function Heads({ heads }: { heads: readonly Head[] }) {
  return (
    <thead>
      <tr>
        {heads.map(({ title, right, col, means, sort }) => (
          <th
            key={title}
            scope="col"
            class={`${right ? 'right' : ''} ${col ?? ''}`}
            title={means}
            aria-sort={sort?.now}
          >
            {sort ? <SortLink title={title} sort={sort} /> : title}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function SortLink({ title, sort }: { title: string; sort: HeadSort }) {
  return (
    <a href={sort.href} class={sort.now ? 'sortlink sortlink--now' : 'sortlink'}>
      {title}
      <Icon name={sort.now === 'ascending' ? 'up' : 'sink'} />
    </a>
  );
}

/** A head over numbers. */
export const number = (title: string): Head => ({ title, right: true });
