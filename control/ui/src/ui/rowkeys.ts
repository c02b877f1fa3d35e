/** j and k move through the rows of a list; the row's own link takes the focus, so Enter opens it. */

import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import { useHotkeys } from '../state/hotkeys';
import { navigate } from '../state/router';

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

/** Rows that change places as the numbers do (a row that is moved in the document loses the focus): the focus goes along. */
export function useRowFocus(list: RefObject<HTMLElement | null>): void {
  const before = document.activeElement;
  const held = before instanceof HTMLElement && list.current?.contains(before) ? before : undefined;
  useLayoutEffect(() => {
    if (held?.isConnected && document.activeElement === document.body) held.focus({ preventScroll: true });
  });
}

/** A click anywhere in a row goes where its link goes, unless it met another link or somebody selects text. */
export function openRow(event: MouseEvent, href: string): void {
  if ((event.target as Element).closest('a') || event.defaultPrevented) return;
  if (getSelection()?.isCollapsed === false) return;
  if (event.metaKey || event.ctrlKey) window.open(href, '_blank', 'noopener');
  else navigate(href);
}
