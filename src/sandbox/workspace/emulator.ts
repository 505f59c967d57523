import { createEmulator } from 'emulate';
import { isJson, type Json, object, objects, text } from './json.ts';
import type { WorkspaceSeed } from './seed.ts';

/** The ids that the emulator hands out, and the calls that we make to it ourselves. */
export interface SlackEmulator {
  readonly url: string;
  readonly teamId: string;
  readonly botUserId: string;
  readonly botId: string;
  readonly appId: string;
  /** Slack user id for each key of the seed. */
  readonly userIds: ReadonlyMap<string, string>;
  readonly channels: readonly SeededChannel[];
  /** A Web API call with the given token. Answers are Slack's, `ok: false` included. */
  call(method: string, token: string, body: Json): Promise<Json>;
  close(): Promise<void>;
}

export interface SeededChannel {
  readonly id: string;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly isArchived: boolean;
}

export const teamDomain = 'elevate-demo';
const teamId = 'T000000001';
const botUserId = 'U0ELEVATEB';
const botId = 'B0ELEVATEB';
const appId = 'A0ELEVATE1';

/** Tokens that never leave this process: one that may do everything, and one for each person who types a message. */
const adminToken = 'xoxp-sandbox-admin';
export const personToken = (key: string): string => `xoxp-sandbox-${key}`;

const setupScopes = [
  'channels:manage',
  'channels:read',
  'groups:write',
  'groups:read',
  'users:read',
  'users:read.email',
  'chat:write',
  'im:write',
  'mpim:write',
];

/**
 * The emulator answers each token 5,000 calls an hour, and then something that is not Slack's. A demo that is left open all day and a test of
 * a thousand rounds make more than that, so the two that call most go by several names.
 */
const SHARES = 100;
/** Slack takes more; the emulator does not. */
const INVITED_AT_ONCE = 100;
const sharesOf = (token: string): string[] => Array.from({ length: SHARES }, (_, index) => `${token}-${index}`);

/**
 * Starts emulate's Slack (its README: "Programmatic API") with our people and channels, on a free port of the loopback
 * interface. Its seed can't say who is in a channel, so channels are made through the Web API afterwards.
 */
export async function startEmulator(seed: WorkspaceSeed, botToken: string, scopes: readonly string[]) {
  const emulator = await createEmulator({
    service: 'slack',
    port: 0,
    hostname: '127.0.0.1',
    seed: {
      slack: {
        team: { name: 'Elevate Demo', domain: teamDomain },
        users: seed.people.map((person) => ({
          name: person.key,
          real_name: person.realName,
          email: person.email,
          is_admin: person.isAdmin ?? false,
          profile: { title: person.title ?? '', display_name: person.realName },
        })),
        oauth_apps: [
          {
            client_id: '1.1',
            client_secret: 'not-used',
            app_id: appId,
            name: 'Elevate',
            redirect_uris: [],
            scopes: [...scopes],
            bot_name: 'elevate',
            bot_id: botId,
            bot_user_id: botUserId,
          },
        ],
        tokens: [
          ...sharesOf(adminToken).map((token) => ({ token, user: 'admin', type: 'user', scopes: setupScopes })),
          ...sharesOf(botToken).map((token) => ({
            token,
            user: botUserId,
            type: 'bot',
            scopes: [...scopes],
            app_id: appId,
            bot_id: botId,
          })),
          ...seed.people.map((person) => ({
            token: personToken(person.key),
            user: person.key,
            type: 'user',
            scopes: ['chat:write', 'im:write'],
          })),
        ],
        strict_scopes: true,
      },
    },
  });

  let calls = 0;
  async function call(method: string, token: string, body: Json): Promise<Json> {
    calls += 1;
    const isShared = token === adminToken || token === botToken;
    const share = isShared ? (sharesOf(token)[calls % SHARES] ?? token) : token;
    const response = await fetch(`${emulator.url}/api/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${share}`, 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body),
    });
    const answer: unknown = await response.json();
    if (!isJson(answer)) throw new Error(`The Slack emulator answered ${method} with something that is no object.`);
    return answer;
  }

  async function setUp(method: string, body: Json): Promise<Json> {
    const answer = await call(method, adminToken, body);
    if (answer.ok !== true) throw new Error(`Setting up the workspace: ${method} answered ${text(answer.error)}.`);
    return answer;
  }

  async function invite(channel: string, users: readonly string[]): Promise<void> {
    for (let from = 0; from < users.length; from += INVITED_AT_ONCE) {
      const some = users.slice(from, from + INVITED_AT_ONCE);
      await setUp('conversations.invite', { channel, users: some.join(',') });
    }
  }

  try {
    const listed = await setUp('users.list', { limit: 1000 });
    const idByName = new Map(objects(listed.members).map((user) => [text(user.name), text(user.id)]));
    const userIds = new Map(seed.people.map((person) => [person.key, idByName.get(person.key) ?? '']));
    const channels: SeededChannel[] = [];
    const general = objects((await setUp('conversations.list', {})).channels).find((c) => c.name === 'general');
    if (general !== undefined) {
      channels.push({ id: text(general.id), name: 'general', isPrivate: false, isArchived: false });
      const everyone = seed.people.filter((p) => p.foreignTeamId === undefined).map((p) => userIds.get(p.key) ?? p.key);
      await invite(text(general.id), everyone);
    }
    for (const wanted of seed.channels) {
      const made = await setUp('conversations.create', { name: wanted.name, is_private: wanted.isPrivate ?? false });
      const id = text(object(made.channel).id);
      const keys = wanted.members === 'everyone' ? seed.people.map((p) => p.key) : wanted.members;
      const members = keys.map((key) => userIds.get(key) ?? key);
      if (wanted.hasBot === true) members.push(botUserId);
      await invite(id, members);
      if (wanted.topic !== undefined) await setUp('conversations.setTopic', { channel: id, topic: wanted.topic });
      if (wanted.isArchived === true) await setUp('conversations.archive', { channel: id });
      channels.push({
        id,
        name: wanted.name,
        isPrivate: wanted.isPrivate ?? false,
        isArchived: wanted.isArchived ?? false,
      });
    }
    const started: SlackEmulator = {
      url: emulator.url,
      teamId,
      botUserId,
      botId,
      appId,
      userIds,
      channels,
      call,
      close: () => emulator.close(),
    };
    return started;
  } catch (error) {
    await emulator.close();
    throw error;
  }
}

/** The setup token, for questions that the sandbox asks on its own behalf (who is in a channel). */
export const sandboxToken = adminToken;
