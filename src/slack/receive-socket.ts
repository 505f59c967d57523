import { SocketModeReceiver } from '@slack/bolt';
import type { Logger } from 'pino';
import { boltLog } from './bolt-log.ts';
import { slackCode, toOutage } from './errors.ts';
import { INTERACTIVE_TIMEOUT_MS } from './limits.ts';
import { within } from './within.ts';

/** How long Slack may take to say hello on a new connection. */
const HELLO_MS = 15_000;
/** Waits between attempts: the first is short, since Slack closes connections every few hours as a matter of course. */
const WAITS_MS = [100, 1_000, 2_000, 5_000, 10_000, 20_000];
const GOODBYE_MS = 2_000;

/**
 * Socket Mode with a keeper of its own. The library's reconnecting gives up for good, with an unhandled rejection, when Slack
 * cannot be reached or hangs up in the middle of it; so it is switched off, and this loop connects again for as long as we run.
 */
export function createSocketReceiver(options: { appToken: string; apiUrl: string; log: Logger }) {
  const { log } = options;
  const receiver = new SocketModeReceiver({
    appToken: options.appToken,
    autoReconnectEnabled: false,
    logger: boltLog(log),
    installerOptions: {
      clientOptions: {
        slackApiUrl: options.apiUrl,
        timeout: INTERACTIVE_TIMEOUT_MS,
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
      },
    },
    processEventErrorHandler: async ({ error }) => {
      // An acknowledgement on a connection that has just gone: Slack delivers again on the next one.
      log.warn({ err: error }, 'A delivery of Slack could not be processed or acknowledged');
      return false;
    },
  });
  const { client } = receiver;
  let stopping = false;
  let trouble: string | null = 'the socket is not connected yet';
  let wake = (): void => undefined;
  let keeping: Promise<void> = Promise.resolve();

  /** Connects, and resolves when the connection has gone. Throws when there was none. */
  async function hold(connected: () => void): Promise<void> {
    let gone = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      gone = resolve;
    });
    client.once('disconnected', gone);
    try {
      const started = client.start();
      const hello = await within(started, HELLO_MS);
      if (!hello.inTime) {
        started.catch(() => undefined);
        await goodbye();
        throw new Error(`Slack did not say hello within ${HELLO_MS} ms`);
      }
      // It may have come while we were stopping, too late for stop() to close it.
      if (stopping) return await goodbye();
      connected();
      await ended;
    } finally {
      client.removeListener('disconnected', gone);
    }
  }

  async function keep(firstTry: () => void): Promise<void> {
    let failures = 0;
    while (!stopping) {
      try {
        await hold(() => {
          failures = 0;
          trouble = null;
          log.info('Socket Mode is connected');
          firstTry();
        });
        trouble = 'the socket is closed and being opened again';
      } catch (error) {
        failures += 1;
        const outage = toOutage(error, 'apps.connections.open', 'repeatable');
        trouble = slackCode(error) === 'invalid_auth' ? WRONG_TOKEN : outage.message;
        // One that stays until somebody sets another token is an error, one that passes by itself is not.
        log[outage.kind === 'permanent' ? 'error' : 'warn']({ err: outage }, `Socket Mode: ${trouble}`);
      }
      firstTry();
      if (!stopping) await pause(WAITS_MS[Math.min(failures, WAITS_MS.length - 1)] ?? 0);
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function goodbye(): Promise<void> {
    await within(client.disconnect(), GOODBYE_MS);
  }

  return {
    receiver,
    /** Resolves when the first attempt has succeeded or failed; after that it keeps trying. */
    start(): Promise<void> {
      return new Promise((resolve) => {
        keeping = keep(resolve);
      });
    },
    async stop(): Promise<void> {
      stopping = true;
      wake();
      await goodbye();
      await within(keeping, GOODBYE_MS);
    },
    /** null: connected. */
    trouble: (): string | null => trouble,
  };
}

const WRONG_TOKEN =
  'SLACK_APP_TOKEN is refused: copy it from the app’s page "Basic Information", App-Level Tokens; it needs the scope connections:write';
