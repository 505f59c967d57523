import { setTimeout as wait } from 'node:timers/promises';
import { createPostgresBackend, Queue as RedisQueue, withBackend } from 'bullmq';
import { Redis } from 'ioredis';
import type { Bot } from './bots.ts';
import { busy } from './busy.ts';
import type { PlannedFault } from './plan.ts';
import type { CrashPoint } from './points.ts';
import type { FaultWorld } from './world.ts';

/** How long a process that was killed stays away. */
const AWAY_MS = 250;
/** How long a message is held back on its way, where it is slow. */
const SLOW_MS = 250;
/** How long what is stuck outlives the process that sent it. */
const STUCK_MS = 900;
const LOOK_EVERY_MS = 20;
/** A crash point waits so long for its message, on a machine that is not busy; on a busy one up to three times as long. */
const POINT_WAITS_MS = 15_000;

const { Queue: PostgresQueue } = withBackend(createPostgresBackend);
const ACCESS_QUEUE = 'elevate-access';

/** Does one thing to the world, and undoes it after its time. */
export async function inflict(world: FaultWorld, bots: readonly Bot[], fault: PlannedFault): Promise<void> {
  const bot = 'bot' in fault ? bots[fault.bot] : undefined;
  const everywhere = (does: (bot: Bot) => void): void => {
    for (const each of bots) does(each);
  };
  switch (fault.kind) {
    case 'kill':
      return bot && killAndRestart(world, bot);
    case 'cut_target':
      return bot?.proxies.target.cut();
    case 'cut_store':
      return bot?.proxies.store.cut();
    case 'pause_process':
      bot?.pause();
      world.pointSlack();
      await wait(fault.forMs);
      return bot?.resume();
    case 'slow_store':
      bot?.proxies.store.delay(SLOW_MS / 5);
      await wait(fault.forMs);
      return bot?.proxies.store.delay(0);
    case 'refuse_target':
      everywhere(({ proxies }) => {
        proxies.target.meet('refuse');
        proxies.target.cut();
      });
      await wait(fault.forMs);
      return everywhere(({ proxies }) => proxies.target.meet('pass'));
    case 'silent_target':
      everywhere(({ proxies }) => {
        proxies.target.meet('silent');
        proxies.target.cut();
      });
      await wait(fault.forMs);
      // Who was met with silence would wait for its own limit.
      return everywhere(({ proxies }) => {
        proxies.target.meet('pass');
        proxies.target.cut();
      });
    case 'slow_target':
      everywhere(({ proxies }) => proxies.target.delay(SLOW_MS));
      await wait(fault.forMs);
      return everywhere(({ proxies }) => proxies.target.delay(0));
    case 'refuse_slack':
      everywhere(({ proxies }) => {
        proxies.slack.meet('refuse');
        proxies.slack.cut();
      });
      await wait(fault.forMs);
      return everywhere(({ proxies }) => proxies.slack.meet('pass'));
    case 'restart_postgres':
      return world.restartStore();
    case 'empty_redis':
      return void (await world.redis?.ask('FLUSHALL').catch(() => undefined));
    case 'stop_redis':
      await world.redis?.crash();
      await wait(fault.forMs);
      return world.redis?.comeBack();
    case 'delay_jobs':
      await withQueue(world, (queue) => queue.pause());
      await wait(fault.forMs);
      return withQueue(world, (queue) => queue.resume());
    case 'deliver_jobs_twice':
      return deliverTwice(world);
    case 'move_clock':
      return world.moveClock(fault.seconds);
  }
}

export async function killAndRestart(world: FaultWorld, bot: Bot): Promise<void> {
  await bot.kill();
  world.pointSlack();
  await wait(AWAY_MS);
  await bot.start();
  world.pointSlack();
}

/**
 * Breaks the next message of this kind, which `bait` makes sure of, whichever process sends it, and kills that process, which comes
 * back by itself. Resolves with whether it came, and with when that process is back.
 */
export async function meetPoint(
  world: FaultWorld,
  bots: readonly Bot[],
  point: CrashPoint,
  bait: () => Promise<void>,
): Promise<{ readonly came: boolean; readonly back: Promise<void> }> {
  while (bots.every((bot) => bot.url() === null)) await wait(LOOK_EVERY_MS);
  const giveUp = new AbortController();
  const arming = bots.map((bot) => armed(bot, point));
  const baiting = bait();
  // Whoever waits for `back` hears of it.
  baiting.catch(() => undefined);
  const hit = await Promise.race([
    ...arming,
    wait(POINT_WAITS_MS * Math.min(3, busy()), null, { signal: giveUp.signal }).catch(() => null),
  ]);
  giveUp.abort();
  for (const bot of bots) bot.proxies[point.side].forget();
  if (hit === null || point.outcome === 'go on') return { came: hit !== null, back: baiting };
  await hit.kill();
  world.pointSlack();
  return { came: true, back: afterDeath(world, hit, point).then(() => baiting) };
}

async function afterDeath(world: FaultWorld, bot: Bot, { fault, side }: CrashPoint): Promise<void> {
  const back = killAndRestart(world, bot);
  if (fault === 'stuck') await wait(STUCK_MS);
  bot.proxies[side].release();
  await back;
}

async function armed(bot: Bot, { side, text, fault, after }: CrashPoint): Promise<Bot> {
  const proxy = bot.proxies[side];
  proxy.failNext(text, fault, after);
  await proxy.failed();
  return bot;
}

/** One more job for everything that is pending, at once and twice. */
async function deliverTwice(world: FaultWorld): Promise<void> {
  const found = await world.store
    .query<{ key: string; generation: number; kind: string }>(
      `SELECT key, generation, kind FROM effects WHERE done_at IS NULL AND kind IN ('provision_grant', 'revoke_grant')`,
    )
    .catch(() => null);
  const jobs = (found?.rows ?? []).map(({ key, generation, kind }) => ({ name: kind, data: { key, generation } }));
  await withQueue(world, async (queue) => {
    await queue.addBulk([...jobs, ...jobs]);
  });
}

interface TestQueue {
  pause(): Promise<void>;
  resume(): Promise<void>;
  addBulk(jobs: { name: string; data: unknown }[]): Promise<unknown>;
  close(): Promise<void>;
  on(event: 'error', listener: () => void): unknown;
}

/** The bots' own queue of accesses, for a moment. Its server may be away: then nothing is done to it. */
async function withQueue(world: FaultWorld, use: (queue: TestQueue) => Promise<void>): Promise<void> {
  const { redis } = world;
  const connection = redis && new Redis(redis.url, { maxRetriesPerRequest: 1, disconnectTimeout: 200 });
  connection?.on('error', () => undefined);
  const queue: TestQueue = connection
    ? new RedisQueue(ACCESS_QUEUE, { connection, prefix: 'elevate' })
    : new PostgresQueue(ACCESS_QUEUE, {
        connection: { connectionString: world.storeUrl(), schema: 'elevate_queue', max: 1 },
      });
  queue.on('error', () => undefined);
  try {
    await use(queue).catch(() => undefined);
  } finally {
    await queue.close().catch(() => undefined);
    connection?.disconnect();
  }
}

/** Whatever is still broken is whole again, and everybody is up and ready. */
export async function heal(world: FaultWorld, bots: readonly Bot[]): Promise<void> {
  for (const bot of bots) {
    bot.resume();
    for (const proxy of Object.values(bot.proxies)) {
      proxy.forget();
      proxy.meet('pass');
      proxy.delay(0);
      proxy.release();
    }
  }
  await withQueue(world, (queue) => queue.resume());
  await Promise.all(bots.map((bot) => bot.start()));
  world.pointSlack();
}
