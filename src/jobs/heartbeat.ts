import type { Logger } from 'pino';
import { HEARTBEAT_MS } from './limits.ts';

export interface Heartbeat {
  /** Waits for the beat in progress. */
  stop(): Promise<void>;
}

/**
 * Does something again and again while the process lives, one at a time. What it throws is told once, until it works again. `onTurn`: at
 * every turn, also when the beat before is not over yet.
 */
export function startHeartbeat(beat: () => Promise<void>, log: Logger, onTurn: () => void = () => {}): Heartbeat {
  let beating: Promise<void> | null = null;
  let failing = false;
  const run = (): void => {
    onTurn();
    beating ??= beat()
      .then(() => {
        failing = false;
      })
      .catch((error: unknown) => {
        if (!failing) log.warn({ err: error }, 'The database could not be looked at; trying again');
        failing = true;
      })
      .finally(() => {
        beating = null;
      });
  };
  const timer = setInterval(run, HEARTBEAT_MS);
  run();
  return {
    async stop() {
      clearInterval(timer);
      await beating;
    },
  };
}
