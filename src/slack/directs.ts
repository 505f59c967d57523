import type { WebClient } from '@slack/web-api';
import type { SlackUserId } from '../domain/ids.ts';
import { Outage } from '../usecases/ports.ts';
import { call } from './errors.ts';

/** Direct conversations that are remembered; their ids never change. */
const REMEMBERED_MAX = 10_000;

/** The direct conversation of the bot with one person (Slack: "conversations.open"), opened once and remembered. */
export function createDirects(client: WebClient) {
  const known = new Map<SlackUserId, string>();
  return {
    async with(user: SlackUserId): Promise<string> {
      const remembered = known.get(user);
      if (remembered !== undefined) return remembered;
      const answer = await call('conversations.open', 'repeatable', () => client.conversations.open({ users: user }));
      const id = answer.channel?.id;
      if (!id) throw new Outage('transient', `Slack opened no direct conversation with ${user}`);
      if (known.size >= REMEMBERED_MAX) known.clear();
      known.set(user, id);
      return id;
    },
    /** It is opened anew the next time. */
    forget(user: SlackUserId): void {
      known.delete(user);
    },
  };
}

export type Directs = ReturnType<typeof createDirects>;
