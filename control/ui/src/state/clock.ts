/** The time now, for "5 s ago" and the like: one timer for the whole page. */

import { Store, useStore } from './store';

const TICK_MS = 1000;
const now = new Store(Date.now());

/** Starts ticking. Called once. */
export function startClock(): void {
  setInterval(() => {
    if (document.visibilityState === 'visible') now.set(Date.now());
  }, TICK_MS);
}

/** Now, to a second; the component is drawn again as it passes. */
export const useNow = (): number => useStore(now);
