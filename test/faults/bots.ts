import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startTargetProxy, type TargetProxy } from '../support/target-proxy.ts';
import type { Side } from './points.ts';

const START = join(import.meta.dirname, 'bot-start.cjs');
/** On a machine that has ten times as much to do as it can. */
const START_LIMIT_MS = 90_000;
const LOG_TAIL = 6_000;

/** One process of the bot, behind proxies of its own, so that it is known whose connection breaks. */
export interface Bot {
  readonly proxies: { readonly [side in Side]: TargetProxy };
  /** Where it answers; null: it is not up, or paused. */
  url(): string | null;
  /** Starts it, again and again while it cannot start; resolves when it is ready. */
  start(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  pause(): void;
  resume(): void;
  moveClock(offsetMs: number): void;
  /** What it did that nobody asked for: an end by itself, an error that was handled nowhere. Empties the list. */
  mishaps(): string[];
  log(): string;
  stop(): Promise<void>;
}

export interface BotSurroundings {
  /** The bot as one file (`bundleBot`). */
  readonly bundle: string;
  readonly ports: { readonly [side in Side]: number };
  /** The environment, with the addresses as they are without the proxies. */
  readonly env: (portOf: (side: Side) => number) => Record<string, string>;
  readonly offsetMs: () => number;
}

export async function createBot({ bundle, ports, env, offsetMs }: BotSurroundings): Promise<Bot> {
  const proxies = {
    target: await startTargetProxy(ports.target),
    store: await startTargetProxy(ports.store),
    slack: await startTargetProxy(ports.slack),
  };
  const mishaps: string[] = [];
  let child: ChildProcess | null = null;
  let url: string | null = null;
  let said = '';
  let wanted = false;
  let paused = false;

  function launch(): ChildProcess {
    const started = spawn(process.execPath, [START], {
      env: {
        PATH: process.env.PATH,
        ...env((side) => proxies[side].port),
        PORT: '0',
        BOT_BUNDLE: bundle,
        CLOCK_OFFSET_MS: String(offsetMs()),
      },
      // A folder without an .env file, so that a developer's own settings stay out.
      cwd: tmpdir(),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let up = false;
    const hear = (chunk: Buffer): void => {
      const text = chunk.toString();
      said = (said + text).slice(-LOG_TAIL);
      if (text.includes('handled nowhere')) mishaps.push(`A bot did not handle an error: ${text.slice(0, 600)}`);
      const found = up ? undefined : /"url":"(http[^"]+)"/.exec(said)?.[1];
      if (found === undefined) return;
      up = true;
      url = found;
    };
    started.stdout?.on('data', hear);
    started.stderr?.on('data', hear);
    // A message to a process that has just died.
    started.on('error', () => undefined);
    started.on('exit', (code) => {
      if (child === started) {
        child = null;
        url = null;
      }
      if (up && wanted) mishaps.push(`A bot ended by itself, with ${code}: ${said.slice(-1_500)}`);
    });
    return started;
  }

  async function kill(): Promise<void> {
    wanted = false;
    const dying = child;
    if (!dying) return;
    const gone = once(dying, 'exit');
    dying.kill('SIGKILL');
    await gone;
  }

  return {
    proxies,
    url: () => (paused ? null : url),
    async start() {
      wanted = true;
      paused = false;
      const giveUpAt = Date.now() + START_LIMIT_MS;
      let answer = 'nothing yet';
      while (wanted) {
        answer = url === null ? 'no address yet' : await readiness(url);
        if (answer === READY) break;
        if (child === null) {
          said = '';
          child = launch();
        }
        if (Date.now() > giveUpAt) throw new Error(`A bot did not come up, and its readiness is: ${answer}\n${said}`);
        await wait(40);
      }
    },
    kill,
    pause() {
      paused = true;
      child?.kill('SIGSTOP');
    },
    resume() {
      paused = false;
      child?.kill('SIGCONT');
    },
    moveClock: (to) => void child?.send({ offsetMs: to }, () => undefined),
    mishaps: () => mishaps.splice(0),
    log: () => said,
    async stop() {
      await kill();
      await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
    },
  };
}

const READY = 'ready';
/** What it says of itself. */
async function readiness(url: string): Promise<string> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
    const said = await answer.text();
    return answer.ok ? READY : said;
  } catch (error) {
    return String(error);
  }
}
