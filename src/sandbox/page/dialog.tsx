import { type ReactNode, useLayoutEffect, useRef } from 'react';

interface Props {
  readonly labelledBy: string;
  readonly className: string;
  readonly role?: 'dialog' | 'alertdialog';
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/**
 * A modal dialog on the browser's own element: it keeps the focus inside, hides the rest from screen readers and hears
 * Escape. Afterwards the focus goes back to where it was.
 */
export function Dialog({ labelledBy, className, role = 'dialog', onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Before the effects of what is inside: opening moves the focus to the first button, which those then move on.
  useLayoutEffect(() => {
    const before = document.activeElement;
    const element = dialog.current;
    element?.showModal();
    return () => {
      // Once the dialog is out of the document: Chromium gives a field no caret while a dialog makes it inert.
      queueMicrotask(() => {
        const isUsable = before instanceof HTMLElement && before !== document.body && before.isConnected;
        const back = isUsable ? before : document.getElementById('composer');
        back?.focus();
      });
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      role={role}
      className={className}
      aria-labelledby={labelledBy}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // Chromium closes on a second Escape whatever onCancel says; the key itself is heard here.
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return;
        event.preventDefault();
        event.stopPropagation();
        onClose();
      }}
    >
      {children}
    </dialog>
  );
}
