import { Queue, Worker } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';
import { createBullmqBackend, workerOptions } from './bullmq.ts';
import { patiently } from './patiently.ts';
import type { Deliver, QueueBackend } from './queue-backend.ts';
import { messageOf } from './within.ts';

export interface RedisBackendOptions {
  /** redis:// or rediss://, with a database number as its path where a server is shared. */
  readonly redisUrl: string;
  /** Two deployments that share one Redis database need different ones. */
  readonly prefix?: string;
}

const RECONNECT_FIRST_MS = 100;
const RECONNECT_MOST_MS = 2_000;
/** A Redis that does not answer within this is gone, whatever the network says of the connection. */
const ANSWER_LIMIT_MS = 5_000;
/** The same for a worker that waits for a job, which Redis answers after 10 s at the latest (BullMQ, `maximumBlockTimeout`). */
const WAITING_LIMIT_MS = 15_000;

type Settings = Omit<RedisOptions, 'replyMapping'>;

const shared: Settings = {
  // BullMQ's workers need it (BullMQ documentation, Connections): a blocking command waits for as long as Redis is away.
  maxRetriesPerRequest: null,
  retryStrategy: (times) => Math.min(RECONNECT_FIRST_MS * 2 ** Math.min(times, 10), RECONNECT_MOST_MS),
  connectTimeout: 5_000,
  socketTimeout: ANSWER_LIMIT_MS,
  // How long a closed connection is waited for; ioredis's own 2 s would keep the process alive for that long.
  disconnectTimeout: 200,
};

class PatientWorker extends Worker {
  protected override moveToActive(token: string, name?: string) {
    return patiently(super.moveToActive(token, name));
  }
}

/** BullMQ on Redis. Never waits for Redis to be there: it connects when it can, and reconnects for ever. */
export function createRedisBackend(options: RedisBackendOptions, deliver: Deliver, log: Logger): QueueBackend {
  const clients: Redis[] = [];
  const connect = (more: Settings): Redis => {
    const client = track(new Redis(options.redisUrl, { ...shared, ...more }));
    // BullMQ duplicates a worker's connection for its blocking reads; kept here, so that a stop can cut those too.
    const duplicate = client.duplicate.bind(client);
    client.duplicate = (override) => track(duplicate({ ...override, socketTimeout: WAITING_LIMIT_MS }));
    return client;
  };
  const track = (client: Redis): Redis => {
    clients.push(client);
    // Errors reach the log through BullMQ's events; a connection without any listener would print them itself.
    client.on('error', () => {});
    return client;
  };

  // Adding fails at once while Redis is away, instead of piling up in memory: the relay then keeps the time itself.
  const forAdding = connect({ enableOfflineQueue: false });
  const forWorking = connect({});
  let lastError = '';
  forAdding.on('error', (error) => {
    lastError = messageOf(error);
  });
  const prefix = options.prefix ?? 'elevate';

  return createBullmqBackend({
    name: 'Redis',
    log,
    queue: ({ queue }) => new Queue(queue, { connection: forAdding, prefix }),
    worker: (lane) =>
      new PatientWorker(lane.queue, (job) => deliver(job.data, lane.lane), {
        ...workerOptions(lane),
        connection: forWorking,
        prefix,
      }),
    checkConnected: () => {
      if (forAdding.status === 'ready') return;
      throw new Error(`Not connected to ${new URL(options.redisUrl).host}${lastError ? `: ${lastError}` : ''}`);
    },
    ask: () => forAdding.ping(),
    disconnect: () => {
      for (const client of clients) client.disconnect();
    },
  });
}
