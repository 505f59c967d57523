import { useEffect, useId, useRef, useState } from 'react';
import { DotsIcon } from '../icons.tsx';
import { type Json, objects, text, words } from '../json.ts';
import { useSurface } from '../surface.tsx';

/** The menu behind three dots (Slack's page "Overflow menu element"). */
export function Overflow({ block, element }: { readonly block: Json; readonly element: Json }) {
  const { press } = useSurface();
  const [open, setOpen] = useState(false);
  const id = useId();
  const menu = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (open) menu.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus();
  }, [open]);
  const close = (): void => {
    setOpen(false);
    trigger.current?.focus();
  };
  const move = (by: number): void => {
    const items = [...(menu.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const at = items.findIndex((item) => item.matches(':focus'));
    items[(at + by + items.length) % items.length]?.focus();
  };
  return (
    <div className="overflow">
      <button
        ref={trigger}
        type="button"
        className="button button-square"
        aria-label={text(element.accessibility_label) || 'More actions'}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        <DotsIcon />
      </button>
      {open && (
        <div
          ref={menu}
          id={id}
          className="popup"
          role="menu"
          onBlur={(event) => event.currentTarget.contains(event.relatedTarget) || setOpen(false)}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
              event.preventDefault();
              move(event.key === 'ArrowDown' ? 1 : -1);
            } else if (event.key === 'Escape') {
              event.preventDefault();
              event.stopPropagation();
              close();
            }
          }}
        >
          {objects(element.options).map((option) => (
            <button
              key={text(option.value)}
              type="button"
              role="menuitem"
              className="option"
              onClick={() => {
                close();
                press(block, element, { value: text(option.value), label: words(option.text) });
              }}
            >
              {words(option.text)}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
