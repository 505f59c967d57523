import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { groupBy } from '../domain/group-by.ts';
import type { Outbox } from '../usecases/ports.ts';
import { type JobPayload, type Lane, laneOf, type Timed } from './definitions.ts';
import { createHandOn, toJob } from './hand-on.ts';
import { BATCH, QUEUE_ADD_LIMIT_MS } from './limits.ts';
import type { LocalClock } from './local-clock.ts';
import type { QueueBackend, QueuedJob } from './queue-backend.ts';
import { within } from './within.ts';

/** A process that stops keeps nothing. What the queue does not take either, a sweep finds. */
const NO_HANDS: Pick<LocalClock, 'keep' | 'freeHands' | 'size'> = {
  keep: () => undefined,
  freeHands: () => 0,
  size: () => Number.POSITIVE_INFINITY,
};

/** For a process that stops: hands work to the queue, whose workers are in every process. */
export interface HandBack {
  /** What is due and free, and whose alarm has rung already: what this process gave back. Never rejects. */
  due(): Promise<void>;
  /** A job that came here when nothing begins here any more. Never rejects. */
  job(payload: JobPayload, lane: Lane): Promise<void>;
  /** What only this process knew of. Never rejects. */
  alarms(kept: readonly Timed[]): Promise<void>;
}

export function createHandBack(
  outbox: Pick<Outbox, 'takeForQueue'>,
  queue: Pick<QueueBackend, 'name' | 'add'>,
  log: Logger,
): HandBack {
  const handOn = createHandOn(queue, NO_HANDS, log);
  const orTell = async (work: Promise<void>): Promise<void> => {
    await work.catch((error: unknown) => {
      log.warn({ err: error }, 'Work could not be handed to other processes; their next sweep finds it');
    });
  };
  const handOnDue = async (): Promise<void> => {
    for (;;) {
      const entries = await outbox.takeForQueue(0, BATCH);
      if (entries.length > 0) await handOn(entries);
      if (entries.length < BATCH) return;
    }
  };
  const add = (lane: Lane, jobs: readonly QueuedJob[]): Promise<void> =>
    within(queue.add(lane, jobs), QUEUE_ADD_LIMIT_MS, `Adding to ${queue.name}`);
  const addAll = async (kept: readonly Timed[]): Promise<void> => {
    for (const [lane, timed] of groupBy(kept, ({ alarm }) => laneOf(alarm.kind))) {
      for (let from = 0; from < timed.length; from += BATCH) {
        await add(lane, timed.slice(from, from + BATCH).map(toJob));
      }
    }
  };
  return {
    due: () => orTell(handOnDue()),
    job: (payload, lane) =>
      orTell(add(lane, [{ id: `again-${randomUUID()}`, kind: payload.what, payload, delayMs: 0 }])),
    alarms: (kept) => orTell(addAll(kept)),
  };
}
