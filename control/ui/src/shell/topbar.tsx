/** The bar above every screen: search, time range, refresh. */

import { useState } from 'preact/hooks';
import { CHORD, useHotkeys } from '../state/hotkeys';
import type { TimeRange } from '../state/range';
import { refreshAll } from '../state/resource';
import { Icon } from '../ui/icons';
import { RangePicker } from './rangepicker';
import { SearchBox } from './searchbox';

interface TopBarProps {
  readonly range: TimeRange;
  readonly ranged: boolean;
  readonly onPalette: () => void;
}

export function TopBar({ range, ranged, onPalette }: TopBarProps) {
  const [open, setOpen] = useState(false);
  useHotkeys({ r: refreshAll, t: () => ranged && setOpen(true) });
  return (
    <header class="bar">
      <SearchBox />
      <div class="bar__space" />
      <button
        type="button"
        class="button bar__jump"
        aria-keyshortcuts="Control+K Meta+K"
        title={`Go to a screen, workload, model or verdict (${CHORD} K)`}
        onClick={onPalette}
      >
        <Icon name="jump" />
        <span class="visually-hidden">Go to</span>
        <kbd aria-hidden="true">{CHORD} K</kbd>
      </button>
      {ranged && <RangePicker range={range} open={open} onOpen={setOpen} />}
      <button type="button" class="button button--icon" aria-label="Refresh" title="Refresh (r)" onClick={refreshAll}>
        <Icon name="refresh" />
      </button>
    </header>
  );
}
