/** Connections that passed without being judged, or failed since they would have been, in words. */

import type { Sidecar, Unjudged } from '../../api/types';
import { plural } from '../../lib/format';
import { workloadName } from '../../lib/names';

/** What happened; unknown reasons by their own name. */
const WHY: Record<string, string> = {
  tls_pinned: 'the client refused our certificate',
  tls_pinned_passed: 'passed unread, since its clients refuse our certificate',
  not_permitted: 'listed after the sidecar made its authority; restart the pod',
  not_listed: "a known provider that is not on the sidecar's list",
  no_name: 'the client named no host',
  encrypted_name: "the host's name may be encrypted",
  unreadable_hello: 'the beginning of TLS could not be read',
};

/** `3 connections to api.openai.com: the client refused our certificate`. */
export function wordsOf({ host, reason, connections }: Unjudged): string {
  const to = host === 'other' ? 'hosts of no list' : host;
  return `${plural(connections, 'connection')} to ${to}: ${WHY[reason] ?? reason.replaceAll('_', ' ')}`;
}

export const connectionsOf = (sidecar: Sidecar): number =>
  (sidecar.not_checked ?? []).reduce((sum, one) => sum + one.connections, 0);

export interface Line extends Unjudged {
  /** Whose, without repetition. */
  readonly workloads: readonly string[];
}

/** The same of all sidecars in one, the most first. */
export function linesOf(sidecars: readonly Sidecar[]): Line[] {
  const lines = new Map<string, Line>();
  for (const sidecar of sidecars) {
    const workload = workloadName(sidecar.workload);
    for (const { host, reason, connections } of sidecar.not_checked ?? []) {
      const key = `${reason} ${host}`;
      const line = lines.get(key) ?? { host, reason, connections: 0, workloads: [] };
      const workloads = line.workloads.includes(workload) ? line.workloads : [...line.workloads, workload];
      lines.set(key, { ...line, connections: line.connections + connections, workloads });
    }
  }
  return [...lines.values()].sort((a, b) => b.connections - a.connections);
}
