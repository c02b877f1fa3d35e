/** Goes anywhere by name: a combobox in a dialog (ARIA practices, "Editable combobox with list autocomplete"). */

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api } from '../api/client';
import type { TimeRange } from '../state/range';
import { rangeParams, rangeQuery, relative } from '../state/range';
import { useResource } from '../state/resource';
import { navigate } from '../state/router';
import { Dialog } from '../ui/dialog';
import type { IconName } from '../ui/icons';
import { Icon } from '../ui/icons';
import { Name } from '../ui/name';
import type { Goal } from './places';
import { found, goalsOf } from './places';
import { SCREENS } from './screens';

/** Names are known from so far back. */
const KNOWN = relative('7d') as TimeRange;

interface PaletteProps {
  readonly range: TimeRange;
  readonly open: boolean;
  readonly onClose: () => void;
}

export function Palette({ range, open, onClose }: PaletteProps) {
  return (
    <Dialog title="Go to" open={open} onClose={onClose} class="palette">
      <Choice range={range} onClose={onClose} />
    </Dialog>
  );
}

function Choice({ range, onClose }: Omit<PaletteProps, 'open'>) {
  const workloads = useResource('palette/workloads', signal => api.workloads(rangeParams(KNOWN), signal));
  const models = useResource('palette/models', signal => api.models(rangeParams(KNOWN), signal));
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const kept = rangeQuery(range);
  const goals = useMemo(
    () => goalsOf(workloads.data?.items ?? [], models.data?.items ?? [], kept),
    [workloads.data, models.data, kept.range, kept.from, kept.to],
  );
  const shown = found(goals, text, kept);
  const active = Math.min(at, shown.length - 1);
  useEffect(() => list.current?.children[active]?.scrollIntoView({ block: 'nearest' }), [active, text]);
  const go = (goal: Goal | undefined) => {
    if (!goal) return;
    onClose();
    navigate(goal.href);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt((active + step + shown.length) % shown.length);
    else if (event.key === 'Enter') go(shown[active]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <label class="palette__input">
        <Icon name="search" />
        <input
          type="text"
          autofocus
          role="combobox"
          value={text}
          maxLength={200}
          autocomplete="off"
          spellcheck={false}
          placeholder="Screen, workload, model or verdict id"
          aria-label="Screen, workload, model or verdict id"
          aria-autocomplete="list"
          aria-expanded={true}
          aria-controls="palette-goals"
          aria-activedescendant={`palette-${active}`}
          onInput={event => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
      </label>
      <ul class="palette__goals" role="listbox" id="palette-goals" aria-label="Places" ref={list}>
        {shown.map((goal, index) => (
          <li
            key={`${goal.what} ${goal.name}`}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === active}
            onPointerMove={() => setAt(index)}
            onClick={() => go(goal)}
          >
            <Icon name={iconOf(goal)} />
            <span class="clip" title={goal.name}>
              {goal.what === 'Search' ? (
                <>
                  Search verdicts for <bdi>“{goal.name}”</bdi>
                </>
              ) : (
                <Name text={goal.name} />
              )}
            </span>
            {goal.what !== 'Search' && <span class="faint">{goal.what}</span>}
          </li>
        ))}
      </ul>
      {(workloads.error ?? models.error) && (
        <p class="faint" role="status">
          Workloads and models are not listed: {(workloads.error ?? models.error)?.title}.
        </p>
      )}
    </>
  );
}

function iconOf({ what, name }: Goal): IconName {
  if (what === 'Screen') return SCREENS.find(screen => screen.title === name)?.icon ?? 'jump';
  return ({ Workload: 'workloads', Model: 'models', Verdict: 'verdicts', Search: 'search' } as const)[what];
}
