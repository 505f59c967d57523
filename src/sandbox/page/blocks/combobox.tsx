import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { CloseIcon, DownIcon } from '../icons.tsx';
import { type Choice, choiceOf, type Option, type OptionGroup } from '../values.ts';
import { OptionList } from './option-list.tsx';
import { useOptions } from './use-options.ts';

interface Props {
  readonly id: string;
  readonly action: string;
  readonly labelledBy: string;
  readonly describedBy: string | undefined;
  readonly invalid: boolean;
  readonly required: boolean;
  readonly autofocus: boolean;
  readonly placeholder: string;
  readonly many: boolean;
  readonly chosen: readonly Choice[];
  readonly groups: readonly OptionGroup[];
  /** Asks the bot; undefined for a menu with its own options. */
  readonly search: ((query: string) => Promise<readonly Option[]>) | undefined;
  /** Letters before the bot is asked (Slack's page "Select menu element", min_query_length). */
  readonly minimum: number;
  readonly onChange: (choices: readonly Choice[]) => void;
}

/** A menu that can be searched: the combobox with a list popup of the WAI-ARIA Authoring Practices. */
export function Combobox(props: Props) {
  const { id, many, chosen, onChange } = props;
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState<string>();
  const [active, setActive] = useState(-1);
  const found = useOptions(props, open, query ?? '');
  const list = useRef<HTMLDivElement>(null);
  const options = found.groups.flatMap((group) => group.options);
  const shown = query ?? (many ? '' : (chosen[0]?.label ?? ''));

  // biome-ignore lint/correctness/useExhaustiveDependencies: the list grows when the answer comes
  useEffect(() => {
    if (open) list.current?.scrollIntoView({ block: 'nearest' });
  }, [open, found.note, options.length]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the active option moves by the keyboard
  useEffect(() => {
    list.current?.querySelector('[data-active=true]')?.scrollIntoView({ block: 'nearest' });
  }, [active]);

  const close = (): void => {
    setOpen(false);
    setQuery(undefined);
    setActive(-1);
  };
  const show = (): void => {
    setOpen(true);
    setActive(-1);
  };
  const choose = (option: Option): void => {
    const choice = choiceOf(option);
    const others = chosen.filter(({ value }) => value !== choice.value);
    onChange(many ? (others.length < chosen.length ? others : [...chosen, choice]) : [choice]);
    if (many) setQuery(undefined);
    else close();
  };

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      if (!open) show();
      else if (options.length > 0)
        setActive((at) => (at < 0 && step < 0 ? options.length - 1 : (at + step + options.length) % options.length));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const option = options[active] ?? (options.length === 1 ? options[0] : undefined);
      if (open && option !== undefined) choose(option);
      else if (!open) show();
    } else if (event.key === 'Escape' && open) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === 'Backspace' && query === undefined && chosen.length > 0) {
      if (many) onChange(chosen.slice(0, -1));
    }
  }

  const activeId = open && active >= 0 ? `${id}-option-${active}` : undefined;
  return (
    <div className="combobox">
      {many && chosen.length > 0 && (
        <div className="chips">
          {chosen.map((choice) => (
            <span className="chip" key={choice.value}>
              {choice.label}
              <button
                type="button"
                className="icon-button"
                aria-label={`Take ${choice.label} away`}
                onClick={() => onChange(chosen.filter(({ value }) => value !== choice.value))}
              >
                <CloseIcon />
              </button>
            </span>
          ))}
        </div>
      )}
      <div className="combobox-box">
        <input
          id={id}
          type="text"
          role="combobox"
          className="field"
          autoComplete="off"
          spellCheck={false}
          value={shown}
          placeholder={props.placeholder}
          aria-labelledby={props.labelledBy}
          aria-describedby={props.describedBy}
          aria-invalid={props.invalid}
          aria-required={props.required}
          aria-autocomplete="list"
          aria-expanded={open}
          aria-controls={`${id}-list`}
          aria-activedescendant={activeId}
          data-action={props.action}
          data-autofocus={props.autofocus}
          onChange={(event) => {
            setQuery(event.target.value);
            show();
          }}
          onClick={show}
          onFocus={(event) => event.target.select()}
          onBlur={close}
          onKeyDown={onKeyDown}
        />
        <DownIcon />
      </div>
      {open && <OptionList {...{ id, found, active, chosen, choose, list }} labelledBy={props.labelledBy} />}
    </div>
  );
}
