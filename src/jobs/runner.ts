import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import { type ClaimedEffect, done, type Outbox } from '../usecases/ports.ts';
import { type EarlyHand, type PerformEarly, takeEarly } from './early.ts';
import { keepLease } from './lease.ts';
import { DRAIN_MS, FINISHED_FOR_MS, FINISHED_MOST, LEASE_SECONDS, LOCAL_MOST, LOOK_AGAIN_MS } from './limits.ts';
import { type Perform, type PerformEnds, performSafely } from './perform.ts';
import { createEnds, type Ends } from './run-ends.ts';
import { pause } from './within.ts';

export interface Runner {
  /**
   * Performs the effect of this key, as it was scheduled for the nth time or later, if it is due and free. Never rejects. Resolves when
   * nothing more is to be done here and now. `aheadMs`: it is due only in so many milliseconds, and is prepared until then.
   */
  run(key: string, generation: number, aheadMs?: number): Promise<void>;
  /** Performs due ends of one target together. */
  readonly runEnds: Ends;
  isInHand(key: string): boolean;
  /** Begins nothing new, lets what is in hand finish, and tells it to stop after the limit. */
  drain(limitMs?: number): Promise<void>;
}

interface InHand {
  /** The latest generation that was asked for meanwhile. */
  asked: number;
  done: Promise<void>;
  /** While it is in hand before its time. */
  early: EarlyHand | null;
}

interface Needs {
  readonly outbox: Pick<Outbox, 'claim' | 'claimEnds' | 'renew' | 'complete' | 'retry' | 'giveBack'>;
  readonly perform: Perform;
  readonly performEarly?: PerformEarly;
  readonly performEnds: PerformEnds;
  readonly log: Logger;
  /** Called when an effect went back to the outbox with a new due time. */
  readonly onRescheduled: () => void;
  /** Called when a stop gave work back that is due, for other processes to be told. Never rejects. */
  readonly onGivenBack: () => Promise<void>;
}

/**
 * Claims effects in Postgres and performs them. Whatever calls `run`, and however often, an effect is in one pair of hands at a
 * time: the lease in Postgres decides, not the queue.
 */
export function createRunner(needs: Needs): Runner {
  const { outbox, perform, performEarly, performEnds, log, onRescheduled, onGivenBack } = needs;
  const processId = randomUUID();
  const stopping = new AbortController();
  // Each target whose ends are in hand listens, and there may be many.
  setMaxListeners(0, stopping.signal);
  const stops = new Set<AbortController>();
  const inHand = new Map<string, InHand>();
  /** What was done here lately, so that another alarm for the same costs no look into Postgres. */
  const finished = new Map<string, { readonly generation: number; readonly at: number }>();
  const batches = new Map<symbol, Promise<void>>();
  const lookingAgain = new Map<string, NodeJS.Timeout>();
  let runs = 0;

  const run = (key: string, generation: number, aheadMs = 0, second = false): Promise<void> => {
    if (stopping.signal.aborted || isFinished(key, generation)) return Promise.resolve();
    const mine = inHand.get(key);
    if (mine) {
      mine.asked = Math.max(mine.asked, generation);
      mine.early?.nudge();
      return Promise.resolve();
    }
    const entry: InHand = { asked: generation, done: Promise.resolve(), early: null };
    inHand.set(key, entry);
    entry.done = work(key, second, entry, aheadMs).finally(() => inHand.delete(key));
    return entry.done;
  };

  const isFinished = (key: string, generation: number): boolean => {
    const known = finished.get(key);
    return known !== undefined && known.generation >= generation && performance.now() - known.at < FINISHED_FOR_MS;
  };

  const work = async (key: string, second: boolean, entry: InHand, firstAheadMs: number): Promise<void> => {
    let performed: number;
    let aheadMs = firstAheadMs;
    do {
      const owner = `${processId}/${++runs}`;
      if (aheadMs > 0) entry.early = takeEarly(aheadMs);
      const claimed = await claim(key, owner, aheadMs);
      if (!claimed) {
        entry.early?.letGo();
        return second ? undefined : lookAgain(key, entry.asked, aheadMs);
      }
      performed = claimed.generation;
      await performClaimed(claimed, owner, entry);
      aheadMs = 0;
    } while (entry.asked > performed && !stopping.signal.aborted);
  };

  const claim = async (key: string, owner: string, aheadMs: number): Promise<ClaimedEffect | null> => {
    try {
      // The alarm is exact and the clocks are two, so there is some room.
      return await outbox.claim(key, owner, LEASE_SECONDS, aheadMs * 2);
    } catch (error) {
      log.warn({ effect: key, err: error }, `${key} could not be claimed; it is tried again`);
      return null;
    }
  };

  /** What could not be had before its time is tried at its time. */
  const lookAgain = (key: string, generation: number, aheadMs: number): void => {
    if (lookingAgain.has(key) || lookingAgain.size >= LOCAL_MOST) return;
    const timer = setTimeout(() => {
      lookingAgain.delete(key);
      void run(key, generation, 0, aheadMs === 0);
    }, aheadMs || LOOK_AGAIN_MS);
    lookingAgain.set(key, timer);
  };

  const performClaimed = async (claimed: ClaimedEffect, owner: string, entry: InHand): Promise<void> => {
    const stop = new AbortController();
    stops.add(stop);
    const letGo = keepLease(outbox, { keys: () => [claimed.key], owner }, stop, log);
    try {
      const performed = await performSafely(entry.early ? onTime(entry.early) : perform, claimed, stop, log);
      if (performed.done) {
        await outbox.complete([claimed], owner);
        remember(claimed);
        return;
      }
      await outbox.retry(claimed, owner, performed.retryInMs, performed.error);
      onRescheduled();
    } catch (error) {
      // It is taken again once the lease has run out, here or by a sweep elsewhere: every performer is harmless twice.
      if (!stopping.signal.aborted) lookAgain(claimed.key, claimed.generation, 0);
      log.warn(
        { effect: claimed.key, err: error },
        `What came of ${claimed.key} could not be saved; it is performed again`,
      );
    } finally {
      letGo();
      entry.early?.letGo();
      entry.early = null;
      stops.delete(stop);
    }
  };

  /** Punctually if that works, and otherwise at its time in the usual way. */
  const onTime =
    (early: EarlyHand): Perform =>
    async (claimed, signal) => {
      const prepared = performEarly?.(claimed, early).catch((error: unknown) => {
        log.warn({ effect: claimed.key, err: error }, `${claimed.key} could not be prepared; it is done the usual way`);
        return false;
      });
      if (await Promise.race([prepared, early.tooLate])) return done;
      await early.due();
      return perform(claimed, signal);
    };

  const remember = ({ key, generation }: ClaimedEffect): void => {
    finished.delete(key);
    finished.set(key, { generation, at: performance.now() });
    const [oldest] = finished.keys();
    if (finished.size > FINISHED_MOST && oldest !== undefined) finished.delete(oldest);
  };

  const ends = createEnds(
    {
      outbox,
      performEnds,
      performOne: (claimed, owner) =>
        performClaimed(claimed, owner, { asked: 0, done: Promise.resolve(), early: null }),
      onDone: remember,
      stopping: stopping.signal,
      onGivenBack,
      log,
    },
    stops,
  );

  const runEnds: Ends = async (target, limit, pace, onClaimed) => {
    if (stopping.signal.aborted) return { batched: true, failed: false };
    let done = (): void => {};
    const ran = new Promise<void>((resolve) => {
      done = resolve;
    });
    const mine = new Map<string, InHand & { readonly claimed: number }>();
    // From the start, so that a stop also waits for what is just being claimed.
    const batch = Symbol(target);
    batches.set(batch, ran);
    try {
      return await ends(target, limit, pace, (claimed) => {
        for (const { key, generation } of claimed) {
          const entry = { asked: generation, claimed: generation, done: ran, early: null };
          inHand.set(key, entry);
          mine.set(key, entry);
        }
        onClaimed(claimed.length);
      });
    } finally {
      for (const key of mine.keys()) inHand.delete(key);
      batches.delete(batch);
      done();
      // What was scheduled anew meanwhile had its alarm while its key was in hand.
      for (const [key, { asked, claimed }] of mine) if (asked > claimed) void run(key, asked);
    }
  };

  const drain = async (limitMs = DRAIN_MS): Promise<void> => {
    stopping.abort();
    for (const timer of lookingAgain.values()) clearTimeout(timer);
    lookingAgain.clear();
    const finished = Promise.all([...[...inHand.values()].map((entry) => entry.done), ...batches.values()]);
    const drained = new AbortController();
    void finished.finally(() => drained.abort());
    await pause(limitMs, drained.signal);
    if (inHand.size + batches.size > 0) {
      log.warn(
        { effects: [...inHand.keys()] },
        'Stopping work that did not finish in time; it goes on after the restart',
      );
      for (const stop of stops) stop.abort(new Error('The process is stopping'));
    }
    await finished;
  };

  return {
    run: (key, generation, aheadMs) => run(key, generation, aheadMs),
    runEnds,
    isInHand: (key) => inHand.has(key),
    drain,
  };
}
