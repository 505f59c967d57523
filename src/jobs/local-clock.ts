import type { OutboxEntry } from '../usecases/ports.ts';
import { type Lane, laneOf, lanes } from './definitions.ts';
import { LOCAL_MOST, SCREEN_YIELDS_MS } from './limits.ts';

export interface LocalClock {
  /** Runs the entry after the delay, in its lane. A later call for the same key replaces the earlier one. */
  keep(entry: OutboxEntry, delayMs: number): void;
  /** How many effects of the lane could begin here at once. */
  freeHands(lane: Lane): number;
  /** How many alarms it keeps. */
  size(): number;
  stop(): void;
}

interface LaneState {
  free: number;
  /** What is due and waits for a free hand, by key, with its generation. */
  readonly waiting: Map<string, number>;
}

/**
 * An alarm clock in this process. It is exact to the millisecond, and it goes on when the queue does not: the promise must not hang on
 * a queue being up. It knows only what Postgres knows too, so nothing is lost with it.
 */
export function createLocalClock(run: (key: string, generation: number) => Promise<void>): LocalClock {
  const alarms = new Map<string, NodeJS.Timeout>();
  const states = new Map<Lane, LaneState>(
    lanes.map(({ lane, concurrency }) => [lane, { free: concurrency, waiting: new Map() }]),
  );
  const size = () => alarms.size + [...states.values()].reduce((sum, { waiting }) => sum + waiting.size, 0);

  let accessInHand = 0;
  let yielding: NodeJS.Timeout | undefined;

  const ring = ({ key, generation, kind }: OutboxEntry): void => {
    alarms.delete(key);
    const lane = laneOf(kind);
    states.get(lane)?.waiting.set(key, generation);
    begin(lane);
  };

  const begin = (lane: Lane, yields = true): void => {
    const state = states.get(lane);
    const [next] = state?.waiting ?? [];
    if (!state || !next || state.free === 0) return;
    if (lane === 'screen' && yields && accessInHand > 0) {
      yieldToAccess();
      return;
    }
    const [key, generation] = next;
    state.waiting.delete(key);
    state.free -= 1;
    if (lane === 'access') accessInHand += 1;
    void run(key, generation).finally(() => {
      state.free += 1;
      if (lane === 'access') accessInHand -= 1;
      begin(lane);
      if (lane === 'access' && accessInHand === 0) beginScreen();
    });
  };

  /**
   * What people see comes after the access itself: it would only take its time from it, and then show what is no longer so. It waits
   * for what is in hand at the moment, and not for long.
   */
  const yieldToAccess = (): void => {
    yielding ??= setTimeout(() => beginScreen(false), SCREEN_YIELDS_MS);
  };

  const beginScreen = (yields = true): void => {
    clearTimeout(yielding);
    yielding = undefined;
    const screen = states.get('screen');
    for (let begun = Math.min(screen?.free ?? 0, screen?.waiting.size ?? 0); begun > 0; begun--)
      begin('screen', yields);
  };

  return {
    keep(entry, delayMs) {
      if (size() >= LOCAL_MOST) return;
      clearTimeout(alarms.get(entry.key));
      if (delayMs <= 0) return ring(entry);
      // Never early: an effect that is not due yet can't be claimed.
      alarms.set(
        entry.key,
        setTimeout(() => ring(entry), Math.ceil(delayMs) + 1),
      );
    },
    freeHands: (lane) => {
      const state = states.get(lane);
      return state ? Math.max(0, state.free - state.waiting.size) : 0;
    },
    size,
    stop() {
      for (const alarm of alarms.values()) clearTimeout(alarm);
      clearTimeout(yielding);
      alarms.clear();
      for (const { waiting } of states.values()) waiting.clear();
    },
  };
}
