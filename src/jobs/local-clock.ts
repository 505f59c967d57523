import { type Alarm, type Lane, laneOf, lanes, type Timed } from './definitions.ts';
import { EARLY_LEAST_MS, EARLY_MOST, EARLY_MS, LOCAL_MOST, SCREEN_YIELDS_MS } from './limits.ts';

export interface LocalClock {
  /**
   * Runs what is asked for after the delay, in its lane. A later call for the same name replaces the earlier one. `inQueue`: the queue
   * has an alarm for it too.
   */
  keep(alarm: Alarm, delayMs: number, inQueue?: boolean): void;
  /** How many effects of the lane could begin here at once. */
  freeHands(lane: Lane): number;
  /** How many alarms it keeps. */
  size(): number;
  /** Begins nothing more. Returns what nobody else has an alarm for. */
  stop(): readonly Timed[];
}

interface Kept {
  readonly alarm: Alarm;
  readonly dueAt: number;
  readonly inQueue: boolean;
  timer: NodeJS.Timeout | undefined;
}

interface LaneState {
  free: number;
  /** What is due and waits for a free hand, by name. */
  readonly waiting: Map<string, Alarm>;
}

/**
 * An alarm clock in this process. It is exact to the millisecond, and it goes on when the queue does not: the promise must not hang on
 * a queue being up. It knows only what Postgres knows too, so nothing is lost with it.
 *
 * With `early`, it rings a little before the time for a few ends of access at once, and says how many milliseconds before: such a
 * lone end can be prepared. Where more are near, the others ring at their time.
 */
export function createLocalClock(
  run: (alarm: Alarm, aheadMs?: number) => Promise<void>,
  { early = false }: { readonly early?: boolean } = {},
): LocalClock {
  const alarms = new Map<string, Kept>();
  const states = new Map<Lane, LaneState>(
    lanes.map(({ lane, concurrency }) => [lane, { free: concurrency, waiting: new Map() }]),
  );
  const size = () => alarms.size + [...states.values()].reduce((sum, { waiting }) => sum + waiting.size, 0);

  let accessInHand = 0;
  let earlyInHand = 0;
  let yielding: NodeJS.Timeout | undefined;

  const ring = (alarm: Alarm): void => {
    alarms.delete(alarm.name);
    const lane = laneOf(alarm.kind);
    states.get(lane)?.waiting.set(alarm.name, alarm);
    begin(lane);
  };

  /** Not before the time itself does it count as access in hand, for which the screen waits. */
  const ringEarly = (kept: Kept): void => {
    const { alarm, dueAt } = kept;
    const lane = laneOf(alarm.kind);
    const state = states.get(lane);
    const aheadMs = dueAt - performance.now();
    if (!state || state.free <= 1 || earlyInHand >= EARLY_MOST || aheadMs < EARLY_LEAST_MS) {
      kept.timer = setTimeout(() => ring(alarm), Math.max(0, aheadMs));
      return;
    }
    alarms.delete(alarm.name);
    state.free -= 1;
    earlyInHand += 1;
    let counted = 0;
    const atItsTime = setTimeout(() => {
      counted = 1;
      accessInHand += 1;
    }, aheadMs);
    void run(alarm, aheadMs).finally(() => {
      clearTimeout(atItsTime);
      earlyInHand -= 1;
      accessInHand -= counted;
      state.free += 1;
      begin(lane);
      if (accessInHand === 0) beginScreen();
    });
  };

  const begin = (lane: Lane, yields = true): void => {
    const state = states.get(lane);
    const [next] = state?.waiting ?? [];
    if (!state || !next || state.free === 0) return;
    if (lane === 'screen' && yields && accessInHand > 0) {
      yieldToAccess();
      return;
    }
    const [name, alarm] = next;
    state.waiting.delete(name);
    state.free -= 1;
    if (lane === 'access') accessInHand += 1;
    void run(alarm).finally(() => {
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
    keep(alarm, delayMs, inQueue = false) {
      if (size() >= LOCAL_MOST) return;
      clearTimeout(alarms.get(alarm.name)?.timer);
      if (delayMs <= 0) return ring(alarm);
      // Never early: an effect that is not due yet can't be claimed.
      const exactMs = Math.ceil(delayMs) + 1;
      const dueAt = performance.now() + exactMs;
      const alone = alarm.kind === 'revoke_grant' && alarm.payload.what === 'effect';
      const kept: Kept = { alarm, dueAt, inQueue, timer: undefined };
      kept.timer =
        early && alone
          ? setTimeout(() => ringEarly(kept), Math.max(0, exactMs - EARLY_MS))
          : setTimeout(() => ring(alarm), exactMs);
      alarms.set(alarm.name, kept);
    },
    freeHands: (lane) => {
      const state = states.get(lane);
      return state ? Math.max(0, state.free - state.waiting.size) : 0;
    },
    size,
    stop() {
      const now = performance.now();
      const due = [...states.values()].flatMap(({ waiting }) => [...waiting.values()]);
      const later = [...alarms.values()].filter(({ inQueue }) => !inQueue);
      for (const { timer } of alarms.values()) clearTimeout(timer);
      clearTimeout(yielding);
      alarms.clear();
      for (const { waiting } of states.values()) waiting.clear();
      return [
        ...due.map((alarm) => ({ alarm, delayMs: 0 })),
        ...later.map(({ alarm, dueAt }) => ({ alarm, delayMs: Math.max(0, dueAt - now) })),
      ];
    },
  };
}
