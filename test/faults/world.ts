import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startTarget } from '../../src/sandbox/target.ts';
import { startWorkspace, type Workspace } from '../../src/sandbox/workspace/workspace.ts';
import { startEmbedded } from '../../src/store/embedded.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createTeardown } from '../../src/teardown.ts';
import { endServer } from '../support/end-server.ts';
import { startRedis, type TestRedis } from '../support/redis-server.ts';
import { atPort, startTargetProxy } from '../support/target-proxy.ts';
import { type Bot, createBot } from './bots.ts';
import { PEOPLE, type Queue } from './plan.ts';

const MOST_REPLICAS = 3;
/** Nothing has to survive a power cut, but everything a SIGKILL: what was committed has left the server's own memory. */
const SETTINGS = { fsync: 'off', full_page_writes: 'off', max_connections: '200', shared_buffers: '32MB' };

/** Everything a round needs, real and the suite's own: two PostgreSQL servers, a Redis, a Slack workspace and bots. */
export interface FaultWorld {
  readonly queue: Queue;
  readonly bots: readonly Bot[];
  readonly workspace: Workspace;
  readonly redis: TestRedis | null;
  /** The database as its superuser, not through a proxy; for the queue's own tables too. */
  readonly storeUrl: () => string;
  readonly store: pg.Pool;
  /** The target as its administrator. */
  readonly target: pg.Pool;
  /** Immediate shutdown, as a crash is, and a start. */
  restartStore(): Promise<void>;
  /** Sends what Slack has to say to a bot that is up. */
  pointSlack(): void;
  offsetMs(): number;
  moveClock(bySeconds: number): void;
  stop(): Promise<void>;
}

export async function startFaultWorld(queue: Queue, bundle: string): Promise<FaultWorld> {
  const teardown = createTeardown();
  try {
    return await build(queue, bundle, teardown);
  } catch (error) {
    await teardown.run().catch(() => undefined);
    throw error;
  }
}

async function build(queue: Queue, bundle: string, teardown: ReturnType<typeof createTeardown>): Promise<FaultWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'elevate-faults-'));
  // PostgreSQL does not run as root: its own user must be able to walk in.
  await chmod(folder, 0o711);
  teardown.add(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const storeAt = { directory: join(folder, 'store'), settings: SETTINGS };
  let storeServer = await startEmbedded(storeAt);
  teardown.add(() => endServer(storeAt.directory));
  await migrate(storeServer.url);
  const targetAt = { directory: join(folder, 'target'), people: PEOPLE, settings: SETTINGS };
  const target = await startTarget(targetAt);
  teardown.add(() => endServer(targetAt.directory));
  const targetAdmin = openPool(target.adminUrl);
  teardown.add(() => targetAdmin.end());
  await targetAdmin.query('CREATE ROLE dba LOGIN');
  for (const role of ['orders_admin', 'orders_read']) await targetAdmin.query(`GRANT ${role} TO dba WITH ADMIN TRUE`);
  const workspace = await startWorkspace({ seed: SEED });
  teardown.add(() => workspace.stop());
  // The reconciler would put right what the scheduled ends got wrong, and takes away what its grantor gave by hand.
  const store = openPool(storeServer.url);
  teardown.add(() => store.end());
  await store.query(
    `INSERT INTO reconciler_pauses (workspace_id, paused_at, paused_by, reason) VALUES ($1, now(), 'the fault suite', 'scheduled ends alone')`,
    [workspace.install.teamId],
  );
  const redis = queue === 'redis' ? await startRedis() : null;
  if (redis) teardown.add(() => redis.stop());

  let offsetMs = 0;
  let restarted: Promise<void> = Promise.resolve();
  const portOf = (url: string): number => Number(new URL(url).port);
  const bots = await Promise.all(
    Array.from({ length: MOST_REPLICAS }, () =>
      createBot({
        bundle,
        ports: { target: portOf(target.botUrl), store: portOf(storeServer.url), slack: portOf(workspace.apiUrl) },
        env: (proxied) => ({
          SLACK_BOT_TOKEN: workspace.botToken,
          SLACK_SIGNING_SECRET: workspace.signingSecret,
          SLACK_API_URL: atPort(workspace.apiUrl, proxied('slack')),
          DATABASE_URL: atPort(storeServer.url, proxied('store')),
          ORDERS_DB_URL: atPort(target.botUrl, proxied('target')),
          POLICY_PATH: join(import.meta.dirname, 'policy.yaml'),
          ...(redis ? { REDIS_URL: redis.url } : {}),
        }),
        offsetMs: () => offsetMs,
      }),
    ),
  );
  for (const bot of bots) teardown.add(() => bot.stop());
  const front = await startTargetProxy(1);
  teardown.add(() => front.close());
  workspace.deliverTo(`http://127.0.0.1:${front.port}/slack/events`);

  return {
    queue,
    bots,
    workspace,
    redis,
    storeUrl: () => storeServer.url,
    store,
    target: targetAdmin,
    restartStore() {
      // One after the other: a start looks at its server, which another restart would end.
      restarted = restarted.then(async () => {
        await endServer(storeAt.directory);
        storeServer = await startEmbedded(storeAt);
        for (const bot of bots) bot.proxies.store.pointTo(portOf(storeServer.url));
      });
      return restarted;
    },
    pointSlack() {
      const up = bots.map((bot) => bot.url()).filter((url) => url !== null);
      // Whoever was up before still has its connections; they end with it.
      if (up[0]) front.pointTo(portOf(up[0]));
    },
    offsetMs: () => offsetMs,
    moveClock(bySeconds) {
      offsetMs += bySeconds * 1_000;
      for (const bot of bots) bot.moveClock(offsetMs);
    },
    stop: () => teardown.run(),
  };
}

const SEED = {
  people: [
    ...PEOPLE.map((key) => ({ key, email: `${key}@example.com`, realName: `Person ${key}` })),
    { key: 'security', email: 'sam@example.com', realName: 'Sam Okafor' },
  ],
  channels: [
    { name: 'access', members: 'everyone' as const, hasBot: true },
    { name: 'security', members: 'everyone' as const, hasBot: true },
  ],
  groups: [{ handle: 'developers', name: 'Developers', members: PEOPLE }],
};

function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 6, connectionTimeoutMillis: 5_000, options: '-c TimeZone=UTC' });
  pool.on('error', () => undefined);
  return pool;
}
