import { memo } from 'react';
import type { MessageShortcut, RuleRef, ShownMessage } from '../server/snapshot.ts';
import { act } from './api.ts';
import { Avatar } from './avatar.tsx';
import { Blocks } from './blocks/blocks.tsx';
import { useClock } from './clock.tsx';
import { clock, dayAndTime, nearDay, tsToMs } from './dates.ts';
import { useFeedback } from './feedback.tsx';
import { AskIcon, EyeIcon, LinkIcon, ThreadIcon } from './icons.tsx';
import { nameOf, useNames } from './names.tsx';
import { RichText } from './rich-text.tsx';
import { SurfaceProvider } from './surface.tsx';
import { useLiveSurface } from './use-surface.ts';

interface Props {
  readonly as: string;
  readonly message: ShownMessage;
  readonly botUserId: string;
  /** What its menu offers; left out in threads. */
  readonly shortcuts?: readonly MessageShortcut[];
  /** Opens the thread; left out where the message stands in its thread already. */
  readonly onThread?: (ts: string) => void;
}

const untouched = {};

/** One message as its reader sees it. */
export const Message = memo(function Message({ as, message, botUserId, shortcuts = [], onThread }: Props) {
  const names = useNames();
  const isApp = message.user === botUserId;
  const name = message.username ?? nameOf(names, message.user);
  const at = useClock().at(tsToMs(message.ts));
  const surface = useLiveSurface({
    id: `m${message.ts}`,
    as,
    target: { channel: message.channel, ts: message.ts },
    values: untouched,
    errors: untouched,
  });
  return (
    <article
      className={message.onlyForMe ? 'message ephemeral' : 'message'}
      aria-label={`${name}, ${clock(at)}`}
      data-ts={message.ts}
      // Links lead here.
      tabIndex={-1}
    >
      <Avatar id={message.user} name={name} isApp={isApp} />
      <div className="message-body">
        {message.onlyForMe && (
          <p className="only-you">
            <EyeIcon />
            Only visible to you
          </p>
        )}
        <p className="message-head">
          <strong>{name}</strong>
          {isApp && <span className="app-badge">App</span>}
          <time dateTime={at.toISOString()} title={dayAndTime(at)}>
            {clock(at)}
          </time>
        </p>
        <SurfaceProvider value={surface}>
          {message.blocks.length > 0 ? (
            <Blocks blocks={message.blocks} />
          ) : (
            <RichText type="mrkdwn" words={message.text} />
          )}
        </SurfaceProvider>
        {message.edited && <span className="edited">(edited)</span>}
        {(message.replies.length > 0 || message.rule !== null) && (
          <div className="message-foot">
            {onThread !== undefined && <Replies message={message} onThread={onThread} />}
            {message.rule !== null && <RuleLink rule={message.rule} />}
          </div>
        )}
      </div>
      {onThread !== undefined && !message.onlyForMe && (
        <div className="message-menu">
          {shortcuts.map((shortcut) => (
            <Shortcut key={shortcut.callbackId} as={as} shortcut={shortcut} on={message} />
          ))}
          <button
            type="button"
            className="icon-button reply"
            aria-label="Reply in a thread"
            title="Reply in a thread"
            onClick={() => onThread(message.ts)}
          >
            <ThreadIcon />
          </button>
        </div>
      )}
    </article>
  );
});

interface ShortcutProps {
  readonly as: string;
  readonly shortcut: MessageShortcut;
  readonly on: ShownMessage;
}

/** What Slack has in a message's menu, behind its three dots. */
function Shortcut({ as, shortcut: { name, callbackId }, on: { channel, ts } }: ShortcutProps) {
  const { tell } = useFeedback();
  return (
    <button
      type="button"
      className="icon-button reply"
      aria-label={name}
      title={name}
      onClick={() => void act('shortcut', { as, callbackId, on: { channel, ts } }).then(({ problem }) => tell(problem))}
    >
      <AskIcon />
    </button>
  );
}

function Replies({ message, onThread }: { readonly message: ShownMessage; readonly onThread: (ts: string) => void }) {
  const count = message.replies.length;
  const last = message.replies.at(-1);
  const time = useClock();
  if (last === undefined) return null;
  const at = time.at(tsToMs(last.ts));
  return (
    <button type="button" className="foot-button" onClick={() => onThread(message.ts)}>
      <ThreadIcon />
      <span>
        {count} {count === 1 ? 'reply' : 'replies'}
      </span>
      <span className="soft">
        last {nearDay(at, time.now()) ?? ''} at {clock(at)}
      </span>
    </button>
  );
}

/** Ours, not Slack's: to the place in the policy file that decided. */
function RuleLink({ rule }: { readonly rule: RuleRef }) {
  const query = new URLSearchParams({ rule: rule.name, role: rule.role });
  return (
    <a className="foot-button" href={`/policy?${query}#rule`} target="_blank" rel="noreferrer">
      <LinkIcon />
      <span>The rule in the policy file</span>
    </a>
  );
}
