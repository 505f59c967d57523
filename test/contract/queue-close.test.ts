import { randomUUID } from 'node:crypto';
import { afterEach, expect, it } from '@jest/globals';
import { createPostgresQueueBackend } from '../../src/jobs/postgres-backend.ts';
import type { Deliver, QueueBackend, QueuedJob } from '../../src/jobs/queue-backend.ts';
import { createRedisBackend } from '../../src/jobs/redis-backend.ts';
import { createLogger, createScrubber } from '../../src/logging.ts';
import { emptyDatabase } from '../support/database.ts';
import { describeWithRedis, startRedis } from '../support/redis.ts';

/** A close that waits in vain takes this long, so that a process that stops keeps a job for as long. */
const IN_VAIN_MS = 3_000;
const log = createLogger({ level: 'silent', scrubber: createScrubber() });

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanup.splice(0).reverse()) await clean();
});

const job = (name: string): QueuedJob => ({
  id: `${name}-${randomUUID()}`,
  kind: 'ends',
  payload: { what: 'ends', target: name },
  delayMs: 0,
});

/** A process that closes has just been given a job, and gives it to the other one, as a stop does. */
async function handsOnWhileItCloses(start: (deliver: Deliver) => Promise<QueueBackend>): Promise<void> {
  let came = () => {};
  const taken = new Promise<void>((resolve) => {
    came = resolve;
  });
  let open = () => {};
  const closing = new Promise<void>((resolve) => {
    open = resolve;
  });
  const stopping = await start(async () => {
    came();
    await closing;
    await stopping.add('deadlines', [job('handed on')]);
  });
  await stopping.add('deadlines', [job('first')]);
  await taken;
  await stopping.pause();
  const beganAt = performance.now();
  const closed = stopping.close();
  // Whatever a close does without waiting, it has done by then.
  setTimeout(open, 300);
  await closed;
  expect(performance.now() - beganAt).toBeLessThan(IN_VAIN_MS);

  const elsewhere: unknown[] = [];
  const other = await new Promise<QueueBackend>((resolve, reject) => {
    const starting = start(async (data) => {
      elsewhere.push(data);
      resolve(await starting);
    });
    starting.catch(reject);
  });
  await other.close();
  expect(elsewhere).toEqual([{ what: 'ends', target: 'handed on' }]);
}

it('a job that reaches a process while it closes goes to another at once, with the queue in PostgreSQL', async () => {
  const database = await emptyDatabase();
  cleanup.push(database.drop);
  await handsOnWhileItCloses((deliver) => createPostgresQueueBackend({ databaseUrl: database.url }, deliver, log));
});

describeWithRedis('with the queue in Redis', () => {
  it('it goes there as well', async () => {
    const redis = await startRedis();
    cleanup.push(redis.stop);
    await handsOnWhileItCloses(async (deliver) => {
      const backend = createRedisBackend({ redisUrl: redis.url }, deliver, log);
      while ((await backend.ping()) !== true) await new Promise((resolve) => setTimeout(resolve, 20));
      return backend;
    });
  });
});
