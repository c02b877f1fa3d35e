/** The conditions in force, each with a way to drop it. */

import type { Filter } from '../../state/filters';
import { LISTS, NO_FILTER, toggle } from '../../state/filters';
import { Icon } from '../../ui/icons';
import { FACET_NAME, valueName } from '../../ui/words';

interface ChipsProps {
  readonly filter: Filter;
  readonly onChange: (filter: Filter) => void;
}

export function Chips({ filter, onChange }: ChipsProps) {
  const chips = [
    ...LISTS.flatMap(name =>
      filter.lists[name].map(value => ({
        key: `${name}:${value}`,
        name: FACET_NAME[name] ?? name,
        value: valueName(name, value),
        without: toggle(filter, name, value),
      })),
    ),
    ...(filter.minRisk > 0
      ? [{ key: 'risk', name: 'Risk', value: `≥ ${filter.minRisk}`, without: { ...filter, minRisk: 0 } }]
      : []),
    ...(filter.q === '' ? [] : [{ key: 'q', name: 'Search', value: filter.q, without: { ...filter, q: '' } }]),
  ];
  if (chips.length === 0) return null;
  return (
    <ul class="chips" aria-label="Filters">
      {chips.map(chip => (
        <li key={chip.key} class="chip">
          <span class="faint">{chip.name}</span>
          <span class="clip">{chip.value}</span>
          <button
            type="button"
            class="chip__close"
            aria-label={`Drop ${chip.name}: ${chip.value}`}
            onClick={() => onChange(chip.without)}
          >
            <Icon name="close" />
          </button>
        </li>
      ))}
      <li>
        <button type="button" class="button button--bare button--small" onClick={() => onChange(NO_FILTER)}>
          Clear all
        </button>
      </li>
    </ul>
  );
}
