/** The rail on the left: screens, documentation, help, theme. */

import type { Theme } from '../state/prefs';
import { theme } from '../state/prefs';
import { rangeQuery } from '../state/range';
import type { TimeRange } from '../state/range';
import { withQuery } from '../state/router';
import { useStore } from '../state/store';
import type { IconName } from '../ui/icons';
import { Icon, Mark } from '../ui/icons';
import { SCREENS } from './screens';

const THEMES: Record<Theme, { next: Theme; icon: IconName; name: string }> = {
  system: { next: 'light', icon: 'system', name: 'Theme: system' },
  light: { next: 'dark', icon: 'sun', name: 'Theme: light' },
  dark: { next: 'system', icon: 'moon', name: 'Theme: dark' },
};

interface RailProps {
  readonly current: string | undefined;
  readonly range: TimeRange;
  readonly onHelp: () => void;
}

export function Rail({ current, range, onHelp }: RailProps) {
  const look = THEMES[useStore(theme)];
  return (
    <aside class="rail" aria-label="Screens">
      <a class="brand" href="/">
        <Mark />
        <span>AgentGuard</span>
      </a>
      <nav aria-label="Main">
        <ul>
          {SCREENS.map(screen => (
            <li key={screen.name}>
              <a
                class="rail__item"
                href={withQuery(screen.path, new URLSearchParams(), screen.ranged ? rangeQuery(range) : {})}
                aria-current={screen.name === current ? 'page' : undefined}
                title={screen.title}
              >
                <Icon name={screen.icon} />
                <span>{screen.title}</span>
                <i class="keys" aria-hidden="true">
                  g {screen.key}
                </i>
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="rail__end">
        <a class="rail__item" href="/docs" title="API documentation">
          <Icon name="docs" />
          <span>API documentation</span>
        </a>
        <button type="button" class="rail__item" onClick={onHelp} title="Keyboard shortcuts">
          <Icon name="help" />
          <span>Keyboard shortcuts</span>
          <i class="keys" aria-hidden="true">
            ?
          </i>
        </button>
        <button
          type="button"
          class="rail__item"
          onClick={() => theme.set(look.next)}
          title={`${look.name}. Change to ${look.next}`}
        >
          <Icon name={look.icon} />
          <span>{look.name}</span>
        </button>
      </div>
    </aside>
  );
}
