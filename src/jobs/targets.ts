import type { EffectKind } from '../domain/effect.ts';
import type { JobPayload } from './definitions.ts';
import {
  BATCHES_PER_TARGET,
  ENDS_IN_CLAIM,
  ENDS_WITHOUT_BATCH,
  LOOK_AGAIN_MS,
  PER_TARGET,
  TARGET_STARTS_AT_ONCE,
  TARGET_STARTS_PER_SECOND,
} from './limits.ts';
import { createPace, type Pace } from './pace.ts';
import type { Ends } from './run-ends.ts';
import type { Runner } from './runner.ts';
import { pause } from './within.ts';

/** How the keys of ends of access begin. */
const ENDS: `${EffectKind}/` = 'revoke_grant/';

export interface Targets {
  /**
   * Performs it, or notes that it is to be performed when its target has a hand free. `aheadMs`: it is due only in so many milliseconds.
   * Never rejects.
   */
  run(payload: JobPayload, aheadMs?: number): Promise<void>;
  /** Begins nothing more. What had come and has not begun is left to others, also what only waited for its turn. */
  stop(): void;
}

type Single = Extract<JobPayload, { what: 'effect' }>;

interface Target {
  readonly pace: Pace;
  ends: number;
  batches: number;
  /** More ends may be due than are in hand. Which ones, Postgres knows. */
  more: boolean;
  /** How many the next claim takes. */
  claim: number;
  provisions: number;
  /** Grants to be made real that wait for a hand, by key. */
  readonly waiting: Map<string, Single>;
  lookingAgain: NodeJS.Timeout | undefined;
}

/**
 * Keeps targets apart: one that is slow or dead has a few hands and no more, however much is due on it. Ends that come while its hands
 * are full are taken together, in batches: the most privileged first, then by lateness, straight from Postgres. `leave` gets what a stop
 * finds not begun.
 */
export function createTargets(
  runner: Pick<Runner, 'run'> & { readonly runEnds: Ends },
  leave: (payload: JobPayload) => void,
): Targets {
  const targets = new Map<string, Target>();
  let stopped = false;

  const targetOf = (name: string): Target => {
    const known = targets.get(name);
    if (known) return known;
    const target: Target = {
      pace: createPace(TARGET_STARTS_PER_SECOND, TARGET_STARTS_AT_ONCE),
      ends: 0,
      batches: 0,
      more: false,
      claim: ENDS_IN_CLAIM,
      provisions: 0,
      waiting: new Map(),
      lookingAgain: undefined,
    };
    targets.set(name, target);
    return target;
  };

  /** More may be due than is in hand. */
  const beginBatches = (name: string, target: Target): void => {
    if (stopped) {
      leave({ what: 'ends', target: name });
      return;
    }
    target.more = true;
    if (target.batches >= BATCHES_PER_TARGET) return;
    target.batches += 1;
    void takeBatches(name, target).finally(() => {
      target.batches -= 1;
      if (target.more) beginBatches(name, target);
    });
  };

  const takeBatches = async (name: string, target: Target): Promise<void> => {
    while (target.more && !stopped) {
      target.more = false;
      await target.pace();
      if (stopped) return leave({ what: 'ends', target: name });
      const size = target.claim;
      const { batched, failed } = await runner.runEnds(name, size, target.pace, (claimed) => {
        if (claimed >= size) beginBatches(name, target);
      });
      target.claim = batched ? ENDS_IN_CLAIM : ENDS_WITHOUT_BATCH;
      if (failed) return lookAgain(name, target);
    }
  };

  /** What came of a batch could not be saved, or nothing could be claimed: its leases run out. */
  const lookAgain = (name: string, target: Target): void => {
    clearTimeout(target.lookingAgain);
    target.more = false;
    target.lookingAgain = setTimeout(() => {
      target.lookingAgain = undefined;
      beginBatches(name, target);
    }, LOOK_AGAIN_MS);
  };

  const end = async (name: string, target: Target, single: Single, aheadMs = 0): Promise<void> => {
    const dueAt = performance.now() + aheadMs;
    if (target.ends >= PER_TARGET || target.batches > 0) {
      // A batch takes only what is due.
      if (aheadMs > 0) await pause(aheadMs);
      return beginBatches(name, target);
    }
    target.ends += 1;
    try {
      await target.pace();
      if (stopped) return leave(single);
      await runner.run(single.key, single.generation, Math.max(0, dueAt - performance.now()));
    } finally {
      target.ends -= 1;
    }
  };

  const provision = async (target: Target, single: Single): Promise<void> => {
    if (target.provisions >= PER_TARGET) {
      target.waiting.set(single.key, single);
      return;
    }
    target.provisions += 1;
    try {
      await target.pace();
      if (stopped) return leave(single);
      await runner.run(single.key, single.generation);
    } finally {
      target.provisions -= 1;
      const [next] = target.waiting.values();
      if (next) {
        target.waiting.delete(next.key);
        void provision(target, next);
      }
    }
  };

  return {
    async run(payload, aheadMs) {
      if (stopped) return;
      if (payload.what === 'ends') return beginBatches(payload.target, targetOf(payload.target));
      const { key, generation, target } = payload;
      if (target === null) return runner.run(key, generation);
      if (key.startsWith(ENDS)) return end(target, targetOf(target), payload, aheadMs);
      return provision(targetOf(target), payload);
    },
    stop() {
      stopped = true;
      for (const [name, target] of targets) {
        if (target.more || target.lookingAgain) leave({ what: 'ends', target: name });
        for (const single of target.waiting.values()) leave(single);
        clearTimeout(target.lookingAgain);
        target.more = false;
        target.waiting.clear();
      }
    },
  };
}
