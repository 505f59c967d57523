import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import type { Target } from '../../src/sandbox/target.ts';
import { startEmbedded } from '../../src/store/embedded.ts';
import { withClient } from '../../src/store/with-client.ts';
import { addLogins, endAt, giveTo, TARGET_ROLE } from '../bench/crowd.ts';
import { addGrants, holdersOnly, readModel } from '../bench/crowd-rows.ts';
import { startBot } from '../support/bot-process.ts';
import { endServer } from '../support/end-server.ts';
import { describeWithRedis, startRedis } from '../support/redis.ts';
import { type Stage, startSharedTarget, startStage } from '../support/stage.ts';

const TIME_LIMIT_MS = 240_000;
const PATIENCE_MS = 90_000;
const CROWD = 50;
const RESTARTS = 5;

let stage: Stage | undefined;
let target: Target | undefined;
afterEach(async () => {
  await stage?.teardown.run();
  await target?.stop();
  [stage, target] = [undefined, undefined];
}, TIME_LIMIT_MS);

/** PostgreSQL dies and comes back, again and again, while much access is due to end: it ends all the same, once each. */
async function endsBetweenRestarts(env: Record<string, string>, scene: Stage, on: Target): Promise<void> {
  const { workspace } = scene;
  const directory = await mkdtemp(join(tmpdir(), 'elevate-restarts-'));
  scene.teardown.add(() => rm(directory, { recursive: true, force: true }));
  // PostgreSQL does not run as root: its own user must be able to walk in.
  await chmod(directory, 0o711);
  scene.teardown.add(() => endServer(directory));
  const server = { directory, settings: { fsync: 'off' } };
  const { url: databaseUrl } = await startEmbedded(server);
  const bot = await startBot(scene, { ...env, DATABASE_URL: databaseUrl });
  await workspace.user('dev').command('/elevate orders-db/read 1h looking at a bug', { channel: 'access' });
  const model = await readModel(databaseUrl, PATIENCE_MS);
  await addLogins(on, CROWD);
  await giveTo(on, CROWD);
  await addGrants(databaseUrl, model, await holdersOnly(on, TARGET_ROLE, 'crowd_'));
  await endAt(databaseUrl, new Date());
  for (let n = 0; n < RESTARTS; n += 1) {
    await endServer(directory);
    expect((await startEmbedded(server)).url).toBe(databaseUrl);
  }
  const left = () => holdersOnly(on, TARGET_ROLE, 'crowd_');
  await workspace.waitFor(async () => (await left()).length === 0, {
    what: 'the end of all access',
    timeoutMs: PATIENCE_MS,
  });
  const isReady = () =>
    fetch(`${bot.url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await workspace.waitFor(isReady, { what: 'a bot that is ready', timeoutMs: PATIENCE_MS });
  const ended = () =>
    withClient(databaseUrl, async (client) => {
      const { rows } = await client.query<{ times: number }>(
        `SELECT count(*)::int AS times FROM audit_events WHERE kind = 'grant.ended' GROUP BY grant_id`,
      );
      return rows.map(({ times }) => times);
    });
  await workspace.waitFor(async () => (await ended()).length >= CROWD, {
    what: 'the word on all ends',
    timeoutMs: PATIENCE_MS,
  });
  expect(new Set(await ended())).toEqual(new Set([1]));
  expect(bot.log()).not.toContain('An error was handled nowhere');
  expect(await bot.terminate()).toBe(0);
}

async function play(env: Record<string, string>): Promise<void> {
  target = await startSharedTarget();
  stage = await startStage(target);
  await endsBetweenRestarts(env, stage, target);
}

it('a database that dies five times keeps no access alive, with the queue in it', () => play({}), TIME_LIMIT_MS);

describeWithRedis('with the queue in Redis', () => {
  it(
    'neither does it',
    async () => {
      const redis = await startRedis();
      try {
        await play({ REDIS_URL: redis.url });
      } finally {
        await redis.stop();
      }
    },
    TIME_LIMIT_MS,
  );
});
