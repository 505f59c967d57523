import { personToken, type SeededChannel, type SlackEmulator } from './emulator.ts';
import { object, text } from './json.ts';
import type { People } from './people.ts';

/** A channel, or the direct conversation between the bot and one person. */
export interface Conversation {
  readonly id: string;
  /** Without '#'. Slack calls every direct conversation 'directmessage' in its payloads. */
  readonly name: string;
  readonly isPrivate: boolean;
  readonly isArchived: boolean;
  /** The person of a direct conversation. */
  readonly userId: string | undefined;
}

export type Conversations = ReturnType<typeof createConversations>;

export function createConversations(emulator: SlackEmulator, people: People) {
  const byId = new Map<string, Conversation>();
  for (const channel of emulator.channels) byId.set(channel.id, asConversation(channel));

  function noteDirect(userId: string, channelId: string): void {
    if (byId.has(channelId) || channelId === '') return;
    byId.set(channelId, { id: channelId, name: 'directmessage', isPrivate: true, isArchived: false, userId });
  }

  function find(nameOrId: string): Conversation | undefined {
    const name = nameOrId.replace(/^#/, '');
    return byId.get(nameOrId) ?? [...byId.values()].find((c) => c.userId === undefined && c.name === name);
  }

  function get(nameOrId: string): Conversation {
    const found = find(nameOrId);
    if (found !== undefined) return found;
    const known = [...byId.values()].filter((c) => c.userId === undefined).map((c) => `#${c.name}`);
    throw new Error(`There is no channel '${nameOrId}'. The workspace has: ${known.join(', ')}.`);
  }

  function directWith(userId: string): Conversation | undefined {
    return [...byId.values()].find((conversation) => conversation.userId === userId);
  }

  /** The direct conversation with the bot, opened by the person when there is none yet. */
  async function openDirect(userId: string): Promise<Conversation> {
    const known = directWith(userId);
    if (known !== undefined) return known;
    const token = personToken(people.get(userId).key);
    const answer = await emulator.call('conversations.open', token, { users: emulator.botUserId });
    noteDirect(userId, text(object(answer.channel).id));
    return directWith(userId) ?? get(userId);
  }

  return { find, get, directWith, openDirect, noteDirect, all: (): Conversation[] => [...byId.values()] };
}

function asConversation(channel: SeededChannel): Conversation {
  return {
    id: channel.id,
    name: channel.name,
    isPrivate: channel.isPrivate,
    isArchived: channel.isArchived,
    userId: undefined,
  };
}
