import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { groupBy } from '../domain/group-by.ts';
import type { OutboxEntry } from '../usecases/ports.ts';
import { alarmForEnds, alarmOf, type Lane, laneOf, lanes, type Timed } from './definitions.ts';
import { BACKUP_AFTER_MS, EXACT_MOST, PER_TARGET, QUEUE_ADD_LIMIT_MS, QUEUE_PAUSE_MS, TOGETHER_MS } from './limits.ts';
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
export function createHandOn(
  queue: Pick<QueueBackend, 'name' | 'add'>,
  local: Pick<LocalClock, 'keep' | 'freeHands' | 'size'>,
  log: Logger,
): HandOn {
  let leaveAloneUntil = Number.NEGATIVE_INFINITY;
  let down = false;

  const toQueue = async (lane: Lane, timed: readonly Timed[]): Promise<boolean> => {
    if (performance.now() < leaveAloneUntil) return false;
    try {
      await within(queue.add(lane, timed.map(toJob)), QUEUE_ADD_LIMIT_MS, `Adding to ${queue.name}`);
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

  const handOnLane = async (lane: Lane, timed: readonly Timed[]): Promise<void> => {
    const due = timed.filter(({ delayMs }) => delayMs <= 0).slice(0, local.freeHands(lane));
    for (const { alarm } of due) local.keep(alarm, 0);
    const rest = timed.filter((each) => !due.includes(each));
    if (rest.length === 0) return;
    const exact = rest
      .filter(({ delayMs }) => lane === 'access' && delayMs > 0)
      .slice(0, Math.max(0, EXACT_MOST - local.size()));
    for (const { alarm, delayMs } of exact) local.keep(alarm, delayMs, true);
    const beganAt = performance.now();
    const later = (each: Timed): Timed =>
      exact.includes(each) ? { ...each, delayMs: each.delayMs + BACKUP_AFTER_MS } : each;
    if (await toQueue(lane, rest.map(later))) return;
    const took = performance.now() - beganAt;
    for (const each of rest) {
      const leftMs = each.delayMs - took;
      // An exact alarm that has rung by now is in hand.
      if (leftMs > 0 || !exact.includes(each)) local.keep(each.alarm, leftMs);
    }
  };

  return async (entries) => {
    const byLane = groupBy(together(entries), ({ alarm }) => laneOf(alarm.kind));
    await Promise.all(lanes.map(({ lane }) => handOnLane(lane, byLane.get(lane) ?? [])));
  };
}

/** Many ends on one target that are due together become one alarm, at the time of the last of them; everything else has its own. */
function together(entries: readonly DelayedEntry[]): readonly Timed[] {
  const groups = groupBy(entries, ({ kind, target, key, dueAt, delayMs }) =>
    kind === 'revoke_grant' && target !== null
      ? `${target} ${delayMs <= 0 ? 'due' : Math.floor(dueAt.getTime() / TOGETHER_MS)}`
      : key,
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first?.target == null || group.length <= PER_TARGET)
      return group.map((entry) => ({ alarm: alarmOf(entry), delayMs: entry.delayMs }));
    const delayMs = Math.max(...group.map((entry) => entry.delayMs));
    return [{ alarm: alarmForEnds(first.target, Math.max(...group.map(({ dueAt }) => dueAt.getTime()))), delayMs }];
  });
}

/**
 * Each hand-on has an id of its own: BullMQ silently ignores an id it knows already, and a second job for an effect is harmless while a
 * missing one is not. An id holds no ':' and is not all digits (BullMQ documentation, Job Ids).
 */
export const toJob = ({ alarm: { kind, payload }, delayMs }: Timed): QueuedJob => ({
  id: `${kind}-${payload.what === 'effect' ? payload.generation : payload.what}-${randomUUID()}`,
  kind,
  payload,
  delayMs,
});
