import type { RequestListener } from 'node:http';
import { App, type Receiver } from '@slack/bolt';
import type { Logger } from 'pino';
import type { Messenger } from '../usecases/ports.ts';
import { boltLog } from './bolt-log.ts';
import { createChannels } from './channels.ts';
import { createClients, TIME_LIMITS, type TimeLimits } from './clients.ts';
import type { Desk } from './desk.ts';
import { createDirects } from './directs.ts';
import { createFollower } from './home/follow.ts';
import { createHomes } from './home/homes.ts';
import { publishHome } from './home/publish.ts';
import { createIdentity, type SlackIdentity } from './identity.ts';
import { createInFlight } from './in-flight.ts';
import { DRAIN_MS, PEOPLE_CACHE_MS } from './limits.ts';
import { createMessenger } from './messenger.ts';
import { createOnce } from './once.ts';
import { createPeople } from './people.ts';
import { answer, createHttpReceiver } from './receive-http.ts';
import { createSocketReceiver } from './receive-socket.ts';
import { register } from './register.ts';
import { createScreen } from './screen.ts';
import { en, type Text } from './text/en.ts';
import { slackTime } from './time.ts';
import { createTurns } from './turns.ts';
import type { SlackUsecases } from './usecases.ts';

export interface SlackOptions {
  readonly connection: (
    | { readonly mode: 'http'; readonly signingSecret: string }
    | { readonly mode: 'socket'; readonly appToken: string }
  ) & {
    readonly botToken: string;
    /** Ends in '/'. */
    readonly apiUrl: string;
  };
  /** Asked for at the first delivery: use cases need the directory, which needs Slack's people. */
  readonly usecases: () => SlackUsecases;
  readonly log: Logger;
  /** How long Slack may take to answer a call; our own limits unless set. */
  readonly timeLimits?: TimeLimits;
  /** The language it speaks; English unless set. */
  readonly text?: Text;
  /** How long people and user groups are remembered; a minute unless set. */
  readonly rememberPeopleMs?: number;
}

export interface Slack {
  /** Slack's requests at `POST /slack/events`; 404 for everything in Socket Mode. */
  readonly requestListener: RequestListener;
  readonly messenger: Messenger;
  /** Slack's part of the directory. */
  readonly people: ReturnType<typeof createPeople>;
  /** Which workspace this is. Throws `Outage` while Slack cannot tell. */
  identity(): Promise<SlackIdentity>;
  /** Draws the open Homes that tell of what other processes did since it was called last. Throws what the database throws. */
  follow(): Promise<void>;
  /** Slack's own time; null: it cannot be asked now. Never throws. */
  time(): Promise<Date | null>;
  /** Asks Slack now whether the token works, and in Socket Mode whether the socket stands. */
  ready(): Promise<true | string>;
  /** Opens the socket, if there is one. Never fails: while Slack is away it keeps trying, and `ready` tells. */
  start(): Promise<void>;
  /** Takes nothing new and lets the handlers that run finish, for at most 10 s. */
  stop(): Promise<void>;
}

/** Slack as a whole: everything that comes from it and everything that goes there. */
export function createSlack(options: SlackOptions): Slack {
  const { connection, log, text = en } = options;
  const { timeLimits = TIME_LIMITS } = options;
  const clients = createClients({ token: connection.botToken, apiUrl: connection.apiUrl, log, timeLimits });
  const identity = createIdentity(clients.interactive);
  const inFlight = createInFlight();
  const directs = createDirects(clients.interactive);
  const homes = createHomes({
    draw: (actor, pages, hash) => publishHome(desk, actor, pages, hash),
    onError: (error) => log.warn({ err: error }, 'A Home could not be drawn; it is tried again'),
  });
  const desk: Desk = {
    homes,
    usecases: options.usecases,
    screen: createScreen(clients.interactive, directs, timeLimits.interactiveMs),
    identity: identity.get,
    text,
    log,
  };
  let open = true;
  const inlet = openInlet(connection, log, () => open);
  const app = openBolt(inlet.receiver, connection, log);
  app.use(({ next }) => inFlight.track(next()));
  register(app, desk, createOnce(), createTurns());

  return {
    requestListener: inlet.listener,
    messenger: createMessenger({
      client: clients.background,
      channels: createChannels(clients.background, Date.now),
      directs: createDirects(clients.background),
      identity: identity.get,
      text,
      onCard: homes.changed,
      onDrift: homes.watchChanged,
    }),
    people: createPeople(clients.interactive, Date.now, options.rememberPeopleMs ?? PEOPLE_CACHE_MS),
    identity: identity.get,
    follow: createFollower({
      homes,
      workspace: async () => (await identity.get()).teamId,
      changesSince: (input) => options.usecases().changesSince(input),
    }),
    time: () => slackTime(connection.apiUrl),
    async ready() {
      try {
        await identity.verify();
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
      return inlet.trouble() ?? true;
    },
    async start() {
      await identity.get().catch((error: unknown) => {
        log.error({ err: error }, 'Slack does not know us yet; Elevate goes on without it and keeps asking');
      });
      await inlet.start();
    },
    async stop() {
      open = false;
      const left = await inFlight.drain(DRAIN_MS);
      await inlet.stop();
      if (left > 0) log.warn({ left }, 'Handlers of Slack were still running and were left behind');
    },
  };
}

interface Inlet {
  readonly receiver: Receiver;
  readonly listener: RequestListener;
  start(): Promise<void>;
  stop(): Promise<void>;
  trouble(): string | null;
}

function openInlet(connection: SlackOptions['connection'], log: Logger, open: () => boolean): Inlet {
  if (connection.mode === 'socket') {
    const socket = createSocketReceiver({ appToken: connection.appToken, apiUrl: connection.apiUrl, log });
    return { ...socket, listener: (_, response) => answer(response, 404) };
  }
  const http = createHttpReceiver({ signingSecret: connection.signingSecret, log, open });
  const nothing = async (): Promise<void> => undefined;
  return { ...http, start: nothing, stop: nothing, trouble: () => null };
}

function openBolt(receiver: Receiver, connection: SlackOptions['connection'], log: Logger): App {
  const app = new App({
    receiver,
    // Who we are is asked by ourselves, so that nothing here waits for Slack.
    authorize: async () => ({ botToken: connection.botToken }),
    clientOptions: { slackApiUrl: connection.apiUrl, retryConfig: { retries: 0 } },
    logger: boltLog(log),
    convoStore: false,
    ignoreSelf: false,
  });
  app.error(async (error) => {
    log.error({ err: error }, 'A handler of Slack failed; this is a bug');
  });
  return app;
}
