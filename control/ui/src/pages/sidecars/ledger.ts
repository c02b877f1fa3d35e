/** The delivery ledger of a sidecar: everything it produced is somewhere. */

import type { Sidecar } from '../../api/types';
import { fromMicros } from '../../lib/time';

/** A sidecar that was not heard of for so long counts as silent, milliseconds. */
const SILENT_MS = 60_000;

export interface Entry {
  readonly name: string;
  readonly tone: string;
  readonly count: number;
}

export const lostOf = (sidecar: Sidecar): number => Object.values(sidecar.lost).reduce((sum, n) => sum + n, 0);

/** The ledger's entries, the good first. */
export function entriesOf(sidecar: Sidecar): Entry[] {
  return [
    { name: 'stored', tone: 'grounded', count: sidecar.stored },
    { name: 'rejected', tone: 'unverifiable', count: sidecar.rejected },
    { name: 'in flight', tone: 'tool', count: sidecar.in_flight },
    { name: 'reported lost', tone: 'ungrounded', count: lostOf(sidecar) },
    { name: 'unexplained', tone: 'contradicted', count: sidecar.unexplained },
  ];
}

/** Whether a sidecar has gone silent. */
export const isSilent = (sidecar: Sidecar, now: number): boolean => now - fromMicros(sidecar.last_seen) > SILENT_MS;

/** The policy revision most sidecars run: the others drift. */
export function commonPolicy(sidecars: readonly Sidecar[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { policy } of sidecars) counts.set(policy, (counts.get(policy) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** All ledgers in one. */
export function sumOf(sidecars: readonly Sidecar[]) {
  const sum = (of: (sidecar: Sidecar) => number) => sidecars.reduce((total, sidecar) => total + of(sidecar), 0);
  const produced = sum(one => one.produced);
  const stored = sum(one => one.stored);
  const rejected = sum(one => one.rejected);
  const lost = sum(lostOf);
  return {
    produced,
    stored,
    lost,
    unexplained: sum(one => one.unexplained),
    inFlight: sum(one => one.in_flight),
    accounted: produced === 0 ? 1 : Math.min(1, (stored + rejected + lost) / produced),
    seen: sum(one => one.seen),
    judged: sum(one => one.judged),
  };
}
