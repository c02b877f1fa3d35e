/** The way through the pages of a table that is there whole; `n` and `p` do the same. */

import { exact } from '../lib/format';
import { useHotkeys } from '../state/hotkeys';
import type { Page } from '../state/pages';
import { pageQuery } from '../state/pages';
import { setQuery } from '../state/router';
import { Icon } from './icons';

interface PageNavProps {
  readonly page: Page<unknown>;
  /** Rows of all pages. */
  readonly all: number;
}

export function PageNav({ page: { rows, number, count }, all }: PageNavProps) {
  const go = (to: number) => {
    if (to < 1 || to > count) return;
    setQuery({ page: pageQuery(to) });
    scrollTo(0, 0);
  };
  useHotkeys({ n: () => go(number + 1), p: () => go(number - 1) });
  if (count === 1) return null;
  return (
    <nav class="pager" aria-label="Pages">
      <span class="faint num">
        Page {exact(number)} of {exact(count)}, {exact(rows.length)} of {exact(all)} rows
      </span>
      <button type="button" class="button button--small" disabled={number === 1} onClick={() => go(number - 1)}>
        <Icon name="left" />
        Previous
      </button>
      <button type="button" class="button button--small" disabled={number === count} onClick={() => go(number + 1)}>
        Next
        <Icon name="right" />
      </button>
    </nav>
  );
}
