/** Values with counts beside the list; each is a switch for its filter. What is chosen in a group does not bear on its own counts: they
 * tell what its other values would bring. */

import { useState } from 'preact/hooks';
import type { Facets, State } from '../../api/types';
import { ACTIONS, STATES } from '../../api/types';
import { count } from '../../lib/format';
import type { Filter, ListName } from '../../state/filters';
import { Icon } from '../../ui/icons';
import { FACET_NAME, valueName } from '../../ui/words';

const ORDER: readonly ListName[] = ['verdict', 'action', 'workload', 'model', 'provider', 'direction', 'reason'];
const SHOWN = 8;
const RISKS = [0, 0.3, 0.5, 0.7, 0.9] as const;

interface FacetsProps {
  readonly counts: Facets | undefined;
  readonly filter: Filter;
  readonly onToggle: (name: ListName, value: string) => void;
  readonly onRisk: (least: number) => void;
}

export function FacetRail({ counts, filter, onToggle, onRisk }: FacetsProps) {
  return (
    <div class="facets">
      <fieldset class="facet">
        <legend>Risk at least</legend>
        <div class="segmented">
          {RISKS.map(least => (
            <button key={least} type="button" aria-pressed={filter.minRisk === least} onClick={() => onRisk(least)}>
              {least === 0 ? 'Any' : least}
            </button>
          ))}
        </div>
      </fieldset>
      {ORDER.map(name => (
        <FacetGroup
          key={name}
          name={name}
          counts={counts?.facets[name] ?? {}}
          chosen={filter.lists[name]}
          onToggle={value => onToggle(name, value)}
        />
      ))}
    </div>
  );
}

interface GroupProps {
  readonly name: ListName;
  readonly counts: Readonly<Record<string, number>>;
  readonly chosen: readonly string[];
  readonly onToggle: (value: string) => void;
}

function FacetGroup({ name, counts, chosen, onToggle }: GroupProps) {
  const [all, setAll] = useState(false);
  const values = ordered(name, counts, chosen);
  if (values.length === 0) return null;
  const shown = all ? values : values.filter((value, i) => i < SHOWN || chosen.includes(value));
  return (
    <fieldset class="facet">
      <legend>{FACET_NAME[name]}</legend>
      {shown.map(value => (
        <label key={value} class="facet__value">
          <input type="checkbox" checked={chosen.includes(value)} onChange={() => onToggle(value)} />
          {name === 'verdict' && (
            <span data-tone={value}>
              <Icon name={value as State} class="facet__icon" />
            </span>
          )}
          <span class="clip" title={valueName(name, value)}>
            {valueName(name, value)}
          </span>
          <span class="num faint">{count(counts[value] ?? 0)}</span>
        </label>
      ))}
      {values.length > shown.length && (
        <button type="button" class="link facet__more" onClick={() => setAll(true)}>
          {values.length - shown.length} more
        </button>
      )}
    </fieldset>
  );
}

/** Closed sets in their own order, others by count; what is chosen is always there, even with no response left. */
function ordered(name: ListName, counts: Readonly<Record<string, number>>, chosen: readonly string[]): string[] {
  const known = new Set([...Object.keys(counts).filter(value => (counts[value] ?? 0) > 0), ...chosen]);
  const fixed: readonly string[] | undefined =
    name === 'verdict' ? STATES : name === 'action' ? [...ACTIONS].reverse() : undefined;
  if (fixed) return fixed.filter(value => known.has(value));
  return [...known].sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a.localeCompare(b));
}
