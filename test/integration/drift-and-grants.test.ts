import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { reconcile } from '../../src/usecases/reconcile.ts';
import { reconcilingIn } from '../support/reconciling.ts';
import { startWatchWorld, type WatchWorld } from '../support/watch-world.ts';

// What was shown of an access, and grants that begin, are live or end on the very same access meanwhile.

let world: WatchWorld;
beforeEach(async () => {
  world = await startWatchWorld();
}, 60_000);
afterEach(async () => {
  expect(world.slack.violations).toEqual([]);
  await world.stop();
});
const { run, runWith, live, end, ended, drift, drifts, decide, acceptance, told } = reconcilingIn(() => world);

const revoke = () => decide({ type: 'revoke' });

/** Theo holds it by nobody's grant, and it is shown. */
async function shown(): Promise<void> {
  world.give('dev2');
  expect(await run()).toEqual(['unknown_holder theo@example.com shown']);
}

describe('while a grant of the same access is not over', () => {
  it('nothing is taken away that somebody wants gone; it goes after the end, though the end gives it back', async () => {
    await shown();
    await revoke();
    const id = await live('dev2');
    expect(await run()).toEqual([]);
    expect(world.holds('dev2')).toBe('member');
    expect(await drift()).toMatchObject({ status: 'revoking', lastError: expect.stringContaining('is not over yet') });
    expect(world.security().at(-1)?.says).toMatch(
      /Being taken away, as <@\w+> asked\. Not taken away yet: .*not over yet/,
    );
    await end(id, 'dev2');
    expect(world.holds('dev2')).toBe('member');
    expect(await run()).toEqual(['unknown_holder theo@example.com taken_away']);
    expect(world.holds('dev2')).toBeNull();
    expect(await run()).toEqual([]);
    expect(await drifts()).toEqual([]);
    expect((await told()).at(-1)).toBe('drift.revoked');
  });

  it('also one that begins between the look at the target and the taking away', async () => {
    await shown();
    await revoke();
    expect(await runWith(() => live('dev2'))).toEqual(['unknown_holder theo@example.com next_run']);
    expect(world.holds('dev2')).toBe('member');
  });

  it('nobody gets past a question: what was shown is a question still when the grant is over', async () => {
    await shown();
    const id = await live('dev2');
    expect(await run()).toEqual([]);
    expect((await drift()).status).toBe('open');
    await end(id, 'dev2');
    expect(await run()).toEqual(['unknown_holder theo@example.com shown']);
    expect(await told()).toEqual(['drift.found']);
    await revoke();
    await run();
    expect(world.holds('dev2')).toBeNull();
  });

  it('what was accepted comes up for review as it was to', async () => {
    await shown();
    await decide(acceptance());
    const id = await live('dev2');
    expect(await run()).toEqual([]);
    await end(id, 'dev2');
    expect(await run()).toEqual([]);
    expect((await drift()).status).toBe('accepted');
    world.clock.advance(31 * 24 * 3600);
    expect(await run()).toEqual(['unknown_holder theo@example.com shown']);
    expect((await drift()).status).toBe('open');
  });

  it('what is gone for good is settled after the end', async () => {
    await shown();
    const id = await live('dev2');
    world.take('dev2');
    await run();
    await world.drain();
    await end(id, 'dev2');
    world.take('dev2');
    await run();
    expect(await drifts()).toEqual([]);
  });

  it('what had been there before anybody looked stays as it was', async () => {
    world.give('dev2');
    await ended('dev2');
    expect(await run()).toEqual([]);
    expect(await run()).toEqual([]);
    expect(world.holds('dev2')).toBe('member');
  });
});

describe('two entitlements that are one access on the target', () => {
  it('are shown once, and keep the answer', async () => {
    world.offerTwoLevels();
    world.give('dev2');
    await run();
    expect(await drifts()).toHaveLength(1);
    await decide(acceptance());
    expect(await run()).toEqual([]);
    expect(await run()).toEqual([]);
    expect((await drifts()).map(({ status }) => status)).toEqual(['accepted']);
    expect(await told()).toEqual(['drift.found', 'drift.accepted']);
    expect(world.security()).toHaveLength(1);
  });

  it('change each other’s level, which nobody did by hand', async () => {
    world.offerTwoLevels();
    const lower = await live('dev', 'member');
    const higher = await live('dev', 'maintainer');
    expect(await run()).toEqual([]);
    expect((await world.read(lower)).drift).toBeNull();
    await end(higher);
    // One access, which ends with the last of them.
    expect(world.holds('dev')).toBe('maintainer');
    expect(await run()).toEqual([]);
    expect((await world.read(lower)).drift).toBeNull();
    await end(lower);
    expect(world.holds('dev')).toBeNull();
    expect(await told()).toEqual([]);
  });
});

describe('the same entitlement elsewhere', () => {
  it('on another server behind the same address: nothing is concluded, nothing is taken away', async () => {
    await shown();
    await revoke();
    const before = world.api.state;
    world.api.state = { ...before, identity: 'another' };
    const [report] = await reconcile(world.ports, { workspace: world.workspace, dryRun: false });
    expect(report?.error).toContain('is now another target');
    expect(world.holds('dev2')).toBe('member');
    expect((await drift()).status).toBe('revoking');
    world.api.state = before;
    expect(await run()).toEqual(['unknown_holder theo@example.com taken_away']);
    expect(world.holds('dev2')).toBeNull();
  });
});
