import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import type { CommandHint } from '../server/snapshot.ts';
import { act } from './api.ts';
import { useFeedback } from './feedback.tsx';
import { SendIcon } from './icons.tsx';
import { type Names, useNames } from './names.tsx';

interface Props {
  readonly id: string;
  readonly as: string;
  /** Where it is written: a channel's name or 'dm'. */
  readonly place: string;
  readonly placeholder: string;
  readonly commands: readonly CommandHint[];
  readonly threadTs?: string;
  /** Filled in by the guide, and what is done once it stands here. */
  readonly filled?: string | undefined;
  readonly onFilled?: () => void;
}

/** One line to write in, which knows the app's commands and the people's handles. */
export function Composer({ id, as, place, placeholder, commands, threadTs, filled, onFilled }: Props) {
  const names = useNames();
  const { tell } = useFeedback();
  const listId = useId();
  const input = useRef<HTMLInputElement>(null);
  const [line, setLine] = useState('');
  const [active, setActive] = useState(-1);
  const [hidden, setHidden] = useState(false);
  const [sending, setSending] = useState(false);
  const offers = hidden ? [] : offersFor(line, threadTs === undefined ? commands : [], names);

  useEffect(() => {
    if (filled === undefined) return;
    setLine(filled);
    setHidden(true);
    input.current?.focus();
    onFilled?.();
  }, [filled, onFilled]);

  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    const words = line.trim();
    if (words === '' || sending) return;
    if (threadTs !== undefined && words.startsWith('/')) {
      return tell('Slack has no commands in threads. Type it in the channel.');
    }
    if (words.startsWith('/') && !commands.some((hint) => hint.line.split(' ')[0] === words.split(' ')[0])) {
      return tell(
        `${words.split(' ')[0]} is not a valid command here. This workspace has ${commands[0]?.line ?? 'none'}.`,
      );
    }
    setLine('');
    setSending(true);
    const { problem } = words.startsWith('/')
      ? await act('command', { as, in: place, line: words })
      : await act('say', { as, in: place, text: words, ...(threadTs === undefined ? {} : { threadTs }) });
    setSending(false);
    tell(problem);
  }

  function take(offer: CommandHint): void {
    setLine(offer.line);
    setActive(-1);
    input.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (offers.length === 0) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setActive((at) => (at < 0 && step < 0 ? offers.length - 1 : (at + step + offers.length) % offers.length));
    } else if (event.key === 'Escape') {
      event.preventDefault();
      setHidden(true);
    } else if (event.key === 'Enter' || (event.key === 'Tab' && !event.shiftKey)) {
      const offer = offers[active] ?? (event.key === 'Tab' ? offers[0] : undefined);
      if (offer === undefined || offer.line === line) return;
      event.preventDefault();
      take(offer);
    }
  }

  return (
    <form className="composer" onSubmit={send}>
      {offers.length > 0 && (
        <div className="popup composer-popup" id={listId} role="listbox" aria-label="Completions">
          {offers.map((offer, index) => (
            // The keyboard stays in the text field.
            // biome-ignore lint/a11y/useFocusableInteractive: see above
            <div
              key={offer.line}
              id={`${listId}-${index}`}
              role="option"
              className="option"
              aria-selected={index === active}
              data-active={index === active}
              onMouseDown={(event) => {
                event.preventDefault();
                take(offer);
              }}
            >
              <span className="option-text">
                {offer.line.split(' ').slice(-2).join(' ').startsWith('@') ? offer.line.split(' ').at(-1) : offer.line}
              </span>
              <span className="option-more">{offer.about}</span>
            </div>
          ))}
        </div>
      )}
      <input
        ref={input}
        id={id}
        type="text"
        role="combobox"
        className="composer-line"
        value={line}
        placeholder={placeholder}
        aria-label={placeholder}
        aria-autocomplete="list"
        aria-expanded={offers.length > 0}
        aria-controls={listId}
        aria-activedescendant={active >= 0 && offers.length > 0 ? `${listId}-${active}` : undefined}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        maxLength={3000}
        onChange={(event) => {
          setLine(event.target.value);
          setHidden(false);
          setActive(-1);
        }}
        onBlur={() => setHidden(true)}
        onKeyDown={onKeyDown}
      />
      <button type="submit" className="send" aria-label="Send" disabled={line.trim() === ''}>
        <SendIcon />
      </button>
    </form>
  );
}

const shownOffers = 6;
const shownCommands = 14;

/** Commands while one is typed, people and groups after an @. */
function offersFor(line: string, commands: readonly CommandHint[], names: Names): CommandHint[] {
  const mention = /(^|\s)@([\w.-]*)$/.exec(line)?.[2];
  if (mention !== undefined) {
    const before = line.slice(0, line.length - mention.length);
    const wanted = mention.toLowerCase();
    const people = names.people.map(({ key, name }) => ({ handle: key, name }));
    // Slack takes a person before a group of the same handle.
    const groups = names.groups.filter(({ handle }) => !people.some((person) => person.handle === handle));
    return [...people, ...groups]
      .filter(({ handle, name }) => `${handle} ${name}`.toLowerCase().includes(wanted) && handle !== 'app')
      .slice(0, shownOffers)
      .map(({ handle, name }) => ({ line: `${before}${handle} `, about: name }));
  }
  if (!line.startsWith('/')) return [];
  return commands.filter((hint) => hint.line.startsWith(line.trimEnd()) && hint.line !== line).slice(0, shownCommands);
}
