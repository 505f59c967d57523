import { type App, startApp } from '../../src/app.ts';
import type { Config } from '../../src/config.ts';
import { createLogger, createScrubber } from '../../src/logging.ts';
import type { Target } from '../../src/sandbox/target.ts';
import type { WorkspaceSeed } from '../../src/sandbox/workspace/seed.ts';
import type { TimeLimits } from '../../src/slack/clients.ts';
import type { Text } from '../../src/slack/text/en.ts';
import { POLICY, type Stage, startStage } from './stage.ts';

const LOG_TAIL_LINES = 40;

export interface WorldOptions {
  readonly slack?: 'http' | 'socket';
  /** Without it the queue lives in the database. */
  readonly redisUrl?: string | null;
  /** A file. */
  readonly policy?: string;
  /** As in production, people and groups are remembered for a minute; scenarios that change them need it off. */
  readonly remembersPeople?: boolean;
  /** How long Slack may take to answer a call; the bot's own limits unless set. */
  readonly slackTimeLimits?: TimeLimits;
  /** The language that the bot speaks; English unless set. */
  readonly text?: Text;
  /** A target that is used again. */
  readonly target?: Target;
  /** Who and what is in the workspace, in place of the suite's own. */
  readonly seed?: Partial<WorkspaceSeed>;
}

/** Everything real at once: the stage, and the app on it in this process, with a clock that can be moved. */
export interface World extends Stage {
  readonly app: App;
  /** Starts one more process of the bot, on the same database. Slack does not know it yet. */
  another(): Promise<App>;
  /** Moves the clock by so many seconds; whatever is due by then happens at once. */
  advance(seconds: number): void;
  logTail(): string;
  stop(): Promise<void>;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const stage = await startStage(options.target, options.seed);
  try {
    return await build(stage, options);
  } catch (error) {
    await stage.teardown.run().catch(() => undefined);
    throw error;
  }
}

async function build(stage: Stage, options: WorldOptions): Promise<World> {
  const { workspace, teardown } = stage;
  // The policy of the scenarios refers to it; Jest runs each test file in an environment of its own.
  process.env.ORDERS_DB_URL = stage.target.botUrl;
  process.env.ROTA_URL = stage.rota.url;
  const config: Config = {
    slack: {
      ...(options.slack === 'socket'
        ? { mode: 'socket' as const, appToken: workspace.appToken }
        : { mode: 'http' as const, signingSecret: workspace.signingSecret }),
      botToken: workspace.botToken,
      apiUrl: workspace.apiUrl,
    },
    databaseUrl: stage.databaseUrl,
    redisUrl: options.redisUrl ?? null,
    policyPath: options.policy ?? POLICY,
    port: 0,
    logLevel: 'info',
    dataDir: stage.folder,
  };
  const lines: string[] = [];
  const scrubber = createScrubber();
  const log = createLogger({ level: 'info', scrubber, destination: { write: (line) => void lines.push(line.trim()) } });
  let offsetMs = 0;
  const clock = { offsetMs: () => offsetMs, passedMs: () => offsetMs };
  const start = async (): Promise<App> => {
    const started = await startApp(config, surroundings);
    teardown.add(() => started.stop());
    return started;
  };
  const surroundings = {
    log,
    scrubber,
    clock,
    ...(options.slackTimeLimits ? { slackTimeLimits: options.slackTimeLimits } : {}),
    ...(options.text ? { text: options.text } : {}),
    ...(options.remembersPeople ? {} : { rememberPeopleMs: 0 }),
  };
  const app = await start();
  workspace.deliverTo(`${app.url}/slack/events`);
  return {
    ...stage,
    app,
    another: start,
    advance(seconds) {
      offsetMs += seconds * 1000;
      app.wake();
    },
    logTail: () => lines.slice(-LOG_TAIL_LINES).join('\n'),
    stop: () => teardown.run(),
  };
}
