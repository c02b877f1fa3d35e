/** The screens in the rail, in order. A new screen is added here, in `state/router.ts` and in `app.tsx`. */

import type { IconName } from '../ui/icons';

export interface Screen {
  readonly name: 'overview' | 'verdicts' | 'live' | 'sidecars';
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
  { name: 'sidecars', title: 'Sidecars', path: '/sidecars', icon: 'sidecars', key: 's', ranged: false },
];
