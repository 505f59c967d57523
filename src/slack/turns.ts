import { TURN_AFTER_MS, TURN_QUIET_MS } from './limits.ts';

export interface Turns {
  /** Called when something was acknowledged; resolves when the work behind it may begin. */
  take(): Promise<void>;
}

/**
 * Acknowledgements go first. Slack counts three seconds for each of them, and fifty people may ask at once: the work behind an
 * acknowledgement waits while others are still coming in. Who comes alone begins at once.
 */
export function createTurns(now: () => number = () => performance.now()): Turns {
  const waiting: { readonly begin: () => void; readonly since: number }[] = [];
  let lastAt = Number.NEGATIVE_INFINITY;
  let planned = false;

  function look(): void {
    const [first] = waiting;
    if (first === undefined) {
      planned = false;
      return;
    }
    const at = now();
    if (at - lastAt < TURN_QUIET_MS && at - first.since < TURN_AFTER_MS) {
      setTimeout(look, 1);
      return;
    }
    waiting.shift();
    first.begin();
    // One for each turn of the event loop, in which whatever has arrived meanwhile is acknowledged first.
    setImmediate(look);
  }

  return {
    take() {
      const at = now();
      const alone = waiting.length === 0 && at - lastAt >= TURN_QUIET_MS;
      lastAt = at;
      if (alone) return Promise.resolve();
      return new Promise((begin) => {
        waiting.push({ begin, since: at });
        if (planned) return;
        planned = true;
        setImmediate(look);
      });
    },
  };
}
