/** j and k move through the rows of a list; the row's own link takes the focus, so Enter opens it. */

import type { RefObject } from 'preact';
import { useHotkeys } from '../state/hotkeys';

/** Marks the focusable thing of a row. */
export const ROW = 'data-row';

export function useRowKeys(list: RefObject<HTMLElement | null>): void {
  const move = (step: 1 | -1) => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>(`[${ROW}]`) ?? [])];
    const now = rows.findIndex(row => row === document.activeElement);
    const next = rows[now < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, now + step))];
    next?.focus();
    next?.scrollIntoView({ block: 'nearest' });
  };
  useHotkeys({ j: () => move(1), k: () => move(-1) });
}
