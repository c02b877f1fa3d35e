/** A box that narrows a table down by name. `f` leads into it, Escape out of it, Enter on to the first row. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { useHotkeys } from '../../state/hotkeys';
import { Icon } from '../../ui/icons';

/** So long after the last key the address follows. */
const SETTLE_MS = 150;
const LONGEST = 200;

interface FindBoxProps {
  readonly label: string;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onEnter: () => void;
}

export function FindBox({ label, text, onText, onEnter }: FindBoxProps) {
  const [typed, setTyped] = useState(text);
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useHotkeys({
    f: () => {
      input.current?.focus();
      input.current?.select();
    },
  });
  useEffect(() => setTyped(text), [text]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const settle = (value: string, wait: number) => {
    setTyped(value);
    clearTimeout(timer.current);
    if (wait === 0) onText(value);
    else timer.current = setTimeout(() => onText(value), wait);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      if (typed === '') input.current?.blur();
      else settle('', 0);
    }
    if (event.key === 'Enter') {
      settle(typed, 0);
      // The rows that are left are drawn by then.
      setTimeout(onEnter, 0);
    }
  };
  return (
    <label class="findbox">
      <Icon name="filter" />
      <input
        ref={input}
        type="search"
        value={typed}
        maxLength={LONGEST}
        autocomplete="off"
        spellcheck={false}
        placeholder={label}
        aria-label={label}
        onInput={event => settle(event.currentTarget.value, SETTLE_MS)}
        onKeyDown={onKeyDown}
      />
      <kbd aria-hidden="true">f</kbd>
    </label>
  );
}
