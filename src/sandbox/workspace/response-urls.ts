import { randomBytes } from 'node:crypto';
import { type Json, objects, text, truthy } from './json.ts';
import { type Message, type MessageRef, type Messages, newTs, withIds } from './messages.ts';

/** Slack's page "Handling user interaction in your Slack apps", response_url: five uses within thirty minutes. */
export const responseUrlUses = 5;
export const responseUrlLifeMs = 30 * 60 * 1000;

interface ResponseUrl {
  readonly channel: string;
  readonly userId: string;
  /** The message that was clicked; none for a command. */
  readonly original: MessageRef | undefined;
  readonly madeAtMs: number;
  uses: number;
}

export interface ResponseUrlAnswer {
  readonly status: number;
  readonly body: Json;
}

export type ResponseUrls = ReturnType<typeof createResponseUrls>;

export function createResponseUrls(messages: Messages, botUserId: string) {
  const urls = new Map<string, ResponseUrl>();
  let baseUrl = '';

  function post(where: { channel: string; userId: string }, body: Json): Message {
    const inChannel = body.response_type === 'in_channel';
    return messages.add({
      channel: where.channel,
      ts: newTs(),
      user: botUserId,
      text: text(body.text),
      blocks: withIds(objects(body.blocks)),
      threadTs: text(body.thread_ts) || undefined,
      onlyFor: inChannel ? undefined : where.userId,
    });
  }

  return {
    setBaseUrl(url: string): void {
      baseUrl = url;
    },
    make(channel: string, userId: string, original?: MessageRef): string {
      const id = `${randomBytes(6).toString('hex')}/${randomBytes(12).toString('hex')}`;
      urls.set(id, { channel, userId, original, madeAtMs: Date.now(), uses: 0 });
      return `${baseUrl}/response/${id}`;
    },
    /** A body posted to the URL: text, blocks, response_type, replace_original, delete_original. */
    use(id: string, body: Json): ResponseUrlAnswer {
      const url = urls.get(id);
      if (url === undefined) return { status: 404, body: { ok: false, error: 'no_active_hooks' } };
      if (Date.now() - url.madeAtMs > responseUrlLifeMs) {
        return { status: 404, body: { ok: false, error: 'expired_url' } };
      }
      if (url.uses >= responseUrlUses) return { status: 404, body: { ok: false, error: 'used_url' } };
      url.uses += 1;
      if (truthy(body.delete_original) && url.original !== undefined) messages.remove(url.original);
      else if (truthy(body.replace_original) && url.original !== undefined) {
        messages.change(url.original, { text: text(body.text), blocks: withIds(objects(body.blocks)) });
      } else post(url, body);
      return { status: 200, body: { ok: true } };
    },
    /** The answer that came straight back with the acknowledgement of a command. */
    answerCommand: post,
  };
}
