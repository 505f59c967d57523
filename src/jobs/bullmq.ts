import type { Logger } from 'pino';
import { type Lane, type LaneDefinition, lanes } from './definitions.ts';
import {
  BULLMQ_LOCK_MS,
  BULLMQ_RETRY_MS,
  BULLMQ_STALLED_CHECK_MS,
  BULLMQ_STALLED_MOST,
  CLOSE_LIMIT_MS,
  CLOSE_PING_LIMIT_MS,
} from './limits.ts';
import type { QueueBackend, QueuedJob } from './queue-backend.ts';
import { messageOf, within } from './within.ts';

/** The part of BullMQ's Queue that we use; the same on both backends, whose classes differ in type only. */
export interface JobQueue {
  addBulk(jobs: { name: string; data: unknown; opts: object }[]): Promise<unknown>;
  close(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** The part of BullMQ's Worker that we use. */
export interface JobWorker {
  isRunning(): boolean;
  pause(doNotWaitActive?: boolean): Promise<void>;
  /** `force`: without a word to the server. */
  close(force?: boolean): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export const workerOptions = ({ concurrency }: LaneDefinition) => ({
  concurrency,
  lockDuration: BULLMQ_LOCK_MS,
  stalledInterval: BULLMQ_STALLED_CHECK_MS,
  maxStalledCount: BULLMQ_STALLED_MOST,
  runRetryDelay: BULLMQ_RETRY_MS,
  removeOnComplete: { count: 0 },
  removeOnFail: { count: 0 },
});

interface Needs {
  readonly name: string;
  readonly queue: (lane: LaneDefinition) => JobQueue;
  readonly worker: (lane: LaneDefinition) => JobWorker;
  /** Throws in a sentence when it is known that there is no connection. */
  readonly checkConnected?: () => void;
  /** Rejects or never answers when the server is not there. */
  readonly ask: () => Promise<unknown>;
  /** Ends the connections for good, orderly or not. */
  readonly disconnect: () => Promise<void> | void;
  readonly log: Logger;
}

/** One queue and one worker per lane. */
export function createBullmqBackend({
  name,
  queue,
  worker,
  checkConnected,
  ask,
  disconnect,
  log,
}: Needs): QueueBackend {
  const onError = quietErrors(name, log);
  const queues = new Map<Lane, JobQueue>();
  const workers = new Map<Lane, JobWorker>();
  for (const lane of lanes) {
    const laneQueue = queue(lane);
    const laneWorker = worker(lane);
    laneQueue.on('error', onError);
    laneWorker.on('error', onError);
    queues.set(lane.lane, laneQueue);
    workers.set(lane.lane, laneWorker);
  }

  return {
    name,
    async add(lane, jobs) {
      checkConnected?.();
      await queues.get(lane)?.addBulk(jobs.map(toBullmq));
    },
    async ping() {
      try {
        checkConnected?.();
        await ask();
      } catch (error) {
        return `${name} does not answer: ${messageOf(error)}`;
      }
      const idle = [...workers].filter(([, laneWorker]) => !laneWorker.isRunning()).map(([lane]) => lane);
      return idle.length === 0 || `The workers for ${idle.join(', ')} do not run yet`;
    },
    async pause() {
      await Promise.allSettled([...workers.values()].map((laneWorker) => laneWorker.pause(true)));
    },
    async close() {
      // An orderly close waits for the server's answers, and without a server it would wait for ever.
      const orderly = await within(ask(), CLOSE_PING_LIMIT_MS, name).then(
        () => true,
        () => false,
      );
      const closed = (each: Iterable<{ close(force?: boolean): Promise<void> }>, force = false) =>
        Promise.allSettled([...each].map((one) => one.close(force)));
      // A job that comes now is given to other processes, through a queue: on one that closes, BullMQ never answers.
      const workersClosed = closed(workers.values(), !orderly);
      const queuesClosed = workersClosed.then(() => closed(queues.values()));
      await within(queuesClosed, CLOSE_LIMIT_MS, 'Closing the queue').catch(() => void closed(queues.values()));
      await disconnect();
    },
  };
}

const toBullmq = ({ id, kind, payload, delayMs }: QueuedJob) => ({
  name: kind,
  data: payload,
  // Rounded so that it is never early: BullMQ counts in whole milliseconds, and an early job has to be handed on once more.
  // BullMQ's own retries are not used, and nothing is kept: Postgres knows what failed and when to try again.
  opts: {
    jobId: id,
    delay: delayMs <= 0 ? 0 : Math.ceil(delayMs) + 1,
    attempts: 1,
    removeOnComplete: true,
    removeOnFail: true,
  },
});

/** One line for an outage, not one for each of its thousand echoes. */
function quietErrors(name: string, log: Logger): (error: Error) => void {
  const QUIET_MS = 30_000;
  let lastMessage = '';
  let lastAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    const now = performance.now();
    if (error.message === lastMessage && now - lastAt < QUIET_MS) return;
    lastMessage = error.message;
    lastAt = now;
    log.warn({ err: error }, `${name} (the queue): ${error.message || error.name}. Work goes on from Postgres`);
  };
}
