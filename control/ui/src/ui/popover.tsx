/** A button with a panel below it. Escape and a click elsewhere close the panel; focus goes back to the button. */

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface PopoverProps {
  readonly label: string;
  readonly open: boolean;
  readonly onOpen: (open: boolean) => void;
  readonly button: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Popover({ label, open, onOpen, button, children }: PopoverProps) {
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    const panel = root.current?.querySelector('.popover__panel');
    const chosen = panel?.querySelector<HTMLElement>('[aria-pressed="true"]');
    (chosen ?? panel?.querySelector<HTMLElement>('button, input'))?.focus();
    const onPointer = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) onOpen(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [open, onOpen]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !open) return;
    event.stopPropagation();
    onOpen(false);
    opener.current?.focus();
  };
  const onFocusOut = (event: FocusEvent) => {
    if (open && event.relatedTarget instanceof Node && !root.current?.contains(event.relatedTarget)) onOpen(false);
  };
  return (
    <div class="popover" ref={root} onKeyDown={onKeyDown} onFocusOut={onFocusOut}>
      <button
        type="button"
        class="button"
        ref={opener}
        aria-expanded={open}
        aria-haspopup="dialog"
        onClick={() => onOpen(!open)}
      >
        {button}
      </button>
      {open && (
        <div class="popover__panel" role="dialog" aria-label={label}>
          {children}
        </div>
      )}
    </div>
  );
}
