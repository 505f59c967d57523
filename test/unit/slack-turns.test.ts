import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TURN_AFTER_MS, TURN_QUIET_MS } from '../../src/slack/limits.ts';
import { createTurns } from '../../src/slack/turns.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** Takes a turn and tells when it came. */
function watch(turns: ReturnType<typeof createTurns>, begun: number[]): void {
  void turns.take().then(() => begun.push(performance.now()));
}

describe('the work behind an acknowledgement', () => {
  it('begins at once when nobody else is there', async () => {
    const begun: number[] = [];
    watch(createTurns(), begun);
    await Promise.resolve();
    expect(begun).toHaveLength(1);
  });

  it('waits while others are still coming in, and keeps their order', async () => {
    const turns = createTurns();
    const order: string[] = [];
    for (const name of ['first', 'second', 'third']) {
      void turns.take().then(() => order.push(name));
      await jest.advanceTimersByTimeAsync(TURN_QUIET_MS - 2);
    }
    expect(order).toEqual(['first']);
    await jest.advanceTimersByTimeAsync(TURN_QUIET_MS * 2);
    expect(order).toEqual(['first', 'second', 'third']);
  });

  it('waits for no longer than its limit when they never stop coming', async () => {
    const turns = createTurns();
    const begun: number[] = [];
    watch(turns, []);
    await jest.advanceTimersByTimeAsync(1);
    const waitsSince = performance.now();
    watch(turns, begun);
    for (let passed = 0; passed < TURN_AFTER_MS * 2; passed += 2) {
      await jest.advanceTimersByTimeAsync(2);
      watch(turns, []);
    }
    expect(begun).toHaveLength(1);
    expect((begun[0] ?? Number.POSITIVE_INFINITY) - waitsSince).toBeLessThanOrEqual(TURN_AFTER_MS + TURN_QUIET_MS);
  });
});
