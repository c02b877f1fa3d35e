import { describe, expect, it } from 'vitest';
import type { Sidecar, Unjudged } from '../../api/types';
import { connectionsOf, linesOf, wordsOf } from './unjudged';

const sidecar = (name: string, not_checked?: Unjudged[]) =>
  ({ workload: { namespace: 'shop', name, pod: '' }, not_checked }) as Sidecar;
const pinned = (connections: number): Unjudged => ({ host: 'api.openai.com', reason: 'tls_pinned', connections });

describe('connections that were not judged', () => {
  it('are told in words, whatever the reason and the host', () => {
    expect(wordsOf(pinned(3))).toBe('3 connections to api.openai.com: the client refused our certificate');
    expect(wordsOf({ host: 'other', reason: 'no_name', connections: 1 })).toBe(
      '1 connection to hosts of no list: the client named no host',
    );
    expect(wordsOf({ host: 'x', reason: 'a_new_one', connections: 2 })).toBe('2 connections to x: a new one');
  });

  it('are summed up over the sidecars, and an older control plane tells of none', () => {
    const other: Unjudged = { host: 'other', reason: 'no_name', connections: 4 };
    const sidecars = [sidecar('web', [pinned(3), other]), sidecar('web', [pinned(2)]), sidecar('job', [pinned(1)])];
    expect(linesOf([...sidecars, sidecar('old')])).toEqual([
      { ...pinned(6), workloads: ['shop/web', 'shop/job'] },
      { ...other, workloads: ['shop/web'] },
    ]);
    expect(sidecars.map(connectionsOf)).toEqual([7, 2, 1]);
    expect(connectionsOf(sidecar('old'))).toBe(0);
  });
});
