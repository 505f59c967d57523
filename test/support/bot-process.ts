import { join } from 'node:path';
import { ROOT, runBuilt } from './built-process.ts';
import { POLICY, type Stage } from './stage.ts';

const START_LIMIT_MS = 30_000;

/** The bot as an operating system sees it. */
export interface BotProcess {
  readonly url: string;
  readonly log: () => string;
  /** Sends a signal that does not end it. */
  signal(name: 'SIGHUP'): void;
  /** SIGKILL: nothing is finished, nothing is said. */
  kill(): Promise<void>;
  /** SIGTERM, and the exit code. */
  terminate(): Promise<number | null>;
}

export interface Exited {
  readonly code: number | null;
  readonly stderr: string;
  readonly stdout: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The environment with which the bot runs on this stage. */
export function environment(stage: Stage, more: Env = {}): Env {
  return {
    PATH: process.env.PATH,
    SLACK_BOT_TOKEN: stage.workspace.botToken,
    SLACK_SIGNING_SECRET: stage.workspace.signingSecret,
    SLACK_API_URL: stage.workspace.apiUrl,
    DATABASE_URL: stage.databaseUrl,
    ORDERS_DB_URL: stage.target.botUrl,
    POLICY_PATH: POLICY,
    PORT: '0',
    ...more,
  };
}

/** Starts `dist/main.js` and waits until it says that it is up. Rejects with what it printed when it ends instead. */
export async function startBot(stage: Stage, more: Env = {}): Promise<BotProcess> {
  const running = run(environment(stage, more));
  stage.teardown.add(() => running.end('SIGKILL'));
  const url = await running.until(/"url":"(http[^"]+)"/, START_LIMIT_MS);
  stage.workspace.deliverTo(`${url}/slack/events`);
  return {
    url,
    log: running.output,
    signal: running.signal,
    kill: async () => void (await running.end('SIGKILL')),
    terminate: () => running.end('SIGTERM'),
  };
}

/** Starts `dist/main.js` where it is expected to end by itself. */
export async function runToExit(env: Env): Promise<Exited> {
  const running = run(env);
  const timer = setTimeout(() => void running.end('SIGKILL'), START_LIMIT_MS);
  const code = await running.exited;
  clearTimeout(timer);
  return { code, stderr: running.errors(), stdout: running.output() };
}

// A folder without an .env file, so that a developer's own settings stay out.
const run = (env: Env) => runBuilt('main.js', { env: { ...env }, cwd: join(ROOT, 'test') });
