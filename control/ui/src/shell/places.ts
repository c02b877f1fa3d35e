/** Where the palette can go: screens, workloads, models, a verdict by its id, a search. */

import type { TopRow } from '../api/types';
import { modelPath, workloadPath } from '../lib/names';
import { withQuery } from '../state/router';
import { SCREENS } from './screens';

export interface Goal {
  readonly what: 'Screen' | 'Workload' | 'Model' | 'Verdict' | 'Search';
  readonly name: string;
  readonly href: string;
}

const MOST = 12;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id of a verdict, if a text is one. */
export function verdictId(text: string): string | undefined {
  const id = text.trim().toLowerCase();
  return ID.test(id) ? id : undefined;
}

/** `range` is the query part that keeps the range. */
export function goalsOf(
  workloads: readonly TopRow[],
  models: readonly TopRow[],
  range: Record<string, string | undefined>,
): Goal[] {
  const none = new URLSearchParams();
  const named = (what: Goal['what'], rows: readonly TopRow[], pathOf: (name: string) => string | undefined) =>
    rows.flatMap(({ name }) => {
      const path = pathOf(name);
      return path === undefined ? [] : [{ what, name, href: withQuery(path, none, range) }];
    });
  return [
    ...SCREENS.map(({ title, path, ranged }) => ({
      what: 'Screen' as const,
      name: title,
      href: withQuery(path, none, ranged ? range : {}),
    })),
    ...named('Workload', workloads, workloadPath),
    ...named('Model', models, modelPath),
  ];
}

/** The goals that a text means, the likeliest first; never more than a dozen. Every word must be in the name. */
export function found(goals: readonly Goal[], text: string, range: Record<string, string | undefined>): Goal[] {
  const asked = text.trim();
  const id = verdictId(asked);
  if (id !== undefined) return [{ what: 'Verdict', name: id, href: `/verdicts/${id}` }];
  if (asked === '') return goals.slice(0, MOST);
  const words = asked.toLowerCase().split(/\s+/);
  const ranked = goals
    .map((goal, index) => ({ goal, index, rank: rankOf(goal.name.toLowerCase(), words) }))
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .slice(0, MOST - 1)
    .map(({ goal }) => goal);
  const search: Goal = {
    what: 'Search',
    name: asked,
    href: withQuery('/verdicts', new URLSearchParams(), { ...range, q: asked }),
  };
  return [...ranked, search];
}

/** 0 for a name that begins so, 1 where a word of it does, 2 for anywhere in it; the worst word counts. */
function rankOf(name: string, words: readonly string[]): number {
  const ranks = words.map(word => {
    const at = name.indexOf(word);
    if (at <= 0) return at === 0 ? 0 : Infinity;
    return /[\p{L}\p{N}]/u.test(name.charAt(at - 1)) ? 2 : 1;
  });
  return Math.max(...ranks);
}
