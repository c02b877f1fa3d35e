/** Pages of a list that only knows the way forward: the cursors passed on the way are kept, so that there is a way back. */

import { setQuery } from '../../state/router';

let path: { scope: string; cursors: readonly string[] } = { scope: '', cursors: [] };

export interface Pages {
  /** Counted from 1; `undefined` when the address was opened with a cursor. */
  readonly number: number | undefined;
  readonly onNext: (() => void) | undefined;
  readonly onPrevious: (() => void) | undefined;
}

/** Where a page stands, and the ways from it. `next` is the cursor of the page after it. */
export function pagesOf(scope: string, cursor: string | null, next: string | null | undefined): Pages {
  if (path.scope !== scope || cursor === null) path = { scope, cursors: [] };
  const index = cursor === null ? 0 : path.cursors.indexOf(cursor) + 1;
  const known = cursor === null || index > 0;
  return {
    number: known ? index + 1 : undefined,
    onNext: next
      ? () => {
          path = { scope, cursors: known ? [...path.cursors.slice(0, index), next] : [] };
          setQuery({ cursor: next });
          scrollTo(0, 0);
        }
      : undefined,
    onPrevious:
      cursor === null
        ? undefined
        : () => {
            setQuery({ cursor: known ? path.cursors[index - 2] : undefined });
            scrollTo(0, 0);
          },
  };
}
