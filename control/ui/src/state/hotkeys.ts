/** Single-key shortcuts. They rest while somebody types, while a dialog is open, and when switched off. */

import { useLayoutEffect, useRef } from 'preact/hooks';
import { hotkeysOn } from './prefs';

/** Keys (`j`, `?`, `[`, or two in a row: `g o`) and what they do. */
export type Hotkeys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

const layers: { current: Hotkeys }[] = [];
const SEQUENCE_MS = 1200;
let prefix = '';
let prefixAt = 0;

/** Starts listening. Called once. */
export function startHotkeys(): void {
  document.addEventListener('keydown', event => {
    if (hotkeysOn.value === 'off' || event.defaultPrevented || isChord(event)) return;
    if (isTyping(event.target) || document.querySelector('dialog[open]')) return;
    if (event.key === ' ' && event.target instanceof Element && event.target.closest('button, a, summary, input'))
      return;
    const sequence = prefix !== '' && Date.now() - prefixAt < SEQUENCE_MS ? `${prefix} ${event.key}` : event.key;
    prefix = '';
    for (const layer of [...layers].reverse()) {
      const act = layer.current[sequence];
      if (act) {
        event.preventDefault();
        act(event);
        return;
      }
    }
    if (layers.some(layer => Object.keys(layer.current).some(keys => keys.startsWith(`${event.key} `)))) {
      prefix = event.key;
      prefixAt = Date.now();
    }
  });
}

/** Shortcuts for as long as the component is there; the innermost wins. */
export function useHotkeys(keys: Hotkeys): void {
  const layer = useRef(keys);
  layer.current = keys;
  // Before the next paint, so that no key falls between one screen and the next.
  useLayoutEffect(() => {
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
    };
  }, []);
}

/** A letter with Ctrl, or with ⌘: not one of the single keys, so it works while somebody types and when those are off. */
export function useChord(letter: string, act: () => void): void {
  const now = useRef(act);
  now.current = act;
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey) return;
      if (event.key.toLowerCase() !== letter || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      now.current();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [letter]);
}

/** How this computer writes the key of a chord. */
export const CHORD = /Mac|iP(hone|ad)/.test(navigator.userAgent) ? '⌘' : 'Ctrl';

/** With a modifier held; AltGr is how many keyboards write `[` and `]`. */
function isChord(event: KeyboardEvent): boolean {
  return event.metaKey || ((event.ctrlKey || event.altKey) && !event.getModifierState('AltGraph'));
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'range'].includes(target.type);
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
