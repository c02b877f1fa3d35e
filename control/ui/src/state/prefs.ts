/** What a person prefers, kept in this browser. */

import type { Zone } from '../lib/time';
import { Store } from './store';

export type Theme = 'system' | 'light' | 'dark';

/** The colours in use. */
export const scheme = new Store<'light' | 'dark'>('light');
export const theme = new Store<Theme>(read('theme', ['system', 'light', 'dark'], 'system'));
export const zone = new Store<Zone>(read('zone', ['local', 'utc'], 'local'));
/** Whether single keys are shortcuts (WCAG 2.1.4 wants a way to turn them off). */
export const hotkeysOn = new Store<'on' | 'off'>(read('hotkeys', ['on', 'off'], 'on'));

/** Applies the preferences and keeps them. Called once, before anything is drawn. */
export function startPrefs(): void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const paper = matchMedia('print');
  const apply = () => {
    const chosen = theme.value === 'system' ? (dark.matches ? 'dark' : 'light') : theme.value;
    const now = paper.matches ? 'light' : chosen;
    document.documentElement.dataset['scheme'] = now;
    scheme.set(now);
  };
  dark.addEventListener('change', apply);
  paper.addEventListener('change', apply);
  theme.watch(apply);
  apply();
  keep('theme', theme);
  keep('zone', zone);
  keep('hotkeys', hotkeysOn);
}

function keep(name: string, store: Store<string>): void {
  store.watch(() => {
    try {
      localStorage.setItem(`agentguard.${name}`, store.value);
    } catch {
      // Storage is full or forbidden: the choice then lasts until the page is left.
    }
  });
}

function read<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
  try {
    const value = localStorage.getItem(`agentguard.${name}`);
    return allowed.find(one => one === value) ?? fallback;
  } catch {
    return fallback;
  }
}
