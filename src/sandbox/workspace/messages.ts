import { randomBytes } from 'node:crypto';
import type { Changes } from './changes.ts';
import { type Json, objects, text } from './json.ts';

export interface MessageRef {
  /** Slack channel id. */
  readonly channel: string;
  readonly ts: string;
}

export interface Message extends MessageRef {
  /** Slack user id of the author. */
  readonly user: string;
  readonly text: string;
  readonly blocks: readonly Json[];
  /** The ts of the thread's first message, on a reply only. */
  readonly threadTs: string | undefined;
  /** The one who sees it, on an ephemeral message only. */
  readonly onlyFor: string | undefined;
  /** What the message said before each edit, oldest first. */
  readonly earlier: readonly { readonly text: string; readonly blocks: readonly Json[] }[];
  readonly deleted: boolean;
  readonly username: string | undefined;
}

export interface NewMessage {
  readonly channel: string;
  readonly ts: string;
  readonly user: string;
  readonly text: string;
  readonly blocks: readonly Json[];
  readonly threadTs?: string | undefined;
  readonly onlyFor?: string | undefined;
  readonly username?: string | undefined;
}

export type Messages = ReturnType<typeof createMessages>;

/**
 * What has been posted, in order, with every earlier version: the emulator keeps the last one only, has no read-out of
 * ephemeral messages, and asking it for history would need scopes that the bot must not have.
 */
export function createMessages(changes: Changes) {
  const posted: Message[] = [];

  const at = (ref: MessageRef): number =>
    posted.findIndex((message) => message.channel === ref.channel && message.ts === ref.ts);

  function announce(message: Message): void {
    if (message.onlyFor === undefined) {
      changes.announce({ type: 'message', channel: message.channel, ts: message.ts });
    } else {
      changes.announce({ type: 'ephemeral', channel: message.channel, user: message.onlyFor });
    }
  }

  function add(message: NewMessage): Message {
    const added: Message = {
      channel: message.channel,
      ts: message.ts,
      user: message.user,
      text: message.text,
      blocks: message.blocks,
      threadTs: message.threadTs === message.ts ? undefined : message.threadTs,
      onlyFor: message.onlyFor,
      username: message.username,
      earlier: [],
      deleted: false,
    };
    posted.push(added);
    announce(added);
    return added;
  }

  function change(ref: MessageRef, by: { text: string; blocks: readonly Json[] }): void {
    const index = at(ref);
    const before = posted[index];
    if (before === undefined) return;
    const after = {
      ...before,
      text: by.text,
      blocks: by.blocks,
      earlier: [...before.earlier, { text: before.text, blocks: before.blocks }],
    };
    posted[index] = after;
    announce(after);
  }

  function remove(ref: MessageRef): void {
    const index = at(ref);
    const before = posted[index];
    if (before === undefined) return;
    posted[index] = { ...before, deleted: true };
    announce(before);
  }

  return {
    add,
    change,
    remove,
    get: (ref: MessageRef): Message | undefined => posted[at(ref)],
    /** What stands in a channel, oldest first, without replies in threads. */
    inChannel: (channel: string): Message[] =>
      posted.filter((m) => m.channel === channel && m.threadTs === undefined && m.onlyFor === undefined && !m.deleted),
    replies: (ref: MessageRef): Message[] =>
      posted.filter((m) => m.channel === ref.channel && m.threadTs === ref.ts && m.onlyFor === undefined && !m.deleted),
    onlyFor: (userId: string): Message[] => posted.filter((m) => m.onlyFor === userId && !m.deleted),
    all: (): readonly Message[] => posted,
  };
}

const idBytes = 4;

/**
 * Slack gives every block a block_id, and every interactive element an action_id, that lacks one (Slack's page "Blocks",
 * field block_id), so that payloads always carry both.
 */
export function withIds(blocks: readonly Json[]): Json[] {
  return blocks.map((block) => {
    const named: Json = { ...block, block_id: text(block.block_id) || randomId() };
    if (Array.isArray(block.elements) && block.type === 'actions') {
      named.elements = objects(block.elements).map(withActionId);
    }
    if (typeof block.accessory === 'object' && block.accessory !== null) {
      named.accessory = withActionId({ ...block.accessory });
    }
    if (typeof block.element === 'object' && block.element !== null) {
      named.element = withActionId({ ...block.element });
    }
    return named;
  });
}

function withActionId(element: Json): Json {
  if (element.type === 'image' || element.action_id !== undefined) return element;
  return { ...element, action_id: randomId() };
}

function randomId(): string {
  return randomBytes(idBytes).toString('base64url');
}

let lastTs = 0;

/** A ts for what doesn't pass through the emulator (ephemeral answers to a response_url): unique and growing. */
export function newTs(): string {
  lastTs = Math.max(lastTs + 1, Date.now() * 1000);
  return `${Math.floor(lastTs / 1_000_000)}.${String(lastTs % 1_000_000).padStart(6, '0')}`;
}
