/** Names of things that the API gives in parts, and where their pages are. */

import type { Workload } from '../api/types';

/** `namespace/name`, as the API's filter has it; a dash where nothing is known. */
export function workloadName({ namespace, name }: Workload): string {
  if (name === '' && namespace === '') return '–';
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** `namespace/` and `name` of a workload's name; the first part is empty without a namespace. */
export function nameParts(name: string): readonly [namespace: string, name: string] {
  const at = name.indexOf('/') + 1;
  return [name.slice(0, at), name.slice(at)];
}

/** A name as it is read letter by letter: marks that turn the writing round (`exe.txt` for `txt.exe`) become visible. */
export const undisguised = (name: string): string =>
  name.replace(/[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, '\uFFFD');

/** Whether the API's filters can ask for a name: they are lists separated by commas, trimmed, and an empty one is none. */
export const canFilter = (name: string): boolean => name !== '' && !name.includes(',') && name === name.trim();

/** The address of a workload's own page, `/workloads/namespace/name`. */
export const workloadPath = (name: string): string | undefined => pathOf('/workloads', parts(name));

/** The address of a model's own page. */
export const modelPath = (name: string): string | undefined => pathOf('/models', [name]);

function parts(name: string): string[] {
  const at = name.indexOf('/');
  return at < 0 ? [name] : [name.slice(0, at), name.slice(at + 1)];
}

/** `undefined` where a name cannot be a part of an address (empty, or dots that would mean another folder) or no filter. */
function pathOf(base: string, segments: readonly string[]): string | undefined {
  if (!canFilter(segments.join('/')) || segments.some(part => /^\.{0,2}$/.test(part))) return undefined;
  return [base, ...segments.map(segment)].join('/');
}

/** A part of a path. Dots are escaped too: the server takes an address that ends like `model-4.1` for a file. */
function segment(part: string): string {
  return encodeURIComponent(part).replaceAll('.', '%2E').replaceAll('%3A', ':').replaceAll('%40', '@');
}
