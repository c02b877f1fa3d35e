/** The search box in the bar. It searches verdicts from any screen; a whole id opens that verdict. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { useHotkeys } from '../state/hotkeys';
import { matchRoute, navigate, setQuery, usePlace, withQuery } from '../state/router';
import { Icon } from '../ui/icons';
import { verdictId } from './places';

const SETTLE_MS = 300;

export function SearchBox() {
  const place = usePlace();
  const query = new URLSearchParams(place.search);
  const onList = matchRoute(place.path)?.screen === 'verdicts';
  const shown = query.get('q') ?? '';
  const [text, setText] = useState(shown);
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useHotkeys({
    '/': () => {
      input.current?.focus();
      input.current?.select();
    },
  });
  useEffect(() => setText(shown), [shown]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const search = (value: string, options: { replace?: boolean } = {}) => {
    clearTimeout(timer.current);
    const q = value.trim();
    const id = verdictId(q);
    if (id !== undefined) navigate(`/verdicts/${id}`);
    else if (onList) setQuery({ q, cursor: undefined }, options);
    else if (q !== '') {
      const range = {
        range: query.get('range') ?? undefined,
        from: query.get('from') ?? undefined,
        to: query.get('to') ?? undefined,
      };
      navigate(withQuery('/verdicts', new URLSearchParams(), { ...range, q }));
    }
  };
  const onInput = (value: string) => {
    setText(value);
    clearTimeout(timer.current);
    if (onList) timer.current = setTimeout(() => search(value, { replace: true }), SETTLE_MS);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    if (text !== '') {
      setText('');
      if (onList) search('', { replace: true });
    } else input.current?.blur();
  };
  return (
    <form
      class="bar__search"
      role="search"
      onSubmit={event => {
        event.preventDefault();
        search(text);
      }}
    >
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        name="q"
        value={text}
        maxLength={200}
        autocomplete="off"
        spellcheck={false}
        placeholder="Search explanation, model, workload, id"
        aria-label="Search verdicts"
        onInput={event => onInput(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}
