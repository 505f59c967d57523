import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { withClient } from '../../src/store/with-client.ts';
import { createTeardown, type Teardown } from '../../src/teardown.ts';
import { addLogins, endAt, giveTo, TARGET_ROLE } from '../bench/crowd.ts';
import { addGrants, holdersOnly, readModel } from '../bench/crowd-rows.ts';
import { startBot } from '../support/bot-process.ts';
import { describeWithRedis, startRedis } from '../support/redis.ts';
import { installed } from '../support/redis-server.ts';
import { startSharedTarget, startStage } from '../support/stage.ts';

const TIME_LIMIT_MS = 240_000;
const PATIENCE_MS = 60_000;
/** A batch, and some more. */
const BATCH = 100;
const MORE = 10;
const CROWD = BATCH + MORE;
/** A process looks for what others lost when it has started, and so often (ARCHITECTURE, 8). */
const LOOKS_EVERY_MS = 30_000;

/** Where the ends of the crowd stand: who has them in hand, and how many have ended. */
async function standing(url: string): Promise<{ owners: Map<string, number>; ended: number }> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ owner: string | null; ended: boolean; count: number }>(
      `SELECT e.lease_owner AS owner, g.status = 'ended' AS ended, count(*)::int AS count
         FROM grants g JOIN effects e ON e.key = 'revoke_grant/' || g.id
        WHERE g.target ->> 'subject' LIKE 'crowd\\_%' GROUP BY 1, 2`,
    );
    return {
      owners: new Map(rows.flatMap(({ owner, count }) => (owner === null ? [] : [[owner, count] as const]))),
      ended: rows.reduce((sum, { ended, count }) => sum + (ended ? count : 0), 0),
    };
  });
}

/**
 * Two processes. One takes all ends in hand and is told to stop while its first batch hangs on the way to the target, where it has locked
 * nothing that others need yet: the other process has to take away the rest while the first still waits for its own.
 */
async function stopsInTheMiddle(env: Record<string, string>, teardown: Teardown): Promise<void> {
  const target = await startSharedTarget();
  teardown.add(() => target.stop());
  const scene = await startStage(target);
  teardown.add(() => scene.teardown.run());
  const { workspace, databaseUrl } = scene;
  const { proxy } = scene.target;
  await startBot(scene, { ...env, ORDERS_DB_URL: target.botUrl });
  const startedAt = performance.now();
  const stopping = await startBot(scene, env);
  await workspace.user('dev').command('/elevate orders-db/read 1h looking at a bug', { channel: 'access' });
  const model = await readModel(databaseUrl, PATIENCE_MS);
  await addLogins(target, CROWD);
  await giveTo(target, CROWD);
  await addGrants(databaseUrl, model, await holdersOnly(target, TARGET_ROLE, 'crowd_'));

  // Just after the other process has looked by itself, and just before this one does: the other will not look again before this one is
  // gone, whatever that takes, and nothing else is going on that would make it.
  const since = (performance.now() - startedAt) % LOOKS_EVERY_MS;
  await wait(LOOKS_EVERY_MS - since + 200);
  proxy.failNext('REVOKE ', 'stuck');
  await endAt(databaseUrl, new Date());
  const late = wait(PATIENCE_MS, 'late', { ref: false });
  if ((await Promise.race([proxy.failed(), late])) === 'late') throw new Error('The other process was faster');
  const before = await standing(databaseUrl);
  expect(before.ended).toBe(0);
  const [[owner, taken] = ['', 0], ...others] = before.owners;
  expect([taken, others]).toEqual([CROWD, []]);

  const exit = stopping.terminate();
  const after = await workspace.waitFor(
    async () => {
      const now = await standing(databaseUrl);
      return now.ended >= MORE ? now : false;
    },
    { what: 'the rest to be ended by the other process', timeoutMs: PATIENCE_MS },
  );
  // The batch that had begun is still the first one's: it has not stopped, nor lost its lease.
  expect([after.ended, after.owners.get(owner)]).toEqual([MORE, BATCH]);
  proxy.release();
  expect(await exit).toBe(0);
  await workspace.waitFor(async () => (await standing(databaseUrl)).ended === CROWD, {
    what: 'the end of all',
    timeoutMs: PATIENCE_MS,
  });
  expect(await holdersOnly(target, TARGET_ROLE, 'crowd_')).toEqual([]);
  const { rows } = await withClient(databaseUrl, (client) =>
    client.query(`SELECT grant_id FROM audit_events WHERE kind = 'grant.ended' GROUP BY 1 HAVING count(*) > 1`),
  );
  expect(rows).toEqual([]);
}

type Queue = 'PostgreSQL' | 'Redis';
async function play(queue: Queue): Promise<void> {
  const teardown = createTeardown();
  try {
    if (queue === 'PostgreSQL') return await stopsInTheMiddle({}, teardown);
    const redis = await startRedis();
    teardown.add(() => redis.stop());
    await stopsInTheMiddle({ REDIS_URL: redis.url }, teardown);
  } finally {
    await teardown.run();
  }
}

/** Each waits for half a minute, so they begin together. A test that is tried once more plays anew. */
const begun = new Map<Queue, Promise<void>>();
beforeAll(() => {
  for (const queue of installed ? (['PostgreSQL', 'Redis'] as const) : (['PostgreSQL'] as const)) {
    const playing = play(queue);
    // Its test tells.
    playing.catch(() => undefined);
    begun.set(queue, playing);
  }
});
afterAll(() => Promise.allSettled(begun.values()), TIME_LIMIT_MS);

function played(queue: Queue): Promise<void> {
  const playing = begun.get(queue) ?? play(queue);
  begun.delete(queue);
  return playing;
}

it(
  'what a process that is told to stop had not begun goes on elsewhere at once, with the queue in PostgreSQL',
  () => played('PostgreSQL'),
  TIME_LIMIT_MS,
);

describeWithRedis('with the queue in Redis', () => {
  it('it goes on elsewhere at once as well', () => played('Redis'), TIME_LIMIT_MS);
});
