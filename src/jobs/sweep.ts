import type { Logger } from 'pino';
import type { Outbox } from '../usecases/ports.ts';
import { alarmOf } from './definitions.ts';
import type { DelayedEntry, HandOn } from './hand-on.ts';
import { BATCH, LEASE_SECONDS, OVERDUE_AFTER_MS, SWEEP_BATCHES, SWEEP_EVERY_MS } from './limits.ts';
import type { LocalClock } from './local-clock.ts';

/** How soon it comes again when Postgres did not answer. */
const AFTER_FAILURE_MS = 2_000;
/** Two sweeps find the same effect within this, or it is another story. */
const REMEMBER_MS = 3 * SWEEP_EVERY_MS;

export interface Sweep {
  /** Sweeps now; resolves when everything overdue was handed on. Never rejects. */
  sweep(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Finds effects that were handed on, are overdue and in nobody's hands: what a lost queue or a dead process had. It hands them on
 * anew. One that it finds a second time was not delivered by the queue, and is performed by this process without it.
 */
export function createSweep(
  outbox: Pick<Outbox, 'takeOverdue'>,
  handOn: HandOn,
  local: LocalClock,
  log: Logger,
): Sweep {
  let stopped = false;
  let sweeping: Promise<void> | null = null;
  /** What earlier sweeps found, and when. */
  const foundAt = new Map<string, number>();
  let retry: NodeJS.Timeout | undefined;

  const takeAll = async (): Promise<void> => {
    for (const [name, at] of foundAt) if (performance.now() - at > REMEMBER_MS) foundAt.delete(name);
    const found = new Set<string>();
    for (let batch = 0; batch < SWEEP_BATCHES && !stopped; batch++) {
      const entries = (await outbox.takeOverdue(OVERDUE_AFTER_MS, BATCH)).filter((entry) => !found.has(nameOf(entry)));
      if (entries.length === 0) break;
      for (const entry of entries) found.add(nameOf(entry));
      for (const entry of entries) if (foundAt.has(nameOf(entry))) local.keep(alarmOf(entry), 0);
      await handOn(entries.filter((entry) => !foundAt.has(nameOf(entry))));
      if (entries.length < BATCH) break;
    }
    for (const name of found) foundAt.set(name, performance.now());
    if (found.size > 0)
      log.warn({ count: found.size }, `The sweep found ${found.size} overdue effects and handed them on`);
  };

  const sweep = (): Promise<void> => {
    if (stopped) return Promise.resolve();
    sweeping ??= takeAll()
      .catch((error: unknown) => {
        log.warn({ err: error }, 'The sweep could not read the outbox; it comes again in a moment');
        // What was lost while Postgres was away should not wait for the next one of its own accord.
        clearTimeout(retry);
        if (!stopped) retry = setTimeout(() => void sweep(), AFTER_FAILURE_MS);
      })
      .finally(() => {
        sweeping = null;
      });
    return sweeping;
  };

  const timer = setInterval(() => void sweep(), SWEEP_EVERY_MS);
  // What a process that died just before our start had in hand is free once its lease has run out.
  const afterLease = setTimeout(() => void sweep(), LEASE_SECONDS * 1_000 + OVERDUE_AFTER_MS);
  return {
    sweep,
    async stop() {
      stopped = true;
      clearInterval(timer);
      clearTimeout(afterLease);
      clearTimeout(retry);
      await sweeping;
    },
  };
}

const nameOf = (entry: DelayedEntry): string => `${entry.key} ${entry.generation}`;
