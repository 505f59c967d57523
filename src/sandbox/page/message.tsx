import { memo } from 'react';
import type { RuleRef, ShownMessage } from '../server/snapshot.ts';
import { Avatar } from './avatar.tsx';
import { Blocks } from './blocks/blocks.tsx';
import { clock, dayAndTime, nearDay, tsToDate } from './dates.ts';
import { EyeIcon, LinkIcon, ThreadIcon } from './icons.tsx';
import { nameOf, useNames } from './names.tsx';
import { RichText } from './rich-text.tsx';
import { SurfaceProvider } from './surface.tsx';
import { useLiveSurface } from './use-surface.ts';

interface Props {
  readonly as: string;
  readonly message: ShownMessage;
  readonly botUserId: string;
  /** Opens the thread; left out where the message stands in its thread already. */
  readonly onThread?: (ts: string) => void;
}

const untouched = {};

/** One message as its reader sees it. */
export const Message = memo(function Message({ as, message, botUserId, onThread }: Props) {
  const names = useNames();
  const isApp = message.user === botUserId;
  const name = message.username ?? nameOf(names, message.user);
  const at = tsToDate(message.ts);
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
        <button
          type="button"
          className="icon-button reply"
          aria-label="Reply in a thread"
          title="Reply in a thread"
          onClick={() => onThread(message.ts)}
        >
          <ThreadIcon />
        </button>
      )}
    </article>
  );
});

function Replies({ message, onThread }: { readonly message: ShownMessage; readonly onThread: (ts: string) => void }) {
  const count = message.replies.length;
  const last = message.replies.at(-1);
  if (last === undefined) return null;
  const at = tsToDate(last.ts);
  return (
    <button type="button" className="foot-button" onClick={() => onThread(message.ts)}>
      <ThreadIcon />
      <span>
        {count} {count === 1 ? 'reply' : 'replies'}
      </span>
      <span className="soft">
        last {nearDay(at, new Date()) ?? ''} at {clock(at)}
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
