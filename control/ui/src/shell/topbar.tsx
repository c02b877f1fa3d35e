/** The bar above every screen: search, time range, refresh. */

import { useState } from 'preact/hooks';
import { useHotkeys } from '../state/hotkeys';
import type { TimeRange } from '../state/range';
import { refreshAll } from '../state/resource';
import { Icon } from '../ui/icons';
import { RangePicker } from './rangepicker';
import { SearchBox } from './searchbox';

export function TopBar({ range, ranged }: { range: TimeRange; ranged: boolean }) {
  const [open, setOpen] = useState(false);
  useHotkeys({ r: refreshAll, t: () => ranged && setOpen(true) });
  return (
    <header class="bar">
      <SearchBox />
      <div class="bar__space" />
      {ranged && <RangePicker range={range} open={open} onOpen={setOpen} />}
      <button type="button" class="button button--icon" aria-label="Refresh" title="Refresh (r)" onClick={refreshAll}>
        <Icon name="refresh" />
      </button>
    </header>
  );
}
