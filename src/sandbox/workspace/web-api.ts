import type { Violation } from '../blockkit/violation.ts';
import type { Conversations } from './conversations.ts';
import { type SlackEmulator, sandboxToken } from './emulator.ts';
import { type Json, object, objects, strings, text, truthy, unpack } from './json.ts';
import { type Messages, withIds } from './messages.ts';
import type { People, UserGroups } from './people.ts';
import type { SocketMode } from './socket.ts';
import type { Views } from './views.ts';

interface Parts {
  readonly emulator: SlackEmulator;
  readonly people: People;
  readonly groups: UserGroups;
  readonly conversations: Conversations;
  readonly messages: Messages;
  readonly views: Views;
  readonly sockets: SocketMode;
  readonly botToken: string;
  readonly appToken: string;
  readonly scopes: readonly string[];
  /** Where the bot reaches us, for the address of a socket. */
  readonly baseUrl: () => string;
  /** Looks at what the bot sends, keeps what is wrong with it, and returns it. */
  readonly inspect: (method: string, body: Json) => readonly Violation[];
}

const failed = (error: string, more: Json = {}): Json => ({ ok: false, error, ...more });

/** The scope that a method of ours needs; emulate checks its own (Slack's page of each method, "Scopes"). */
const scopeOf: Record<string, string> = {
  'usergroups.list': 'usergroups:read',
  'usergroups.users.list': 'usergroups:read',
};

const writesMessage = new Set(['chat.postMessage', 'chat.postEphemeral', 'chat.update']);

/** Answers the bot's Web API calls: ours where emulate has none or too little, and emulate's own for the rest. */
export function createWebApi(parts: Parts) {
  const { emulator, people, groups, conversations, messages, views } = parts;
  let revokedWith: string | undefined;

  const own: Record<string, (body: Json) => Json> = {
    ...views.methods,
    'api.test': () => ({ ok: true }),
    'usergroups.list': (body) =>
      groups.list({
        includeDisabled: truthy(body.include_disabled),
        includeUsers: truthy(body.include_users),
        includeCount: truthy(body.include_count),
      }),
    'usergroups.users.list': (body) => groups.members(text(body.usergroup), truthy(body.include_disabled)),
  };

  async function answer(method: string, token: string, body: Json): Promise<Json> {
    if (method === 'apps.connections.open') {
      return token === parts.appToken ? parts.sockets.open(parts.baseUrl()) : failed('invalid_auth');
    }
    if (token === '') return failed('not_authed');
    if (token !== parts.botToken) return failed('invalid_auth');
    if (revokedWith !== undefined) return failed(revokedWith);
    const needed = scopeOf[method];
    if (needed !== undefined && !parts.scopes.includes(needed)) {
      return failed('missing_scope', { needed, provided: parts.scopes.join(',') });
    }
    const refused = parts.inspect(method, body).find((violation) => violation.slackError !== undefined);
    if (refused?.slackError !== undefined) {
      const where = `${refused.message} [json-pointer:${refused.path}]`;
      return failed(refused.slackError, { response_metadata: { messages: [`[ERROR] ${where}`] } });
    }
    const handler = own[method];
    if (handler !== undefined) return handler(body);
    const problem = await before(method, body);
    if (problem !== undefined) return failed(problem);
    return await forward(method, body);
  }

  /** What Slack refuses and emulate would let pass. */
  async function before(method: string, body: Json): Promise<string | undefined> {
    const channel = text(body.channel);
    const direct = people.find(channel);
    if (method === 'chat.postMessage' && direct?.deleted === true) return 'channel_not_found';
    if (method === 'conversations.open') {
      const users = Array.isArray(body.users) ? strings(body.users) : text(body.users).split(',');
      const invited = users.map((id) => people.find(id.trim()));
      if (invited.some((person) => person?.deleted === true)) return 'user_disabled';
      if (invited.some((person) => person?.isBot === true)) return 'cannot_dm_bot';
    }
    // Without chat:write.public a bot posts only where it was invited (Slack's page "chat:write.public scope").
    if (writesMessage.has(method) && !parts.scopes.includes('chat:write.public')) {
      const place = conversations.find(channel);
      if (place !== undefined && place.userId === undefined && !(await isMember(place.id, emulator.botUserId))) {
        return place.isPrivate ? 'channel_not_found' : 'not_in_channel';
      }
    }
    return undefined;
  }

  async function isMember(channel: string, userId: string): Promise<boolean> {
    const listed = await emulator.call('conversations.members', sandboxToken, { channel });
    return strings(listed.members).includes(userId);
  }

  async function forward(method: string, body: Json): Promise<Json> {
    const { token: _token, ...given } = body;
    const call: Json = { ...given };
    if (call.blocks !== undefined) call.blocks = withIds(objects(unpack(call.blocks)));
    let answered: Json;
    try {
      answered = await emulator.call(method, parts.botToken, call);
    } catch (error) {
      // The emulator answers a path that it doesn't have with something that is no JSON.
      if (error instanceof SyntaxError) return failed('unknown_method');
      throw error;
    }
    if (answered.ok !== true) return failedByEmulator(method, body, answered);
    note(method, call, answered);
    return people.rewrite(method, body, answered);
  }

  /** A private channel that the bot isn't in does not exist for it (Slack's page "chat.postMessage", channel_not_found). */
  function failedByEmulator(method: string, body: Json, answered: Json): Json {
    if (answered.ok === undefined) return failed('unknown_method');
    const place = conversations.find(text(body.channel));
    const hidden = answered.error === 'not_in_channel' && place?.isPrivate === true;
    return hidden && method !== 'conversations.open' ? failed('channel_not_found') : answered;
  }

  /** Keeps in the mirror what the emulator has just taken. */
  function note(method: string, call: Json, answered: Json): void {
    const channel = text(answered.channel) || conversations.find(text(call.channel))?.id || text(call.channel);
    const blocks = objects(call.blocks);
    if (method === 'conversations.open') {
      const opened = text(object(answered.channel).id);
      const userId = Array.isArray(call.users) ? text(call.users[0]) : text(call.users);
      if (people.find(userId) !== undefined) conversations.noteDirect(userId, opened);
    } else if (method === 'chat.postMessage') {
      const direct = people.find(text(call.channel));
      if (direct !== undefined) conversations.noteDirect(direct.id, channel);
      messages.add({
        channel,
        ts: text(answered.ts),
        user: emulator.botUserId,
        text: text(object(answered.message).text),
        blocks,
        threadTs: text(call.thread_ts) || undefined,
      });
    } else if (method === 'chat.postEphemeral') {
      messages.add({
        channel,
        ts: text(answered.message_ts),
        user: emulator.botUserId,
        text: text(call.text),
        blocks,
        threadTs: text(call.thread_ts) || undefined,
        onlyFor: text(call.user),
      });
    } else if (method === 'chat.update') {
      const ref = { channel, ts: text(call.ts) };
      const kept = messages.get(ref);
      const keepsBlocks = call.blocks === undefined && call.text === undefined;
      messages.change(ref, {
        text: call.text === undefined ? (kept?.text ?? '') : text(call.text),
        blocks: keepsBlocks ? (kept?.blocks ?? []) : blocks,
      });
    } else if (method === 'chat.delete') {
      messages.remove({ channel, ts: text(call.ts) });
    }
  }

  return {
    answer,
    isMember,
    /** From now on every call answers this error, as after an uninstall (Slack's pages, "Errors": token_revoked). */
    revokeToken(error: 'token_revoked' | 'account_inactive' | 'invalid_auth'): void {
      revokedWith = error;
    },
    restoreToken(): void {
      revokedWith = undefined;
    },
  };
}
