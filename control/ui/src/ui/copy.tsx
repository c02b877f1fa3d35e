/** A button that copies, and says that it did. */

import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icons';

export function CopyButton({ text, label }: { text: () => string; label: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => setDone(false), 1600);
    return () => clearTimeout(timer);
  }, [done]);
  // Only pages from https or the loopback may write to the clipboard.
  if (!navigator.clipboard) return null;
  const copy = () => {
    navigator.clipboard.writeText(text()).then(
      () => setDone(true),
      () => setDone(false),
    );
  };
  return (
    <button
      type="button"
      class="button button--bare button--small button--icon"
      aria-label={label}
      title={label}
      onClick={copy}
    >
      <Icon name={done ? 'done' : 'copy'} />
      <span class="visually-hidden" role="status">
        {done ? 'Copied' : ''}
      </span>
    </button>
  );
}
