import { pause } from './within.ts';

/** Waits for the next turn: `atOnce` turns after a pause, then so many a second. Turns go in the order in which they were asked for. */
export type Pace = () => Promise<void>;

export function createPace(perSecond: number, atOnce: number): Pace {
  const everyMs = 1_000 / perSecond;
  let latest = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = performance.now();
    latest = Math.max(latest, now - atOnce * everyMs) + everyMs;
    if (latest > now) await pause(latest - now);
  };
}
