/** Names of things that the API gives in parts. */

import type { Workload } from '../api/types';

/** `namespace/name`, as the API's filter has it; a dash where nothing is known. */
export function workloadName({ namespace, name }: Workload): string {
  if (name === '' && namespace === '') return '–';
  return namespace === '' ? name : `${namespace}/${name}`;
}
