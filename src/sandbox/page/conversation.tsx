import type { ReactNode } from 'react';
import type { Snapshot } from '../server/snapshot.ts';
import { Composer } from './composer.tsx';
import { BackIcon, LockIcon } from './icons.tsx';
import { MessageList } from './message-list.tsx';
import type { Go } from './route.ts';

interface Props {
  readonly screen: Snapshot;
  readonly place: string;
  readonly go: Go;
  /** The ts of the message that a link leads to. */
  readonly at: string;
  /** What the guide puts into the composer, and what is done once it stands there. */
  readonly filled: string | undefined;
  readonly onFilled: () => void;
}

/** A channel, or the conversation with the app. */
export function Conversation({ screen, place, go, at, filled, onFilled }: Props) {
  const shown = screen.conversations.find((each) => (each.kind === 'direct' ? place === 'dm' : each.name === place));
  if (shown === undefined) {
    return (
      <PlaceHead title={`#${place}`} go={go}>
        <p className="empty">
          {screen.personas.find(({ key }) => key === screen.as)?.name} is not in #{place}.
        </p>
      </PlaceHead>
    );
  }
  const direct = shown.kind === 'direct';
  const title = direct ? shown.name : `#${shown.name}`;
  return (
    <PlaceHead title={shown.name} kind={shown.kind} go={go} tabs={direct ? 'messages' : undefined}>
      <MessageList
        key={`${screen.as}/${shown.id}`}
        as={screen.as}
        label={`Messages in ${title}`}
        messages={shown.messages}
        botUserId={screen.botUserId}
        shortcuts={screen.shortcuts}
        at={at}
        onThread={(thread) => go({ thread })}
        empty={
          direct
            ? 'Elevate writes to you here. Type /elevate to begin.'
            : `Nobody has written in ${title} yet. Type /elevate to begin.`
        }
      />
      {shown.isArchived ? (
        <p className="empty">This channel is archived.</p>
      ) : (
        <Composer
          key={`${screen.as}/${shown.id}/composer`}
          id="composer"
          as={screen.as}
          place={direct ? 'dm' : shown.name}
          placeholder={`Message ${title}, or type /elevate`}
          commands={screen.commands}
          filled={filled}
          onFilled={onFilled}
        />
      )}
    </PlaceHead>
  );
}

interface HeadProps {
  readonly title: string;
  readonly kind?: 'channel' | 'private' | 'direct';
  readonly go: Go;
  readonly tabs?: 'home' | 'messages' | undefined;
  readonly children: ReactNode;
}

/** The heading of a place, with the way back on a phone and the tabs of the app. */
export function PlaceHead({ title, kind = 'channel', go, tabs, children }: HeadProps) {
  const tab = (name: 'home' | 'messages', place: string, label: string): ReactNode => (
    <a
      className="tab"
      href={`#/${location.hash.split('/')[1] ?? ''}/${place}`}
      aria-current={tabs === name ? 'page' : undefined}
    >
      {label}
    </a>
  );
  return (
    <section className="place" aria-label={title} data-place={kind === 'direct' ? 'dm' : title}>
      <header className="place-head">
        <button
          type="button"
          className="icon-button back"
          aria-label="Back to the list"
          onClick={() => go({ place: '' })}
        >
          <BackIcon />
        </button>
        <h2>
          {kind === 'channel' && (
            <span className="hash" aria-hidden="true">
              #
            </span>
          )}
          {kind === 'private' && <LockIcon />}
          {title.replace(/^#/, '')}
        </h2>
        {tabs !== undefined && (
          <nav className="tabs" aria-label="Elevate">
            {tab('home', 'home', 'Home')}
            {tab('messages', 'dm', 'Messages')}
          </nav>
        )}
      </header>
      {children}
    </section>
  );
}
