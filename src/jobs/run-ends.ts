import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { ClaimedEffect, Outbox } from '../usecases/ports.ts';
import { keepLease } from './lease.ts';
import { ENDS_IN_BATCH, LEASE_SECONDS, PER_TARGET } from './limits.ts';
import type { Pace } from './pace.ts';
import { type PerformEnds, withinLimits } from './perform.ts';

export interface RanEnds {
  /** Whether the target takes many at once. */
  readonly batched: boolean;
  /** Nothing could be claimed, or what came of it could not be saved. The leases run out, and it is due again. */
  readonly failed: boolean;
}

/**
 * Takes due ends of one target in hand, at most so many, and performs them: together in batches as far as that goes, the others one by
 * one, each batch and each of them when the pace lets it begin. `onClaimed` hears how many there were, as soon as they are in hand. Never rejects.
 */
export type Ends = (target: string, limit: number, pace: Pace, onClaimed: (count: number) => void) => Promise<RanEnds>;

interface Needs {
  readonly outbox: Pick<Outbox, 'claimEnds' | 'renew' | 'complete' | 'giveBack'>;
  readonly performEnds: PerformEnds;
  /** Performs one that is claimed already. */
  readonly performOne: (claimed: ClaimedEffect, owner: string) => Promise<void>;
  readonly onDone: (claimed: ClaimedEffect) => void;
  /** Aborted when the process stops: then the batch that has begun is finished, and the rest is given back at once. */
  readonly stopping: AbortSignal;
  /** Called when something was given back: nobody has an alarm for it. Never rejects. */
  readonly onGivenBack: () => Promise<void>;
  readonly log: Logger;
}

export function createEnds(
  { outbox, performEnds, performOne, onDone, stopping, onGivenBack, log }: Needs,
  stops: Set<AbortController>,
) {
  return async (
    target: string,
    limit: number,
    pace: Pace,
    onClaimed: (claimed: readonly ClaimedEffect[]) => void,
  ): Promise<RanEnds> => {
    const owner = randomUUID();
    const stop = new AbortController();
    stops.add(stop);
    const held = new Map<string, ClaimedEffect>();
    /** The keys of the batch that has begun. */
    let begun: ReadonlySet<string> = new Set();
    const giveBack = async (): Promise<void> => {
      const rest = [...held.keys()].filter((key) => !begun.has(key));
      if (rest.length === 0) return;
      for (const key of rest) held.delete(key);
      await outbox.giveBack(rest, owner);
      await onGivenBack();
    };
    let givingBack: Promise<void> = Promise.resolve();
    const onStopping = (): void => {
      givingBack = giveBack().catch((error: unknown) => {
        log.warn({ err: error, target }, 'Ends that had not begun could not be given back; their leases run out');
      });
    };
    stopping.addEventListener('abort', onStopping, { once: true });
    let letGo = (): void => {};
    try {
      const claimed = await outbox.claimEnds(target, owner, LEASE_SECONDS, limit);
      for (const each of claimed) held.set(each.key, each);
      onClaimed(claimed);
      if (held.size === 0) return { batched: true, failed: false };
      letGo = keepLease(outbox, { keys: () => [...held.keys()], owner }, stop, log);
      let batched = true;
      for (let from = 0; from < claimed.length && !stop.signal.aborted; from += ENDS_IN_BATCH) {
        if (from > 0) await pace();
        if (stopping.aborted) break;
        const batch = claimed.slice(from, from + ENDS_IN_BATCH);
        begun = new Set(batch.map(({ key }) => key));
        const ran = await withinLimits(performEnds(batch, stop.signal), stop);
        batched &&= ran.batched;
        const done = batch.filter(({ key }) => ran.settled.has(key));
        for (const { key } of done) held.delete(key);
        if (done.length > 0) await outbox.complete(done, owner);
        for (const each of done) onDone(each);
      }
      if (stop.signal.aborted) throw stop.signal.reason;
      begun = new Set();
      const rest = [...held.values()];
      const next = async (): Promise<void> => {
        for (;;) {
          await pace();
          const each = stopping.aborted || stop.signal.aborted ? undefined : rest.shift();
          if (!each) return;
          // From here it keeps a lease of its own.
          held.delete(each.key);
          await performOne(each, owner);
        }
      };
      if (rest.length > 0) await Promise.all(Array.from({ length: PER_TARGET }, next));
      if (stopping.aborted) await giveBack();
      return { batched, failed: false };
    } catch (error) {
      log.warn({ err: error, target, ends: held.size }, 'A batch of ends failed as a whole; it is performed again');
      return { batched: true, failed: true };
    } finally {
      stopping.removeEventListener('abort', onStopping);
      await givingBack;
      letGo();
      stops.delete(stop);
    }
  };
}
