import type { Logger } from 'pino';
import type { Outbox } from '../usecases/ports.ts';
import type { HandOn } from './hand-on.ts';
import { BATCH, COSTLY_LOOK_MS, HORIZON_MS, RELAY_EVERY_MS, RELAY_RESTS_MS } from './limits.ts';
import { pause } from './within.ts';

export interface Relay {
  /** Looks at once for what is due soon. Cheap, and any number of calls at once are one or two looks. */
  wake(): void;
  /** Waits for the look in progress. */
  stop(): Promise<void>;
}

/** How soon the relay looks again when Postgres did not answer. */
const AFTER_FAILURE_MS = 1_000;
/** After a look that took long it rests so many times as long: where very much is due, every commit asks for another look. */
const RESTS = 4;

/**
 * Hands on what is due within the horizon, at once after a commit and twice per horizon. It never looks at what is due later, so a
 * start costs the same with ten grants or a hundred thousand.
 */
export function createRelay(outbox: Pick<Outbox, 'takeForQueue'>, handOn: HandOn, log: Logger): Relay {
  let wanted = false;
  const stopping = new AbortController();
  let looking: Promise<void> | null = null;
  let retry: NodeJS.Timeout | undefined;

  const look = async (): Promise<void> => {
    while (wanted && !stopping.signal.aborted) {
      wanted = false;
      try {
        const beganAt = performance.now();
        const entries = await outbox.takeForQueue(HORIZON_MS, BATCH);
        if (entries.length >= BATCH) wanted = true;
        if (entries.length > 0) await handOn(entries);
        const took = performance.now() - beganAt;
        if (took > COSTLY_LOOK_MS) await pause(Math.min(took * RESTS, RELAY_RESTS_MS), stopping.signal);
      } catch (error) {
        log.warn({ err: error }, 'The outbox could not be read; looking again in a moment');
        clearTimeout(retry);
        retry = setTimeout(wake, AFTER_FAILURE_MS);
        return;
      }
    }
  };

  const wake = (): void => {
    wanted = true;
    if (stopping.signal.aborted || looking) return;
    looking = look().finally(() => {
      looking = null;
    });
  };

  const timer = setInterval(wake, RELAY_EVERY_MS);
  return {
    wake,
    async stop() {
      stopping.abort();
      clearInterval(timer);
      clearTimeout(retry);
      await looking;
    },
  };
}
