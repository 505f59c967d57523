import { afterEach, describe, expect, it } from '@jest/globals';
import { type BotProcess, startBot } from '../support/bot-process.ts';
import { labelOf } from '../support/insist.ts';
import { describeWithRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { type Stage, startStage } from '../support/stage.ts';

const TIME_LIMIT_MS = 150_000;
/** What the promise allows after a restart. */
const GONE_WITHIN_MS = 60_000;

let stage: Stage | undefined;
let redis: TestRedis | undefined;
afterEach(async () => {
  await stage?.teardown.run();
  await redis?.stop();
  stage = undefined;
  redis = undefined;
});

const ASK = '/elevate orders-db/admin 4s fixing stuck orders INC-42';
const approveButton = (element: Record<string, unknown>): boolean => labelOf(element) === 'Approve';

async function setUp(
  env: Record<string, string> = {},
): Promise<{ scene: Stage; bot: BotProcess; approve: () => Promise<unknown> }> {
  const scene = await startStage();
  stage = scene;
  const bot = await startBot(scene, env);
  await scene.workspace.user('dev').command(ASK, { channel: 'access' });
  const card = await scene.workspace.waitFor(() => scene.workspace.messages('access-prod').at(-1), {
    what: 'the card',
    timeoutMs: 20_000,
  });
  return { scene, bot, approve: () => scene.workspace.user('dba').click(card, approveButton) };
}

/** The grant has ended in the record, and the target agrees. */
async function goneInTime({ workspace, target, auditKinds }: Stage): Promise<void> {
  await workspace.waitFor(async () => (await auditKinds()).at(-1) === 'grant.ended', {
    what: 'the end in the audit',
    timeoutMs: GONE_WITHIN_MS,
  });
  expect(await target.holds('dev')).toBe(false);
}

const live = ({ workspace, target }: Stage) =>
  workspace.waitFor(() => target.holds('dev'), { what: 'the access', timeoutMs: 20_000 });

describe('after a SIGKILL and a new start, access ends at its time or within a minute', () => {
  it(
    'when the process died right after the approval was committed',
    async () => {
      const { scene, bot, approve } = await setUp();
      await approve();
      await scene.workspace.waitFor(async () => (await scene.auditKinds()).includes('grant.created'), {
        what: 'the approval',
      });
      await bot.kill();
      await startBot(scene);
      await goneInTime(scene);
    },
    TIME_LIMIT_MS,
  );

  it(
    'when it died between the GRANT and hearing of it',
    async () => {
      const { scene, bot, approve } = await setUp();
      const { proxy } = scene.target;
      proxy.failNext('GRANT ', 'stuck');
      await approve();
      await proxy.failed();
      await bot.kill();
      proxy.release();
      await startBot(scene);
      await goneInTime(scene);
    },
    TIME_LIMIT_MS,
  );

  it(
    'when it died while the access was live',
    async () => {
      const { scene, bot, approve } = await setUp();
      await approve();
      await live(scene);
      await bot.kill();
      await startBot(scene);
      await goneInTime(scene);
    },
    TIME_LIMIT_MS,
  );

  it(
    'when it died between the REVOKE and hearing of it',
    async () => {
      const { scene, bot, approve } = await setUp();
      const { proxy } = scene.target;
      await approve();
      await live(scene);
      proxy.failNext('REVOKE ', 'stuck');
      await proxy.failed();
      await bot.kill();
      proxy.release();
      await startBot(scene);
      await goneInTime(scene);
    },
    TIME_LIMIT_MS,
  );

  it(
    'when it died with the end taken in hand before its time',
    async () => {
      const { scene, bot, approve } = await setUp();
      await approve();
      await scene.workspace.waitFor(async () => (await scene.auditKinds()).includes('grant.activated'), {
        what: 'activation',
        timeoutMs: 20_000,
      });
      // Provisioning has let go of the lock of this access, so whoever has it now prepares the end.
      const locked = async () =>
        (await scene.target.sql(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted`)).rowCount !== 0;
      await scene.workspace.waitFor(async () => !(await locked()), { what: 'the lock to be free' });
      await scene.workspace.waitFor(locked, { what: 'the lock to be taken', timeoutMs: 20_000 });
      await bot.kill();
      await startBot(scene);
      await goneInTime(scene);
      expect((await scene.auditKinds()).filter((kind) => kind === 'grant.ended')).toHaveLength(1);
    },
    TIME_LIMIT_MS,
  );

  it(
    'and a SIGTERM lets work in hand finish and exits cleanly',
    async () => {
      const { scene, bot, approve } = await setUp();
      await approve();
      expect(await bot.terminate()).toBe(0);
      await startBot(scene);
      await goneInTime(scene);
    },
    TIME_LIMIT_MS,
  );
});

describeWithRedis('with the queue in Redis, access ends at its time or within a minute', () => {
  it(
    'when Redis is emptied while the access is live',
    async () => {
      redis = await startRedis();
      const { scene, approve } = await setUp({ REDIS_URL: redis.url });
      await approve();
      await live(scene);
      await redis.ask('FLUSHALL');
      await goneInTime(scene);
    },
    TIME_LIMIT_MS,
  );

  it(
    'when the process and Redis die together',
    async () => {
      redis = await startRedis();
      const { scene, bot, approve } = await setUp({ REDIS_URL: redis.url });
      await approve();
      await live(scene);
      await bot.kill();
      await redis.crash();
      await redis.comeBack();
      await startBot(scene, { REDIS_URL: redis.url });
      await goneInTime(scene);
    },
    TIME_LIMIT_MS,
  );
});
