/** What responses are summed up by: the workload that asked or the model that answered. Both have the same two screens. */

import { api } from '../../api/client';
import type { TopList } from '../../api/types';
import { modelPath, workloadPath } from '../../lib/names';

export interface Kind {
  /** The filter's name. */
  readonly facet: 'workload' | 'model';
  /** The other one. */
  readonly other: 'workload' | 'model';
  readonly title: string;
  readonly one: string;
  readonly many: string;
  readonly path: string;
  readonly load: (query: URLSearchParams, signal: AbortSignal) => Promise<TopList>;
  /** The page of one of them, if an address can name it. */
  readonly pathOf: (name: string) => string | undefined;
}

export const WORKLOADS: Kind = {
  facet: 'workload',
  other: 'model',
  title: 'Workloads',
  one: 'workload',
  many: 'workloads',
  path: '/workloads',
  load: api.workloads,
  pathOf: workloadPath,
};

export const MODELS: Kind = {
  facet: 'model',
  other: 'workload',
  title: 'Models',
  one: 'model',
  many: 'models',
  path: '/models',
  load: api.models,
  pathOf: modelPath,
};

export const KINDS: Record<Kind['facet'], Kind> = { workload: WORKLOADS, model: MODELS };
