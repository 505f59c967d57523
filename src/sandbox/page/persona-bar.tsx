import { useEffect, useRef } from 'react';
import type { PersonaBadge, Snapshot } from '../server/snapshot.ts';
import { Avatar } from './avatar.tsx';

interface Props {
  readonly screen: Snapshot;
  readonly onChoose: (key: string) => void;
}

/** Whose screen this is. A group of radio buttons: the arrow keys move along it. */
export function PersonaBar({ screen, onChoose }: Props) {
  const group = useRef<HTMLDivElement>(null);
  const { personas, as } = screen;
  useEffect(() => {
    group.current
      ?.querySelector(`[data-persona="${CSS.escape(as)}"]`)
      ?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
  }, [as]);
  function move(by: number): void {
    const at = personas.findIndex(({ key }) => key === as);
    const next = personas[(at + by + personas.length) % personas.length];
    if (next === undefined) return;
    onChoose(next.key);
    group.current?.querySelector<HTMLElement>(`[data-persona="${next.key}"]`)?.focus();
  }
  return (
    <div className={personas.length > 4 ? 'personas are-many' : 'personas'}>
      <span className="personas-label" id="personas-label">
        You are
      </span>
      <div
        ref={group}
        role="radiogroup"
        className="personas-list"
        aria-labelledby="personas-label"
        onKeyDown={(event) => {
          const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          move(by);
        }}
      >
        {personas.map((persona) => (
          // A radio button of our own, so that it can hold a picture, two lines and a badge.
          // biome-ignore lint/a11y/useSemanticElements: see above
          <button
            key={persona.key}
            type="button"
            role="radio"
            className="persona"
            aria-checked={persona.key === as}
            tabIndex={persona.key === as ? 0 : -1}
            title={`${persona.name}, ${persona.title}`}
            data-persona={persona.key}
            onClick={() => onChoose(persona.key)}
          >
            <Avatar id={screen.people.find(({ key }) => key === persona.key)?.id ?? ''} name={persona.name} />
            <span className="persona-words">
              <span className="persona-name">
                {first(persona.name)}
                <span className={persona.key === as ? '' : 'visually-hidden'}> {rest(persona.name)}</span>
              </span>
              <span className="persona-title">{persona.title}</span>
            </span>
            {persona.key !== as && <Badge of={persona} />}
          </button>
        ))}
      </div>
    </div>
  );
}

const first = (name: string): string => name.split(' ')[0] ?? name;
const rest = (name: string): string => name.split(' ').slice(1).join(' ');

/** How much is new for them, or that something is. */
function Badge({ of }: { readonly of: PersonaBadge }) {
  if (of.mentions > 0) {
    return (
      <span className="count">
        {of.mentions}
        <span className="visually-hidden"> new for them</span>
      </span>
    );
  }
  return of.unread ? (
    <span className="dot">
      <span className="visually-hidden">new messages</span>
    </span>
  ) : null;
}
