import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { JobPayload } from '../../src/jobs/definitions.ts';
import { BATCHES_PER_TARGET, ENDS_IN_CLAIM, PER_TARGET, TARGET_STARTS_AT_ONCE } from '../../src/jobs/limits.ts';
import { createPace } from '../../src/jobs/pace.ts';
import { createTargets } from '../../src/jobs/targets.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const turn = () => jest.advanceTimersByTimeAsync(0);

/** Hands whose work ends when the test says so; `due` is what Postgres would say. */
function start(due: Record<string, number> = {}) {
  const singles: string[] = [];
  const batches: string[] = [];
  const claims: string[] = [];
  const finish: (() => void)[] = [];
  const working = () => new Promise<void>((resolve) => finish.push(resolve));
  const left: JobPayload[] = [];
  const runner: Parameters<typeof createTargets>[0] = {
    run: (key) => {
      singles.push(key);
      return working();
    },
    runEnds: async (target, limit, _, onClaimed) => {
      claims.push(target);
      const claimed = Math.min(limit, due[target] ?? 0);
      due[target] = (due[target] ?? 0) - claimed;
      onClaimed(claimed);
      if (claimed > 0) {
        batches.push(`${target} ${claimed}`);
        await working();
      }
      return { batched: true, failed: false };
    },
  };
  const targets = createTargets(runner, (payload) => left.push(payload));
  const end = (target: string, name: string, kind = 'revoke_grant'): JobPayload => ({
    what: 'effect',
    key: `${kind}/${name}`,
    generation: 1,
    target,
  });
  const finishAll = async () => {
    while (finish.length > 0) {
      for (const each of finish.splice(0)) each();
      await turn();
    }
  };
  return { targets, singles, batches, claims, left, end, finishAll };
}

describe('the targets', () => {
  it('give a dead target a few hands and no more, and let its callers go', async () => {
    const { targets, singles, batches, end } = start({ dead: 10 * ENDS_IN_CLAIM });
    let returned = 0;
    for (let n = 0; n < 60; n += 1) void targets.run(end('dead', `d${n}`)).then(() => (returned += 1));
    await turn();
    expect(singles).toHaveLength(PER_TARGET);
    expect(batches).toHaveLength(BATCHES_PER_TARGET);
    // Those that wait hold no hand of the lane meanwhile.
    expect(returned).toBe(60 - PER_TARGET);
    void targets.run(end('well', 'w'));
    await turn();
    expect(singles.at(-1)).toBe('revoke_grant/w');
  });

  it('take what comes while the hands are full in batches, until nothing is due', async () => {
    const { targets, batches, end, finishAll } = start({ one: 2 * ENDS_IN_CLAIM + 30 });
    for (let n = 0; n < PER_TARGET + 1; n += 1) void targets.run(end('one', `e${n}`));
    await turn();
    await finishAll();
    expect(batches).toEqual([`one ${ENDS_IN_CLAIM}`, `one ${ENDS_IN_CLAIM}`, 'one 30']);
  });

  it('take all ends of a target by one job', async () => {
    const { targets, singles, batches } = start({ one: 70 });
    void targets.run({ what: 'ends', target: 'one' });
    await turn();
    expect([singles, batches]).toEqual([[], ['one 70']]);
  });

  it('miss nothing that comes due while a batch is in hand', async () => {
    const due = { one: 10 };
    const { targets, batches, end, finishAll } = start(due);
    void targets.run({ what: 'ends', target: 'one' });
    await turn();
    due.one += 1;
    void targets.run(end('one', 'late'));
    await finishAll();
    expect(batches).toEqual(['one 10', 'one 1']);
  });

  it('let new access wait for no storm of ends, and each its turn', async () => {
    const { targets, singles, end, finishAll } = start({ one: 1_000 });
    void targets.run({ what: 'ends', target: 'one' });
    for (let n = 0; n < PER_TARGET + 2; n += 1) void targets.run(end('one', `p${n}`, 'provision_grant'));
    await turn();
    expect(singles).toHaveLength(PER_TARGET);
    await finishAll();
    expect(singles).toHaveLength(PER_TARGET + 2);
  });

  it.each(['revoke_grant', 'provision_grant'])('begin no more than so many %s a second on one target', async (kind) => {
    const { targets, singles, end, finishAll } = start();
    for (let n = 0; n < TARGET_STARTS_AT_ONCE + 3; n += 1) {
      void targets.run(end('one', `${n}`, kind));
      await turn();
      await finishAll();
    }
    expect(singles).toHaveLength(TARGET_STARTS_AT_ONCE);
    void targets.run(end('another', 'a', kind));
    await turn();
    expect(singles.at(-1)).toBe(`${kind}/a`);
    await jest.advanceTimersByTimeAsync(1_000);
    await finishAll();
    expect(singles).toHaveLength(TARGET_STARTS_AT_ONCE + 4);
  });

  it('ask for no more than so many batches a second on one target', async () => {
    const { targets, claims } = start();
    for (let n = 0; n < TARGET_STARTS_AT_ONCE + 10; n += 1) {
      void targets.run({ what: 'ends', target: 'one' });
      await turn();
    }
    expect(claims).toHaveLength(TARGET_STARTS_AT_ONCE);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(claims.length).toBeGreaterThan(TARGET_STARTS_AT_ONCE);
  });
});

describe('at a stop, the targets', () => {
  const nameOf = (payload: JobPayload) => (payload.what === 'effect' ? payload.key : `ends of ${payload.target}`);

  it('leave to others the access that waits for a hand, and finish what is in hand', async () => {
    const { targets, singles, left, end, finishAll } = start();
    for (let n = 0; n < PER_TARGET + 2; n += 1) void targets.run(end('one', `p${n}`, 'provision_grant'));
    await turn();
    targets.stop();
    expect(left.map(nameOf)).toEqual([`provision_grant/p${PER_TARGET}`, `provision_grant/p${PER_TARGET + 1}`]);
    await finishAll();
    expect(singles).toHaveLength(PER_TARGET);
    expect(left).toHaveLength(2);
  });

  it('leave the ends that were to follow those in hand', async () => {
    const { targets, claims, left, end, finishAll } = start({ one: 10 * ENDS_IN_CLAIM });
    for (let n = 0; n < PER_TARGET + 1; n += 1) void targets.run(end('one', `e${n}`));
    await turn();
    targets.stop();
    await finishAll();
    expect(claims).toHaveLength(BATCHES_PER_TARGET);
    expect(new Set(left.map(nameOf))).toEqual(new Set(['ends of one']));
  });

  it('leave what only waits for its turn', async () => {
    const { targets, singles, claims, left, end, finishAll } = start();
    for (let n = 0; n < TARGET_STARTS_AT_ONCE; n += 1) {
      void targets.run(end('one', `${n}`));
      await turn();
      await finishAll();
    }
    void targets.run(end('one', 'single'));
    void targets.run({ what: 'ends', target: 'one' });
    await turn();
    targets.stop();
    await jest.advanceTimersByTimeAsync(1_000);
    expect([singles.length, claims]).toEqual([TARGET_STARTS_AT_ONCE, []]);
    expect(left.map(nameOf)).toEqual(['revoke_grant/single', 'ends of one']);
  });
});

it('a pace lets some begin at once, and then so many a second', async () => {
  const pace = createPace(10, TARGET_STARTS_AT_ONCE);
  let begun = 0;
  for (let n = 0; n < TARGET_STARTS_AT_ONCE + 20; n += 1) void pace().then(() => (begun += 1));
  await turn();
  expect(begun).toBe(TARGET_STARTS_AT_ONCE);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(begun).toBe(TARGET_STARTS_AT_ONCE + 10);
});
