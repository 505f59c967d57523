import type { ShownConversation, Snapshot } from '../server/snapshot.ts';
import { Avatar } from './avatar.tsx';
import { LockIcon } from './icons.tsx';

interface Props {
  readonly screen: Snapshot;
  readonly place: string;
}

/** The conversations of the person whose screen this is. */
export function Sidebar({ screen, place }: Props) {
  const link = (name: string): string => `#/${screen.as}/${name}`;
  const direct = screen.conversations.find(({ kind }) => kind === 'direct');
  const channels = screen.conversations.filter(({ kind, isArchived }) => kind !== 'direct' && !isArchived);
  return (
    <nav className="sidebar" aria-label="Conversations">
      <h2 className="sidebar-title">Channels</h2>
      <ul>
        {channels.map((channel) => (
          <li key={channel.id}>
            <a
              href={link(channel.name)}
              className={classOf(channel)}
              aria-current={place === channel.name ? 'page' : undefined}
            >
              <span className="sidebar-mark" aria-hidden="true">
                {channel.kind === 'private' ? <LockIcon /> : '#'}
              </span>
              <span className="sidebar-name">{channel.name}</span>
              <Badge of={channel} />
            </a>
          </li>
        ))}
      </ul>
      <h2 className="sidebar-title">Apps</h2>
      <ul>
        <li>
          <a
            href={link('dm')}
            className={direct === undefined ? 'sidebar-link' : classOf(direct)}
            aria-current={place === 'dm' || place === 'home' ? 'page' : undefined}
          >
            <Avatar id={screen.botUserId} name={screen.appName} isApp />
            <span className="sidebar-name">{screen.appName}</span>
            {direct !== undefined && <Badge of={direct} />}
          </a>
        </li>
      </ul>
    </nav>
  );
}

const classOf = (conversation: ShownConversation): string =>
  conversation.unread ? 'sidebar-link is-unread' : 'sidebar-link';

/** How many new messages are for them; a word for screen readers where there is only something new. */
function Badge({ of }: { readonly of: ShownConversation }) {
  if (of.mentions > 0) {
    return (
      <span className="count">
        {of.mentions}
        <span className="visually-hidden"> new for you</span>
      </span>
    );
  }
  return of.unread ? <span className="visually-hidden">, new messages</span> : null;
}
