/** The screens in the rail, in order. A new screen is added here, in `state/router.ts` and in `app.tsx`. */

import type { Route } from '../state/router';
import type { IconName } from '../ui/icons';

export interface Screen {
  readonly name: 'overview' | 'verdicts' | 'live' | 'workloads' | 'models' | 'sidecars';
  readonly title: string;
  readonly path: string;
  readonly icon: IconName;
  /** Second key after `g`. */
  readonly key: string;
  /** Whether the time range means anything there. */
  readonly ranged: boolean;
}

export const SCREENS: readonly Screen[] = [
  { name: 'overview', title: 'Overview', path: '/', icon: 'overview', key: 'o', ranged: true },
  { name: 'verdicts', title: 'Verdicts', path: '/verdicts', icon: 'verdicts', key: 'v', ranged: true },
  { name: 'live', title: 'Live', path: '/live', icon: 'live', key: 'l', ranged: false },
  { name: 'workloads', title: 'Workloads', path: '/workloads', icon: 'workloads', key: 'w', ranged: true },
  { name: 'models', title: 'Models', path: '/models', icon: 'models', key: 'm', ranged: true },
  { name: 'sidecars', title: 'Sidecars', path: '/sidecars', icon: 'sidecars', key: 's', ranged: false },
];

/** Screens of one thing, and the screen of all of them that they belong to. */
const WITHIN = { verdict: 'verdicts', workload: 'workloads', model: 'models' } as const;

/** The screen in the rail that a route is on or within. */
export function screenOf(route: Route | undefined): Screen | undefined {
  if (!route) return undefined;
  const name = route.screen in WITHIN ? WITHIN[route.screen as keyof typeof WITHIN] : route.screen;
  return SCREENS.find(screen => screen.name === name);
}
