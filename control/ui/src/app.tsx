/** The frame and the screen in it. */

import { useEffect, useErrorBoundary, useRef, useState } from 'preact/hooks';
import { ApiError } from './api/problem';
import { Detail } from './pages/golden/detail';
import { Golden } from './pages/golden/golden';
import { MODELS, WORKLOADS } from './pages/golden/kinds';
import { Live } from './pages/live/live';
import { Overview } from './pages/overview/overview';
import { Sidecars } from './pages/sidecars/sidecars';
import { Verdict } from './pages/verdict/verdict';
import { Verdicts } from './pages/verdicts/verdicts';
import { Help } from './shell/help';
import { Palette } from './shell/palette';
import { PrintHead } from './shell/printhead';
import { Rail } from './shell/rail';
import { SCREENS, screenOf } from './shell/screens';
import { TopBar } from './shell/topbar';
import { useChord, useHotkeys } from './state/hotkeys';
import type { TimeRange } from './state/range';
import { parseRange, rangeQuery } from './state/range';
import type { Route } from './state/router';
import { matchRoute, navigate, usePlace, withQuery } from './state/router';
import { Blank, ErrorBlank } from './ui/notes';

export function App() {
  const place = usePlace();
  const range = parseRange(new URLSearchParams(place.search));
  const route = matchRoute(place.path);
  const screen = screenOf(route);
  const ranged = screen?.ranged === true && route?.screen !== 'verdict';
  const title = titleOf(route);
  const [help, setHelp] = useState(false);
  const [palette, setPalette] = useState(false);

  const goes = SCREENS.map(one => [
    `g ${one.key}`,
    () => navigate(withQuery(one.path, new URLSearchParams(), one.ranged ? rangeQuery(range) : {})),
  ]);
  useHotkeys({ ...Object.fromEntries(goes), '?': () => setHelp(true) });
  useChord('k', () => setPalette(true));

  useEffect(() => {
    document.title = title;
  }, [title, place.path]);

  useFocusOnArrival(place.path);

  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <div class="shell">
        <Rail current={screen?.name} range={range} onHelp={() => setHelp(true)} />
        <div class="main">
          <TopBar range={range} ranged={ranged} onPalette={() => setPalette(true)} />
          <main id="main" tabIndex={-1}>
            <PrintHead range={ranged ? range : undefined} />
            <Guarded key={place.path} route={route} range={range} />
          </main>
        </div>
      </div>
      <Help open={help} onClose={() => setHelp(false)} />
      <Palette range={range} open={palette} onClose={() => setPalette(false)} />
    </>
  );
}

const LONGEST_NAME = 80;

function titleOf(route: Route | undefined): string {
  const screen = screenOf(route);
  const name = route && 'name' in route ? [route.name.slice(0, LONGEST_NAME)] : [];
  return [...name, ...(screen ? [screen.title] : []), 'AgentGuard'].join(' · ');
}

/** A new screen takes the focus, so that the keyboard and screen readers begin at its start. */
function useFocusOnArrival(path: string): void {
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    const arrived = document.querySelector<HTMLElement>('main h1') ?? document.getElementById('main');
    arrived?.focus({ preventScroll: true });
  }, [path]);
}

/** What one screen cannot draw (an answer of another version, say) does not take the frame with it. */
function Guarded(props: PageProps) {
  const [thrown, recover] = useErrorBoundary();
  if (thrown === undefined) return <Page {...props} />;
  const error = new ApiError(
    0,
    'This screen could not be drawn',
    'The page and the control plane may be of different versions. Reload the page.',
  );
  return <ErrorBlank error={error} onRetry={recover} />;
}

interface PageProps {
  readonly route: Route | undefined;
  readonly range: TimeRange;
}

function Page({ route, range }: PageProps) {
  switch (route?.screen) {
    case 'overview':
      return <Overview range={range} />;
    case 'verdicts':
      return <Verdicts range={range} />;
    case 'verdict':
      return <Verdict id={route.id} />;
    case 'live':
      return <Live />;
    case 'workloads':
      return <Golden kind={WORKLOADS} range={range} />;
    case 'models':
      return <Golden kind={MODELS} range={range} />;
    case 'workload':
      return <Detail kind={WORKLOADS} name={route.name} range={range} />;
    case 'model':
      return <Detail kind={MODELS} name={route.name} range={range} />;
    case 'sidecars':
      return <Sidecars />;
    default:
      return (
        <Blank icon="empty" title="There is no such page">
          <p>
            Go to the{' '}
            <a class="link" href="/">
              overview
            </a>
            .
          </p>
        </Blank>
      );
  }
}
