import type { ClaimedEffect, Early } from '../usecases/ports.ts';
import { TOO_LATE_MS } from './limits.ts';

/** Does an effect punctually that was claimed before its time. false: nothing was done. */
export type PerformEarly = (claimed: ClaimedEffect, early: Early) => Promise<boolean>;

/** Work in hand before its time, as the runner sees it. */
export interface EarlyHand extends Early {
  /** Something may have changed: whoever waits looks again. */
  nudge(): void;
  /** Resolves at its time, or at once when there was a nudge. */
  due(): Promise<void>;
  letGo(): void;
}

export function takeEarly(aheadMs: number): EarlyHand {
  const dueAt = performance.now() + aheadMs;
  const waiting = new Set<() => void>();
  let nudged = false;
  let late: NodeJS.Timeout | undefined;
  const tooLate = new Promise<void>((resolve) => {
    late = setTimeout(resolve, aheadMs + TOO_LATE_MS);
  });
  const wake = (): void => {
    for (const each of waiting) each();
  };
  const wait = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        waiting.delete(finish);
        resolve();
      };
      const timer = setTimeout(finish, Math.ceil(milliseconds));
      waiting.add(finish);
    });
  return {
    wait,
    tooLate,
    nudge() {
      nudged = true;
      wake();
    },
    async due() {
      const leftMs = dueAt - performance.now();
      if (!nudged && leftMs > 0) await wait(leftMs);
    },
    letGo() {
      clearTimeout(late);
      wake();
    },
  };
}
