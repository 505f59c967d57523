import type { WebClient } from '@slack/web-api';
import { Outage } from '../usecases/ports.ts';
import { call } from './errors.ts';
import { CHANNEL_CACHE_MS } from './limits.ts';

/** Channels of one page (Slack: "conversations.list", limit: at most 1,000). */
const PAGE = 1_000;
/** Pages of one look: a workspace with more channels should name its own by id. */
const PAGES_MAX = 50;

/**
 * The ids of channels that a policy names as `#name`. Anything else is taken for an id. Names are looked up all at once and
 * remembered; a name that is not among them is looked for again, since it may be new.
 */
export function createChannels(client: WebClient, now: () => number) {
  let known: { readonly ids: ReadonlyMap<string, string>; readonly until: number } | null = null;
  let looking: Promise<ReadonlyMap<string, string>> | null = null;

  async function list(): Promise<ReadonlyMap<string, string>> {
    const ids = new Map<string, string>();
    let cursor = '';
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const answer = await call('conversations.list', 'repeatable', () =>
        client.conversations.list({
          types: 'public_channel,private_channel',
          exclude_archived: true,
          limit: PAGE,
          ...(cursor === '' ? {} : { cursor }),
        }),
      );
      for (const channel of answer.channels ?? []) if (channel.name && channel.id) ids.set(channel.name, channel.id);
      cursor = answer.response_metadata?.next_cursor ?? '';
      if (cursor === '') break;
    }
    known = { ids, until: now() + CHANNEL_CACHE_MS };
    return ids;
  }

  function look(): Promise<ReadonlyMap<string, string>> {
    looking ??= list().finally(() => {
      looking = null;
    });
    return looking;
  }

  return {
    /** Throws `Outage`: permanent when there is no such channel that the bot can see. */
    async idOf(channel: string): Promise<string> {
      if (!channel.startsWith('#')) return channel;
      const name = channel.slice(1);
      const remembered = known && known.until > now() ? known.ids.get(name) : undefined;
      const id = remembered ?? (await look()).get(name);
      if (id !== undefined) return id;
      throw new Outage(
        'permanent',
        `There is no channel ${channel} that the bot can see: create it, unarchive it, or invite the bot if it is private`,
        { ofChannel: true },
      );
    },
    /** After Slack refused an id: the channel may have been made anew under its name. */
    forget(): void {
      known = null;
    },
  };
}

export type Channels = ReturnType<typeof createChannels>;
