import { useEffect, useLayoutEffect, useRef } from 'react';
import type { MessageShortcut, ShownMessage } from '../server/snapshot.ts';
import { useClock } from './clock.tsx';
import { longDay, nearDay, tsToMs } from './dates.ts';
import { Message } from './message.tsx';

interface Props {
  readonly as: string;
  readonly label: string;
  readonly messages: readonly ShownMessage[];
  readonly botUserId: string;
  readonly shortcuts?: readonly MessageShortcut[];
  readonly onThread?: (ts: string) => void;
  readonly empty?: string;
  /** The ts of the message that a link leads to. */
  readonly at?: string;
}

const nearEndPx = 120;

/** Messages from the oldest down; stays at the end while somebody reads there. */
export function MessageList({ as, label, messages, botUserId, shortcuts, onThread, empty, at = '' }: Props) {
  const clock = useClock();
  const dateOf = (message: ShownMessage): Date => clock.at(tsToMs(message.ts));
  const list = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    const element = list.current;
    if (element === null || content.current === null) return;
    const follow = new ResizeObserver(() => {
      if (atEnd.current) element.scrollTop = element.scrollHeight;
    });
    follow.observe(content.current);
    follow.observe(element);
    return () => follow.disconnect();
  }, []);
  useEffect(() => {
    const linked = at === '' ? null : list.current?.querySelector(`[data-ts="${CSS.escape(at)}"]`);
    if (!(linked instanceof HTMLElement)) return;
    atEnd.current = false;
    linked.scrollIntoView({ block: 'center' });
    linked.focus({ preventScroll: true });
  }, [at]);
  return (
    <div
      ref={list}
      className="messages"
      role="log"
      aria-label={label}
      // It scrolls, so the keyboard must reach it.
      // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
      tabIndex={0}
      onScroll={(event) => {
        const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
        atEnd.current = scrollHeight - scrollTop - clientHeight < nearEndPx;
      }}
    >
      <div ref={content} className="messages-content">
        {messages.length === 0 && <p className="empty">{empty ?? 'Nothing here yet.'}</p>}
        {messages.map((message, index) => {
          const moment = dateOf(message);
          const before = messages[index - 1];
          const isNewDay = before === undefined || dateOf(before).toDateString() !== moment.toDateString();
          return (
            <div key={`${message.channel}/${message.ts}`}>
              {isNewDay && onThread !== undefined && <Day at={moment} />}
              <Message
                as={as}
                message={message}
                botUserId={botUserId}
                {...(shortcuts === undefined ? {} : { shortcuts })}
                {...(onThread === undefined ? {} : { onThread })}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Day({ at }: { readonly at: Date }) {
  return (
    <p className="day">
      <span>{nearDay(at, useClock().now()) ?? longDay(at)}</span>
    </p>
  );
}
