import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { grantId, workspaceId } from '../../src/domain/ids.ts';
import { ENDS_IN_BATCH, LOOK_AGAIN_MS, PER_TARGET, SWEEP_EVERY_MS } from '../../src/jobs/limits.ts';
import { createLocalClock } from '../../src/jobs/local-clock.ts';
import { createRunner } from '../../src/jobs/runner.ts';
import { createSweep } from '../../src/jobs/sweep.ts';
import { type ClaimedEffect, done } from '../../src/usecases/ports.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const KEY = 'revoke_grant/grt_1';
const claimed: ClaimedEffect = {
  key: KEY,
  workspaceId: workspaceId('T1'),
  kind: 'revoke_grant',
  effect: { kind: 'revoke_grant', grantId: grantId('grt_1') },
  generation: 1,
  dueAt: new Date(),
  attempts: 0,
  target: null,
};

describe('the runner, when the database is away for a moment', () => {
  it('performs again what it could not save, once the lease has run out and long before a sweep', async () => {
    let performed = 0;
    let saved = 0;
    const runner = createRunner({
      outbox: {
        claim: async () => claimed,
        claimEnds: async () => [],
        renew: async (keys) => new Set(keys),
        complete: async () => {
          if (performed === 1) throw new Error('the connection was cut');
          saved += 1;
        },
        retry: async () => undefined,
        giveBack: async () => undefined,
      },
      perform: async () => {
        performed += 1;
        return done;
      },
      performEnds: async () => ({ settled: new Set(), batched: true }),
      log: pino({ level: 'silent' }),
      onRescheduled: () => undefined,
      onGivenBack: async () => undefined,
    });
    await runner.run(KEY, 1);
    expect({ performed, saved }).toEqual({ performed: 1, saved: 0 });
    expect(LOOK_AGAIN_MS).toBeLessThan(SWEEP_EVERY_MS);
    await jest.advanceTimersByTimeAsync(LOOK_AGAIN_MS);
    expect({ performed, saved }).toEqual({ performed: 2, saved: 1 });
  });
});

describe('a stop in the middle of many ends', () => {
  it('waits for the batch that has begun, and gives back what has not', async () => {
    const many = Array.from({ length: 3 * ENDS_IN_BATCH }, (_, index) => ({ ...claimed, key: `${KEY}${index}` }));
    const began: number[] = [];
    const givenBack: string[] = [];
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const runner = createRunner({
      outbox: {
        claim: async () => null,
        claimEnds: async () => many,
        renew: async (keys) => new Set(keys),
        complete: async () => undefined,
        retry: async () => undefined,
        giveBack: async (keys) => void givenBack.push(...keys),
      },
      perform: async () => done,
      performEnds: async (batch) => {
        began.push(batch.length);
        await finished;
        return { settled: new Set(batch.map(({ key }) => key)), batched: true };
      },
      log: pino({ level: 'silent' }),
      onRescheduled: () => undefined,
      onGivenBack: async () => undefined,
    });
    const ran = runner.runEnds(
      'target',
      many.length,
      async () => undefined,
      () => undefined,
    );
    await jest.advanceTimersByTimeAsync(1);
    const drained = runner.drain();
    finish();
    await Promise.all([ran, drained]);
    expect(began).toEqual([ENDS_IN_BATCH]);
    expect(givenBack).toEqual(many.slice(ENDS_IN_BATCH).map(({ key }) => key));
  });
});

describe('many ends of one target', () => {
  it.each([
    ['in batches', true],
    ['one by one, a few at once, where the target takes no batches', false],
  ])('begin when the pace lets them: %s', async (_, batched) => {
    const count = batched ? 3 * ENDS_IN_BATCH : 2 * PER_TARGET + 1;
    const many = Array.from({ length: count }, (_, index) => ({ ...claimed, key: `${KEY}${index}` }));
    let [batches, singles, asked] = [0, 0, 0];
    const turns: (() => void)[] = [];
    const work: (() => void)[] = [];
    const runner = createRunner({
      outbox: {
        claim: async () => null,
        claimEnds: async () => many,
        renew: async (keys) => new Set(keys),
        complete: async () => undefined,
        retry: async () => undefined,
        giveBack: async () => undefined,
      },
      perform: () => {
        singles += 1;
        return new Promise((resolve) => work.push(() => resolve(done)));
      },
      performEnds: async (batch) => {
        batches += 1;
        return { settled: new Set(batched ? batch.map(({ key }) => key) : []), batched };
      },
      log: pino({ level: 'silent' }),
      onRescheduled: () => undefined,
      onGivenBack: async () => undefined,
    });
    const pace = (): Promise<void> => {
      asked += 1;
      return new Promise((resolve) => turns.push(resolve));
    };
    const ran = runner.runEnds('target', count, pace, () => undefined);
    await jest.advanceTimersByTimeAsync(1);
    // The caller waited for the turn of the first batch.
    expect({ batches, singles, asked }).toEqual({ batches: 1, singles: 0, asked: batched ? 1 : PER_TARGET });
    for (const turn of turns.splice(0)) turn();
    await jest.advanceTimersByTimeAsync(1);
    expect({ batches, singles }).toEqual(batched ? { batches: 2, singles: 0 } : { batches: 1, singles: PER_TARGET });
    for (let round = 0; round < 2 * count && turns.length + work.length > 0; round += 1) {
      for (const go of [...turns.splice(0), ...work.splice(0)]) go();
      await jest.advanceTimersByTimeAsync(1);
    }
    await ran;
    expect({ batches, singles }).toEqual(batched ? { batches: 3, singles: 0 } : { batches: 1, singles: count });
  });
});

describe('a process', () => {
  it('sweeps every 30 s for what nobody has in hand', async () => {
    let looked = 0;
    const takeOverdue = async () => {
      looked += 1;
      return [];
    };
    const local = createLocalClock(async () => undefined);
    const sweep = createSweep({ takeOverdue }, async () => undefined, local, pino({ level: 'silent' }));
    await jest.advanceTimersByTimeAsync(SWEEP_EVERY_MS - 1);
    const before = looked;
    await jest.advanceTimersByTimeAsync(SWEEP_EVERY_MS);
    expect(looked).toBe(before + 1);
    await sweep.stop();
    local.stop();
  });
});
