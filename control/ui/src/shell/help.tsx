/** The list of keyboard shortcuts, and the switch that turns them off. */

import { CHORD } from '../state/hotkeys';
import { hotkeysOn } from '../state/prefs';
import { useStore } from '../state/store';
import { Dialog } from '../ui/dialog';
import { SCREENS } from './screens';

const GROUPS: readonly { title: string; keys: readonly (readonly [keys: string, does: string])[] }[] = [
  {
    title: 'Everywhere',
    keys: [
      ['/', 'Search verdicts'],
      [`${CHORD} K`, 'Go to a screen, workload, model or verdict'],
      ['t', 'Time range'],
      ['r', 'Refresh'],
      ['?', 'This list'],
      ...SCREENS.map(screen => [`g ${screen.key}`, `Go to ${screen.title}`] as const),
    ],
  },
  {
    title: 'Lists',
    keys: [
      ['j', 'Next row'],
      ['k', 'Previous row'],
      ['Enter', 'Open'],
      ['n', 'Next page'],
      ['p', 'Previous page'],
      ['f', 'Find workloads or models by name'],
      ['u', 'Back to the list'],
    ],
  },
  {
    title: 'One verdict',
    keys: [
      ['j', 'Next span'],
      ['k', 'Previous span'],
      [']', 'Next verdict (older)'],
      ['[', 'Previous verdict (newer)'],
      ['u', 'Back to the list'],
    ],
  },
  { title: 'Live', keys: [['Space', 'Pause or go on']] },
];

export function Help({ open, onClose }: { open: boolean; onClose: () => void }) {
  const on = useStore(hotkeysOn);
  return (
    <Dialog title="Keyboard shortcuts" open={open} onClose={onClose}>
      <div class="keylist">
        {GROUPS.map(group => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl>
              {group.keys.map(([keys, does]) => (
                <div key={keys}>
                  <dt>{does}</dt>
                  <dd>
                    {keys.split(' ').map(key => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p class="keylist__switch">
        <label>
          <input type="checkbox" checked={on === 'on'} onChange={() => hotkeysOn.set(on === 'on' ? 'off' : 'on')} />{' '}
          Single-key shortcuts
        </label>
      </p>
    </Dialog>
  );
}
