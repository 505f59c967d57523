import { createPostgresBackend, Queue, runMigrations, Worker, withBackend } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';

export interface EmptyJobs {
  /** Adds a job that does nothing, due after so many milliseconds, and resolves with how many milliseconds late it began. */
  latenessOf(delayMs: number): Promise<number>;
  close(): Promise<void>;
}

const NAME = 'bench-empty';
const SCHEMA = 'bench_queue';

/** BullMQ and nothing else, on Redis or on PostgreSQL as the URL says: one queue, one worker, BullMQ's own settings. */
export async function openEmptyJobs(url: string): Promise<EmptyJobs> {
  const begun = new Map<string, (at: number) => void>();
  const begin = async (job: { readonly id?: string | undefined }): Promise<void> => {
    begun.get(job.id ?? '')?.(performance.timeOrigin + performance.now());
  };
  const { queue, worker, close } = url.startsWith('redis') ? onRedis(url, begin) : await onPostgres(url, begin);
  queue.on('error', () => undefined);
  worker.on('error', () => undefined);
  await worker.waitUntilReady();
  let count = 0;
  return {
    async latenessOf(delayMs) {
      const jobId = `empty-${++count}`;
      const begins = new Promise<number>((resolve) => begun.set(jobId, resolve));
      const job = await queue.add('empty', {}, { jobId, delay: delayMs, removeOnComplete: true });
      return (await begins) - (job.timestamp + delayMs);
    },
    async close() {
      await worker.close();
      await queue.close();
      await close();
    },
  };
}

type Begin = (job: { readonly id?: string | undefined }) => Promise<void>;

function onRedis(url: string, begin: Begin) {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  connection.on('error', () => undefined);
  const options = { connection, prefix: NAME };
  return {
    queue: new Queue(NAME, options),
    worker: new Worker(NAME, begin, options),
    close: async () => connection.disconnect(),
  };
}

async function onPostgres(url: string, begin: Begin) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await runMigrations(client, SCHEMA);
  await client.end();
  const backed = withBackend(createPostgresBackend);
  const connection = { connectionString: url, schema: SCHEMA };
  return {
    queue: new backed.Queue(NAME, { connection }),
    worker: new backed.Worker(NAME, begin, { connection }),
    close: async () => undefined,
  };
}
