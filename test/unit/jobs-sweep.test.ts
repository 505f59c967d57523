import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { BATCH, SWEEP_EVERY_MS } from '../../src/jobs/limits.ts';
import { createLocalClock } from '../../src/jobs/local-clock.ts';
import { createSweep } from '../../src/jobs/sweep.ts';
import { createLogger, createScrubber } from '../../src/logging.ts';
import { Outage, type OutboxEntry } from '../../src/usecases/ports.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

it('a sweep that Postgres did not answer comes again soon, and what it finds waits for no other', async () => {
  let away = true;
  const lost: (OutboxEntry & { delayMs: number })[] = [
    {
      key: 'revoke_grant/lost',
      generation: 1,
      kind: 'revoke_grant',
      target: 'one',
      dueAt: new Date(0),
      delayMs: -60_000,
    },
  ];
  const handedOn: string[] = [];
  const sweep = createSweep(
    {
      takeOverdue: async (_, limit) => {
        expect(limit).toBe(BATCH);
        if (away) throw new Outage('transient', 'The database does not answer');
        return lost.splice(0);
      },
    },
    async (entries) => void handedOn.push(...entries.map(({ key }) => key)),
    createLocalClock(async () => undefined),
    createLogger({ level: 'silent', scrubber: createScrubber() }),
  );
  await jest.advanceTimersByTimeAsync(SWEEP_EVERY_MS + 1_000);
  away = false;
  await jest.advanceTimersByTimeAsync(SWEEP_EVERY_MS / 3);
  expect(handedOn).toEqual(['revoke_grant/lost']);
  await sweep.stop();
});
