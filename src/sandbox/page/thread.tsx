import { useEffect, useRef } from 'react';
import type { Snapshot } from '../server/snapshot.ts';
import { Composer } from './composer.tsx';
import { CloseIcon } from './icons.tsx';
import { Message } from './message.tsx';
import type { Go } from './route.ts';

interface Props {
  readonly screen: Snapshot;
  readonly place: string;
  readonly ts: string;
  readonly go: Go;
}

/** A message and the replies under it. */
export function Thread({ screen, place, ts, go }: Props) {
  const conversation = screen.conversations.find((each) =>
    each.kind === 'direct' ? place === 'dm' : each.name === place,
  );
  const parent = conversation?.messages.find((message) => message.ts === ts);
  const body = useRef<HTMLDivElement>(null);
  const count = parent?.replies.length ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another thread or a new reply begins at its end
  useEffect(() => {
    body.current?.scrollTo({ top: body.current.scrollHeight });
  }, [ts, count]);
  if (conversation === undefined || parent === undefined) return null;
  return (
    <section className="thread" aria-label="Thread">
      <header className="pane-head">
        <h2>Thread</h2>
        <span className="soft">{conversation.kind === 'direct' ? conversation.name : `#${conversation.name}`}</span>
        <button
          type="button"
          className="icon-button"
          aria-label="Close the thread"
          onClick={() => go({ place, thread: '' })}
        >
          <CloseIcon />
        </button>
      </header>
      {/* It scrolls, so the keyboard must reach it. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
      <div className="thread-body" ref={body} role="log" aria-label="Replies" tabIndex={0}>
        <Message as={screen.as} message={parent} botUserId={screen.botUserId} />
        <p className="day">
          <span>
            {count} {count === 1 ? 'reply' : 'replies'}
          </span>
        </p>
        {parent.replies.map((reply) => (
          <Message key={reply.ts} as={screen.as} message={reply} botUserId={screen.botUserId} />
        ))}
      </div>
      <Composer
        key={`${screen.as}/${ts}`}
        id="thread-composer"
        as={screen.as}
        place={place}
        placeholder="Reply…"
        commands={screen.commands}
        threadTs={ts}
      />
    </section>
  );
}
