/** Which span is looked at: the one under the pointer or focus, else the one chosen, which the address keeps. */

import { useState } from 'preact/hooks';
import type { Span } from '../../api/types';
import { useHotkeys } from '../../state/hotkeys';
import { setQuery, useQuery } from '../../state/router';

export interface Selection {
  /** Index of the span that is looked at. */
  readonly active: number | undefined;
  /** Index of the span that was chosen. */
  readonly chosen: number | undefined;
  readonly onHover: (index: number | undefined) => void;
  /** Chooses a span; the chosen one again lets go of it. */
  readonly onChoose: (index: number) => void;
}

export function useSelection(spans: readonly Span[]): Selection {
  const given = useQuery().get('span');
  const number = given !== null && /^\d{1,6}$/.test(given) ? Number(given) - 1 : -1;
  const chosen = number >= 0 && number < spans.length ? number : undefined;
  const [hovered, setHovered] = useState<number | undefined>();
  const choose = (index: number | undefined) =>
    setQuery({ span: index === undefined ? undefined : String(index + 1) }, { replace: true });
  const step = (by: 1 | -1) => {
    if (spans.length === 0) return;
    const next =
      chosen === undefined ? (by === 1 ? 0 : spans.length - 1) : Math.min(spans.length - 1, Math.max(0, chosen + by));
    setHovered(undefined);
    choose(next);
  };
  useHotkeys({ j: () => step(1), k: () => step(-1), Escape: () => choose(undefined) });
  return {
    active: hovered !== undefined && hovered < spans.length ? hovered : chosen,
    chosen,
    onHover: setHovered,
    onChoose: index => choose(index === chosen ? undefined : index),
  };
}
