import { memo } from 'react';
import { type Block, type MessageProps, Message as SlackMessage } from 'slack-blocks-to-jsx';
import { type SandboxClock, useClock } from './clock.tsx';
import { dayAndTime, slackDate } from './dates.ts';
import { type Part, parseMrkdwn, parsePlain } from './mrkdwn.ts';
import { type Names, nameOf, useNames } from './names.tsx';

/** Blocks without anything to press, drawn by slack-blocks-to-jsx with our names and zone. */
export const Drawn = memo(function Drawn({ blocks }: { readonly blocks: Block[] }) {
  const names = useNames();
  const clock = useClock();
  return (
    <SlackMessage blocks={blocks} name="" logo="" withoutWrapper data={dataOf(names)} hooks={hooksFor(names, clock)} />
  );
});

/** A text object's words (Slack's page "Text object"). */
export function RichText({ type, words, emoji = true }: { type: string; words: string; emoji?: boolean }) {
  const elements: Part[] = type === 'mrkdwn' ? parseMrkdwn(words) : parsePlain(words, emoji);
  return <Drawn blocks={[{ type: 'rich_text', elements }]} />;
}

function dataOf(names: Names): NonNullable<MessageProps['data']> {
  return { users: [...names.people], channels: [...names.channels], user_groups: [...names.groups] };
}

function hooksFor(names: Names, clock: SandboxClock): NonNullable<MessageProps['hooks']> {
  return {
    user: ({ id }) => <span className={id === names.me ? 'mention mention-me' : 'mention'}>@{nameOf(names, id)}</span>,
    channel: ({ id }) => <span className="mention">#{nameOf(names, id)}</span>,
    usergroup: ({ id }) => (
      <span className="mention">@{names.groups.find((group) => group.id === id)?.handle ?? id}</span>
    ),
    atChannel: () => <span className="mention mention-me">@channel</span>,
    atHere: () => <span className="mention mention-me">@here</span>,
    atEveryone: () => <span className="mention mention-me">@everyone</span>,
    date: ({ timestamp, format }) => {
      const at = new Date(Number(timestamp) * 1000);
      return (
        <time dateTime={at.toISOString()} title={dayAndTime(at)}>
          {slackDate(Number(timestamp), format, clock.now())}
        </time>
      );
    },
    link: ({ href, children }) => {
      const here = onThisPage(href, names);
      if (here !== undefined) return <a href={here}>{children}</a>;
      return (
        <a href={href} target="_blank" rel="noreferrer noopener">
          {children}
        </a>
      );
    },
  };
}

/** A permalink of this workspace (Slack's page "chat.getPermalink") leads to the message here, not to slack.com. */
function onThisPage(href: string, names: Names): string | undefined {
  const [, channel, seconds, micros] = /\/archives\/(\w+)\/p(\d{10})(\d{6})/.exec(href) ?? [];
  if (channel === undefined) return undefined;
  const place = names.channels.find(({ id }) => id === channel)?.name ?? 'dm';
  return `#/${names.as}/${place}/@${seconds}.${micros}`;
}
