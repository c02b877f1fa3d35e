/** A modal dialog: the browser's own, which keeps focus inside and closes on Escape. */

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icons';

interface DialogProps {
  readonly title: string;
  readonly open: boolean;
  readonly onClose: () => void;
  readonly class?: string;
  readonly children: ComponentChildren;
}

export function Dialog({ title, open, onClose, class: extra, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open) dialog.current?.close();
  }, [open]);
  const onBackdrop = (event: MouseEvent) => {
    if (event.target === dialog.current) onClose();
  };
  return (
    <dialog ref={dialog} class={extra} aria-label={title} onClose={onClose} onClick={onBackdrop}>
      {open && (
        <>
          <div class="dialog__head">
            <h2>{title}</h2>
            <button type="button" class="button button--bare button--icon" aria-label="Close" onClick={onClose}>
              <Icon name="close" />
            </button>
          </div>
          <div class="dialog__body">{children}</div>
        </>
      )}
    </dialog>
  );
}
