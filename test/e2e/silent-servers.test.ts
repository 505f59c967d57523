import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { withClient } from '../../src/store/with-client.ts';
import { type BotProcess, startBot } from '../support/bot-process.ts';
import { describeWithRedis, startRedis } from '../support/redis.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { startProxyOf, type TargetProxy } from '../support/target-proxy.ts';

const TIME_LIMIT_MS = 180_000;
/** For what has to happen some time; how soon is measured elsewhere. */
const PATIENCE_MS = 60_000;

let stage: Stage;
beforeEach(async () => {
  stage = await startStage();
}, TIME_LIMIT_MS);
afterEach(async () => {
  await stage?.teardown.run();
}, TIME_LIMIT_MS);

/** The same address by way of a proxy. */
async function through(url: string): Promise<{ proxy: TargetProxy; url: string }> {
  const started = await startProxyOf(url);
  stage.teardown.add(() => started.proxy.close());
  return started;
}

async function readiness(bot: BotProcess): Promise<{ ok: boolean; says: string }> {
  const answer = await fetch(`${bot.url}/readyz`, { signal: AbortSignal.timeout(10_000) });
  return { ok: answer.ok, says: await answer.text() };
}

const becomes = (bot: BotProcess, ok: boolean): Promise<string> =>
  stage.workspace.waitFor(
    async () => {
      const now = await readiness(bot);
      return now.ok === ok && now.says;
    },
    { what: ok ? 'a bot that is ready' : 'a bot that is not ready', timeoutMs: PATIENCE_MS },
  );

/** Access for an hour. */
async function giveAccess(): Promise<void> {
  await stage.workspace.user('dev').command('/elevate orders-db/read 1h looking at a bug', { channel: 'access' });
  const isActive = () =>
    withClient(stage.databaseUrl, async (client) => {
      const { rows } = await client.query(`SELECT FROM grants WHERE status = 'active'`);
      return rows.length === 1;
    });
  await stage.workspace.waitFor(isActive, { what: 'access', timeoutMs: PATIENCE_MS });
}

const endsNow = (): Promise<void> =>
  withClient(stage.databaseUrl, async (client) => {
    await client.query(
      `UPDATE grants SET ends_at = clock_timestamp(), must_end_by = clock_timestamp() WHERE status = 'active'`,
    );
    await client.query(
      `UPDATE effects SET due_at = clock_timestamp(), handed_on_at = NULL WHERE kind = 'revoke_grant' AND done_at IS NULL`,
    );
  });

const isGone = () =>
  stage.workspace.waitFor(async () => !(await stage.target.holds('dev')), {
    what: 'the end of the access',
    timeoutMs: PATIENCE_MS,
  });

async function databaseIsForgotten(env: Record<string, string>): Promise<void> {
  const { proxy, url } = await through(stage.databaseUrl);
  const bot = await startBot(stage, { ...env, DATABASE_URL: url });
  await becomes(bot, true);
  await giveAccess();
  // A failover: what stands leads nowhere, and at first what is new does not either.
  proxy.meet('silent');
  proxy.freeze();
  expect(await becomes(bot, false)).toContain('No answer within');
  await endsNow();
  proxy.meet('pass');
  await becomes(bot, true);
  await isGone();
  expect(await bot.terminate()).toBe(0);
}

describe('a network that forgets connections, and tells nobody', () => {
  it(
    'to the database: the bot is not ready, connects anew, and ends what was due meanwhile',
    () => databaseIsForgotten({}),
    TIME_LIMIT_MS,
  );

  it(
    'to a target, in the middle of taking access away: it is taken away on another connection',
    async () => {
      const { proxy } = stage.target;
      const bot = await startBot(stage);
      await becomes(bot, true);
      await giveAccess();
      proxy.failNext('REVOKE ', 'stuck');
      await endsNow();
      await proxy.failed();
      proxy.freeze();
      await isGone();
      expect(await bot.terminate()).toBe(0);
    },
    TIME_LIMIT_MS,
  );
});

describeWithRedis('with the queue in Redis', () => {
  it(
    'to the database: the same',
    async () => {
      const redis = await startRedis();
      stage.teardown.add(() => redis.stop());
      await databaseIsForgotten({ REDIS_URL: redis.url });
    },
    TIME_LIMIT_MS,
  );

  it(
    'to Redis: the bot is not ready, ends access by itself, and connects anew',
    async () => {
      const redis = await startRedis();
      stage.teardown.add(() => redis.stop());
      const { proxy, url } = await through(redis.url);
      const bot = await startBot(stage, { REDIS_URL: url });
      await becomes(bot, true);
      await giveAccess();
      proxy.meet('silent');
      proxy.freeze();
      expect(await becomes(bot, false)).toContain('Redis');
      await endsNow();
      await isGone();
      proxy.meet('pass');
      await becomes(bot, true);
      expect(await bot.terminate()).toBe(0);
    },
    TIME_LIMIT_MS,
  );
});
