import { type Change, createChanges, type WaitOptions, waitFor } from './changes.ts';
import { type Conversation, createConversations } from './conversations.ts';
import type { Core } from './core.ts';
import { createHttpChannel, type DeliverOptions, type Delivery, deliver } from './delivery.ts';
import { startEmulator } from './emulator.ts';
import { createFaults, type Fault } from './faults.ts';
import { type ApiCall, startFront } from './front.ts';
import { inspectWith, type KeptViolation } from './inspect.ts';
import type { Json } from './json.ts';
import { createMessages, type Message, type MessageRef } from './messages.ts';
import { eventPayload, type Installation } from './payloads.ts';
import { createPeople, createUserGroups, type Person, type PersonChange, type UserGroup } from './people.ts';
import { createPersona, type Persona } from './persona.ts';
import { createResponseUrls } from './response-urls.ts';
import { defaultScopes, defaultSeed, type WorkspaceSeed } from './seed.ts';
import { createSocketMode } from './socket.ts';
import { createTriggers, triggerLifeMs } from './triggers.ts';
import { createViews, type ShownView } from './views.ts';
import { createWebApi } from './web-api.ts';

export interface WorkspaceOptions {
  /** Who and what is there; `defaultSeed` fills what is left out. */
  readonly seed?: Partial<WorkspaceSeed>;
  /** The bot scopes that were granted. Anything beyond answers missing_scope. */
  readonly scopes?: readonly string[];
  readonly botToken?: string;
  readonly appToken?: string;
  readonly signingSecret?: string;
  /** The bot's request URL, if it is known already; else `deliverTo` names it. */
  readonly eventsUrl?: string;
  /** How long a trigger_id lives. Slack's three seconds unless set. */
  readonly triggerLifeMs?: number;
}

export type Workspace = Awaited<ReturnType<typeof startWorkspace>>;

/**
 * A whole Slack workspace on the loopback interface: emulate's Web API behind a server of ours that adds what it lacks, and
 * people who type, click and read. Stop it with `stop()`.
 */
export async function startWorkspace(options: WorkspaceOptions = {}) {
  const seed: WorkspaceSeed = { ...defaultSeed, ...options.seed };
  const scopes = options.scopes ?? defaultScopes;
  const botToken = options.botToken ?? 'xoxb-sandbox-bot-token';
  const appToken = options.appToken ?? 'xapp-1-sandbox-app-token';
  const signingSecret = options.signingSecret ?? 'sandbox-signing-secret';
  let eventsUrl = options.eventsUrl;

  const emulator = await startEmulator(seed, botToken, scopes);
  const { teamId, appId, botUserId, botId } = emulator;
  const install: Installation = { teamId, appId, botUserId, botId };
  const changes = createChanges();
  const people = createPeople(seed.people, emulator.userIds, teamId);
  const groups = createUserGroups(seed.groups, people, teamId);
  const conversations = createConversations(emulator, people);
  const messages = createMessages(changes);
  const triggers = createTriggers(() => options.triggerLifeMs ?? triggerLifeMs);
  const knowsUser = (userId: string): boolean => people.find(userId) !== undefined;
  const views = createViews({ triggers, changes, teamId, appId, botId, knowsUser });
  const responseUrls = createResponseUrls(messages, botUserId);
  const sockets = createSocketMode(appId);
  const faults = createFaults();
  const violations: KeptViolation[] = [];

  const inspect = inspectWith((violation) => {
    violations.push(violation);
    changes.announce({ type: 'violation' });
  });

  let baseUrl = '';
  const api = createWebApi({
    emulator,
    people,
    groups,
    conversations,
    messages,
    views,
    sockets,
    botToken,
    appToken,
    scopes,
    baseUrl: () => baseUrl,
    inspect,
  });
  const front = await startFront({
    faults,
    sockets,
    answer: api.answer,
    respond: (id, body) => {
      const broken = inspect('response_url', body).find((violation) => violation.slackError !== undefined);
      if (broken?.slackError !== undefined) return { status: 400, body: { ok: false, error: broken.slackError } };
      return responseUrls.use(id, body);
    },
    scopes: () => scopes,
  }).catch(async (error: unknown) => {
    await emulator.close();
    throw error;
  });
  baseUrl = front.url;
  responseUrls.setBaseUrl(baseUrl);

  const http = createHttpChannel(signingSecret, () => {
    if (eventsUrl === undefined) {
      throw new Error(
        'Nobody listens: call deliverTo(url) with the bot’s POST /slack/events, or connect it by Socket Mode.',
      );
    }
    return eventsUrl;
  });
  const core: Core = {
    install,
    emulator,
    people,
    groups,
    conversations,
    messages,
    views,
    triggers,
    responseUrls,
    changes,
    offered: new Map(),
    send: (kind, payload, deliverOptions) => deliver(sockets.inUse() ? sockets : http, kind, payload, deliverOptions),
    inspect,
  };
  const personas = new Map<string, Persona>();

  return {
    /** For SLACK_API_URL. */
    apiUrl: `${front.url}/api/`,
    botToken,
    appToken,
    signingSecret,
    /** Ids of the installation: teamId, appId, botUserId, botId. */
    install,
    /** Names the bot's request URL, for HTTP mode: `http://127.0.0.1:3000/slack/events`. */
    deliverTo(url: string): void {
      eventsUrl = url;
    },
    /** Somebody at their client, by the key of the seed ('dev') or Slack id. */
    user(keyOrId: string): Persona {
      const { id } = people.get(keyOrId);
      const persona = personas.get(id) ?? createPersona(core, id);
      personas.set(id, persona);
      return persona;
    },
    people: (): Person[] => people.all(),
    groups: (): UserGroup[] => groups.all(),
    channels: (): Conversation[] => conversations.all(),
    channel: (nameOrId: string): Conversation => conversations.get(nameOrId),
    /** Whether somebody is in a channel, as the emulator has it. */
    isMember: (channel: string, keyOrId: string): Promise<boolean> =>
      api.isMember(conversations.get(channel).id, people.get(keyOrId).id),

    /** What stands in a channel, oldest first, without thread replies. */
    messages: (channel: string): Message[] => messages.inChannel(conversations.get(channel).id),
    /** The replies under a message, oldest first. */
    thread: (ref: MessageRef): Message[] => messages.replies(ref),
    /** A message as it stands now. */
    message: (ref: MessageRef): Message | undefined => messages.get(ref),
    /** What the bot and this person have written to each other, oldest first. */
    dms(keyOrId: string): Message[] {
      const direct = conversations.directWith(people.get(keyOrId).id);
      return direct === undefined ? [] : messages.inChannel(direct.id);
    },
    ephemerals: (keyOrId: string): Message[] => messages.onlyFor(people.get(keyOrId).id),
    modal: (keyOrId: string): ShownView | undefined => views.top(people.get(keyOrId).id),
    modalStack: (keyOrId: string): readonly ShownView[] => views.stack(people.get(keyOrId).id),
    home: (keyOrId: string): ShownView | undefined => views.home(people.get(keyOrId).id),
    waitFor: <T>(ask: () => T | Promise<T>, waitOptions: WaitOptions = {}) => waitFor(ask, waitOptions),
    onChange: (listener: (change: Change) => void): (() => void) => changes.onChange(listener),

    /** What the bot has sent that Slack refuses or that we don't want; tests expect it to stay empty. */
    violations,
    /** Every Web API call of the bot, oldest first. */
    calls: front.calls as readonly ApiCall[],
    failNext: (method: string, fault: Fault): void => faults.failNext(method, fault),
    faultsMet: (methods: readonly string[]): number => faults.met(methods),
    clearFaults: (): void => faults.clear(),
    revokeToken: api.revokeToken,
    restoreToken: api.restoreToken,
    /** Changes a person's standing: `{ deleted: true }` deactivates. */
    changePerson: (keyOrId: string, by: PersonChange): Person => people.change(keyOrId, by),
    setGroup: groups.set,
    setPaidPlan: groups.setPaidPlan,

    /** Any event of the Events API, for instance `{ type: 'user_change', user }`. */
    sendEvent: (event: Json, deliverOptions: DeliverOptions = {}): Promise<Delivery> =>
      core.send('events_api', eventPayload(install, event, deliverOptions.team), deliverOptions),
    /** Slack's check of a request URL (Slack's page "url_verification event"); a good answer repeats the challenge. */
    verifyUrl: (challenge: string, deliverOptions: DeliverOptions = {}): Promise<Delivery> =>
      deliver(http, 'events_api', { type: 'url_verification', token: 'sandbox', challenge }, deliverOptions),
    /** Any payload, as it stands, over signed HTTP: for tests that forge. */
    sendRaw: (
      kind: 'slash_commands' | 'interactive' | 'events_api',
      payload: Json,
      deliverOptions: DeliverOptions = {},
    ): Promise<Delivery> => core.send(kind, payload, deliverOptions),
    /** The Socket Mode side: how many connections stand, and Slack's ways to end them. */
    sockets: { count: sockets.count, disconnect: sockets.disconnect },

    async stop(): Promise<void> {
      faults.stop();
      await sockets.stop();
      http.stop();
      await front.stop();
      await emulator.close();
    },
  };
}
