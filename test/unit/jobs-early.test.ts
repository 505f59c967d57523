import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { grantId, workspaceId } from '../../src/domain/ids.ts';
import { alarmOf } from '../../src/jobs/definitions.ts';
import type { PerformEarly } from '../../src/jobs/early.ts';
import { EARLY_MOST, EARLY_MS, TOO_LATE_MS } from '../../src/jobs/limits.ts';
import { createLocalClock } from '../../src/jobs/local-clock.ts';
import { createRunner } from '../../src/jobs/runner.ts';
import { type ClaimedEffect, done, type Outbox } from '../../src/usecases/ports.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const later = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const KEY = 'revoke_grant/grt_1';

describe('the clock of this process rings early', () => {
  function start() {
    const rung: string[] = [];
    const clock = createLocalClock(
      async ({ name }, aheadMs = 0) => {
        rung.push(`${name} ${aheadMs > 0 ? 'early' : 'at its time'}`);
        await new Promise((resolve) => setTimeout(resolve, aheadMs));
      },
      { early: true },
    );
    const keep = (name: string, delayMs: number, kind: 'revoke_grant' | 'provision_grant' = 'revoke_grant'): void =>
      clock.keep(alarmOf({ key: name, generation: 1, kind, target: null }), delayMs);
    return { rung, keep };
  }

  it('for a single end of access, and for nothing else', async () => {
    const { rung, keep } = start();
    keep('end', 1_000);
    keep('begin', 1_000, 'provision_grant');
    await later(1_000 - EARLY_MS - 10);
    expect(rung).toEqual([]);
    await later(20);
    expect(rung).toEqual(['end early']);
    await later(EARLY_MS);
    expect(rung).toEqual(['end early', 'begin at its time']);
  });

  it('for a few at once, and at their time for the rest', async () => {
    const { rung, keep } = start();
    for (let index = 0; index < EARLY_MOST + 2; index += 1) keep(`end ${index}`, 1_000);
    await later(1_000 - 10);
    expect(rung).toHaveLength(EARLY_MOST);
    await later(20);
    expect(rung.filter((each) => each.endsWith('at its time'))).toHaveLength(2);
  });
});

describe('the runner takes an effect in hand before its time', () => {
  function start(performEarly: PerformEarly) {
    const did: string[] = [];
    const claimed: ClaimedEffect = {
      key: KEY,
      generation: 1,
      dueAt: new Date(),
      kind: 'revoke_grant',
      workspaceId: workspaceId('T1'),
      effect: { kind: 'revoke_grant', grantId: grantId('grt_1') },
      target: null,
      attempts: 0,
    };
    const outbox: Pick<Outbox, 'claim' | 'claimEnds' | 'renew' | 'complete' | 'retry' | 'giveBack'> = {
      claim: async () => claimed,
      claimEnds: async () => [],
      renew: async (keys) => new Set(keys),
      complete: async () => void did.push('completed'),
      retry: async () => void did.push('retried'),
      giveBack: async () => void did.push('given back'),
    };
    const runner = createRunner({
      outbox,
      perform: async () => {
        did.push('performed');
        return done;
      },
      performEarly,
      performEnds: async () => ({ settled: new Set(), batched: true }),
      log: pino({ level: 'silent' }),
      onRescheduled: () => undefined,
      onGivenBack: async () => undefined,
    });
    void runner.run(KEY, 1, EARLY_MS);
    return { did, runner };
  }

  it('and is done with it when that ended it', async () => {
    const { did } = start(async (_, early) => {
      await early.wait(EARLY_MS);
      return true;
    });
    await later(EARLY_MS + 1);
    expect(did).toEqual(['completed']);
  });

  const nothing: PerformEarly = async () => false;
  const failure: PerformEarly = () => Promise.reject(new Error('the target is down'));

  it.each([
    ['it came to nothing', nothing],
    ['it failed', failure],
  ])('and performs it at its time, and not before, when %s', async (_, performEarly) => {
    const { did } = start(performEarly);
    await later(EARLY_MS - 1);
    expect(did).toEqual([]);
    await later(2);
    expect(did).toEqual(['performed', 'completed']);
  });

  it('and does not wait for long past its time for what was prepared', async () => {
    const { did } = start(() => new Promise<boolean>(() => undefined));
    await later(EARLY_MS + TOO_LATE_MS - 1);
    expect(did).toEqual([]);
    await later(2);
    expect(did).toEqual(['performed', 'completed']);
  });

  it('and goes on at once when it is asked for meanwhile', async () => {
    const { did, runner } = start(async (_, early) => {
      await early.wait(EARLY_MS);
      return false;
    });
    await later(10);
    void runner.run(KEY, 0);
    await later(1);
    expect(did).toEqual(['performed', 'completed']);
  });
});
