import { PostgresQueueBackend, type QueueBaseOptions, runMigrations, withBackend } from 'bullmq';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { openPool } from '../open-pool.ts';
import { createBullmqBackend, workerOptions } from './bullmq.ts';
import { CLOSE_LIMIT_MS } from './limits.ts';
import { patiently } from './patiently.ts';
import type { Deliver, QueueBackend } from './queue-backend.ts';
import { SteadyConnection } from './steady-connection.ts';
import { messageOf, within } from './within.ts';

export interface PostgresBackendOptions {
  /** A postgres:// URL. The queue lives in the schema `elevate_queue` of this database. */
  readonly databaseUrl: string;
}

class PatientBackend extends PostgresQueueBackend {
  override moveToActive(token: string, name?: string) {
    return patiently(super.moveToActive(token, name));
  }
}

const { Queue, Worker } = withBackend((name, options: QueueBaseOptions<SteadyConnection>) => {
  const { connection } = options;
  return new PatientBackend(connection, name, { ...options, connection: connection.pool });
});

const SCHEMA = 'elevate_queue';
const CONNECT_LIMIT_MS = 5_000;
/** Its statements are short: whatever takes longer than this leads nowhere. */
const ANSWER_LIMIT_MS = 10_000;
/** Adding is one statement at a time per lane; a worker finishes one job while it fetches the next, and listens on a third. */
const QUEUE_CONNECTIONS = 1;
const WORKER_CONNECTIONS = 3;

/**
 * BullMQ on the bot's own database. Rejects when the database is not there or the queue's tables can't be made. At most 13
 * connections, most of them idle and closed after 10 s.
 */
export async function createPostgresQueueBackend(
  { databaseUrl }: PostgresBackendOptions,
  deliver: Deliver,
  log: Logger,
): Promise<QueueBackend> {
  const target = connectionOf(databaseUrl);
  const pool = openPool({ ...target, max: 1 });
  pool.on('error', (error) => log.warn({ err: error }, `The queue lost a connection to PostgreSQL: ${error.message}`));
  await migrate(pool);

  const options = [target.options, `-c search_path=${SCHEMA}`].filter(Boolean).join(' ');
  const connect = (max: number) => new SteadyConnection({ ...target, options, max });
  return createBullmqBackend({
    name: 'PostgreSQL',
    log,
    queue: ({ queue }) => new Queue(queue, { connection: connect(QUEUE_CONNECTIONS) }),
    worker: (lane) =>
      new Worker(lane.queue, (job) => deliver(job.data, lane.lane), {
        ...workerOptions(lane),
        connection: connect(WORKER_CONNECTIONS),
      }),
    ask: () => pool.query('SELECT 1'),
    disconnect: () => within(pool.end(), CLOSE_LIMIT_MS, 'Closing the connection').catch(() => {}),
  });
}

/**
 * BullMQ finds its tables through the `options` of a connection. Those of the URL would win over them (pg gives the URL the last
 * word), so they move out of it, to be joined with ours.
 */
function connectionOf(databaseUrl: string) {
  const url = new URL(databaseUrl);
  const options = url.searchParams.get('options');
  url.searchParams.delete('options');
  return {
    connectionString: url.href,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    query_timeout: ANSWER_LIMIT_MS,
    // So that a connection on which nothing answers is closed at once: it may be the one for listening.
    pipeline: true,
    application_name: 'elevate-queue',
    ...(options === null ? {} : { options }),
  };
}

/** BullMQ's own migrations, under its own lock, so that several processes may start at once. */
async function migrate(pool: Pool): Promise<void> {
  try {
    const client = await pool.connect();
    try {
      await runMigrations(client, SCHEMA);
    } finally {
      client.release();
    }
  } catch (error) {
    await pool.end();
    throw new Error(
      `The queue's tables could not be made in PostgreSQL: ${messageOf(error)}. The bot's database user needs CREATE on the database, or an administrator makes the schema "${SCHEMA}" and gives it to that user`,
      { cause: error },
    );
  }
}
