import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { OutboxEntry } from '../usecases/ports.ts';
import { type Lane, laneOf, lanes } from './definitions.ts';
import { BACKUP_AFTER_MS, EXACT_MOST, QUEUE_ADD_LIMIT_MS, QUEUE_PAUSE_MS } from './limits.ts';
import type { LocalClock } from './local-clock.ts';
import type { QueueBackend, QueuedJob } from './queue-backend.ts';
import { messageOf, within } from './within.ts';

export type DelayedEntry = OutboxEntry & { readonly delayMs: number };
/** Never rejects. Afterwards each entry is in the queue or kept by this process. */
export type HandOn = (entries: readonly DelayedEntry[]) => Promise<void>;

/**
 * Hands effects on. What is due now begins here while hands are free, since an alarm clock has nothing to add to it; the rest goes to the
 * queue, whose workers are in every process. Access gets a second alarm in this process: Redis wakes a waiting worker up to 100 ms
 * late (Redis documentation, `hz`), and an end of access should be exact. The queue's own alarm for the same rings `BACKUP_AFTER_MS`
 * later: it is for the case that this process is dead by then. What the queue does not take is kept here alone.
 */
export function createHandOn(queue: QueueBackend, local: LocalClock, log: Logger): HandOn {
  let leaveAloneUntil = Number.NEGATIVE_INFINITY;
  let down = false;

  const toQueue = async (lane: Lane, entries: readonly DelayedEntry[]): Promise<boolean> => {
    if (performance.now() < leaveAloneUntil) return false;
    try {
      await within(queue.add(lane, entries.map(toJob)), QUEUE_ADD_LIMIT_MS, `Adding to ${queue.name}`);
      if (down) log.info(`${queue.name} (the queue) takes work again`);
      down = false;
      return true;
    } catch (error) {
      leaveAloneUntil = performance.now() + QUEUE_PAUSE_MS;
      const problem = `${queue.name} (the queue) takes no work: ${messageOf(error)}. This process keeps the time meanwhile`;
      if (!down) log.warn({ err: error }, problem);
      down = true;
      return false;
    }
  };

  const handOnLane = async (lane: Lane, entries: readonly DelayedEntry[]): Promise<void> => {
    const due = entries.filter((entry) => entry.delayMs <= 0).slice(0, local.freeHands(lane));
    for (const entry of due) local.keep(entry, 0);
    const rest = entries.filter((entry) => !due.includes(entry));
    if (rest.length === 0) return;
    const exact = rest
      .filter((entry) => lane === 'access' && entry.delayMs > 0)
      .slice(0, Math.max(0, EXACT_MOST - local.size()));
    for (const entry of exact) local.keep(entry, entry.delayMs);
    const beganAt = performance.now();
    const later = (entry: DelayedEntry): DelayedEntry =>
      exact.includes(entry) ? { ...entry, delayMs: entry.delayMs + BACKUP_AFTER_MS } : entry;
    if (await toQueue(lane, rest.map(later))) return;
    for (const entry of rest) {
      if (!exact.includes(entry)) local.keep(entry, entry.delayMs - (performance.now() - beganAt));
    }
  };

  return async (entries) => {
    const byLane = lanes.map(({ lane }) => ({ lane, mine: entries.filter((entry) => laneOf(entry.kind) === lane) }));
    await Promise.all(byLane.filter(({ mine }) => mine.length > 0).map(({ lane, mine }) => handOnLane(lane, mine)));
  };
}

/**
 * Each hand-on has an id of its own: BullMQ silently ignores an id it knows already, and a second job for an effect is harmless while a
 * missing one is not. An id holds no ':' and is not all digits (BullMQ documentation, Job Ids).
 */
const toJob = ({ key, generation, kind, delayMs }: DelayedEntry): QueuedJob => ({
  id: `${kind}-${generation}-${randomUUID()}`,
  kind,
  payload: { key, generation },
  delayMs,
});
