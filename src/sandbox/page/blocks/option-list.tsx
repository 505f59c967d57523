import type { RefObject } from 'react';
import { type Choice, describe, type Option } from '../values.ts';
import type { Found } from './use-options.ts';

interface Props {
  readonly id: string;
  readonly labelledBy: string;
  readonly found: Found;
  readonly active: number;
  readonly chosen: readonly Choice[];
  readonly choose: (option: Option) => void;
  readonly list: RefObject<HTMLDivElement | null>;
}

/** The list under a combobox; the keyboard stays in the field and moves `active`. */
export function OptionList({ id, labelledBy, found, active, chosen, choose, list }: Props) {
  let index = -1;
  return (
    <div className="popup combobox-popup" ref={list}>
      <div id={`${id}-list`} role="listbox" aria-labelledby={labelledBy}>
        {found.groups.map((group) => (
          // A fieldset is no child of a listbox.
          // biome-ignore lint/a11y/useSemanticElements: see above
          <div key={group.label} role="group" aria-label={group.label || 'Options'}>
            {group.label !== '' && <div className="option-group">{group.label}</div>}
            {group.options.map((option) => {
              index += 1;
              const at = index;
              return (
                // The keyboard stays in the text field, as the pattern asks for.
                // biome-ignore lint/a11y/useFocusableInteractive: see above
                <div
                  key={option.value}
                  id={`${id}-option-${at}`}
                  role="option"
                  className="option"
                  aria-selected={chosen.some(({ value }) => value === option.value)}
                  data-active={at === active}
                  // Before the field loses the focus and closes the list.
                  onMouseDown={(event) => {
                    event.preventDefault();
                    choose(option);
                  }}
                >
                  <span className="option-text">{option.text?.text}</span>
                  {describe(option) !== '' && <span className="option-more">{describe(option)}</span>}
                </div>
              );
            })}
          </div>
        ))}
      </div>
      {found.note !== '' && (
        <div className="popup-note" role="status">
          {found.note}
        </div>
      )}
    </div>
  );
}
