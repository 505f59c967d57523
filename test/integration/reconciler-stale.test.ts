import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { GrantId } from '../../src/domain/ids.ts';
import { reconcilingIn } from '../support/reconciling.ts';
import { startWatchWorld, type WatchWorld } from '../support/watch-world.ts';

// What a target answered is old by the time something is done about it: everything is asked again, under the lock, before anybody is told
// or anything is taken away.

let world: WatchWorld;
beforeEach(async () => {
  world = await startWatchWorld();
}, 60_000);
afterEach(async () => {
  expect(world.slack.violations).toEqual([]);
  await world.stop();
});
const { run, runWith, live, end, ended, drift, drifts, decide, acceptance, told } = reconcilingIn(() => world);

/** Ended, seen as that once, and given again by hand. */
async function endedAndThere(): Promise<GrantId> {
  const id = await ended();
  await run();
  world.give('dev');
  world.clock.advance(60);
  return id;
}
const reappeared = async (id: GrantId): Promise<boolean> => (await world.kinds(id)).includes('grant.reappeared');

describe('access that had ended and is listed again', () => {
  it('is not taken up again when it is gone by then', async () => {
    const id = await endedAndThere();
    expect(await runWith(async () => world.take('dev'))).toEqual([]);
    expect(await reappeared(id)).toBe(false);
    expect((await world.read(id)).status).toBe('ended');
  });

  it('is not taken up again when a new grant has it by then', async () => {
    const id = await endedAndThere();
    const next = { id: null as GrantId | null };
    await runWith(async () => {
      next.id = await live();
    });
    expect(await reappeared(id)).toBe(false);
    await world.drain('revoke_grant');
    expect(next.id && (await world.read(next.id)).status).toBe('active');
    expect(world.holds('dev')).toBe('member');
  });

  it('is not taken up again when somebody has accepted it by then, nor afterwards', async () => {
    const id = await ended();
    world.give('dev');
    world.clock.advance(60);
    // The first look only shows.
    expect(await run()).toEqual(['ended_grant dana@example.com next_run']);
    await runWith(async () => expect(await decide(acceptance('dba', 2))).toMatchObject({ ok: true }));
    expect(await run()).toEqual([]);
    expect(await reappeared(id)).toBe(false);
    expect(world.holds('dev')).toBe('member');
    expect((await drift()).status).toBe('accepted');
    expect(await told()).toEqual(['drift.found', 'drift.accepted']);
    // Until its day of review.
    world.clock.advance(3 * 3600 * 24);
    expect(await run()).toHaveLength(1);
    expect((await drift()).status).toBe('open');
  });

  it('cannot be accepted any more once it is taken up', async () => {
    const id = await ended();
    world.give('dev');
    world.clock.advance(60);
    await run();
    const form = await drift();
    expect(form.kind).toBe('ended_grant');
    expect(await run()).toEqual(['reappeared dana@example.com taken_away']);
    expect((await world.read(id)).status).toBe('revoking');
    expect(await drifts()).toEqual([]);
  });
});

describe('a grant that is not listed', () => {
  it('is not told as removed by hand when it is there by then', async () => {
    const id = await live();
    await run();
    world.take('dev');
    await runWith(async () => world.give('dev'));
    expect((await world.read(id)).drift).toBeNull();
    await world.drain('notify_person');
    expect(world.slack.dms('dev').filter(({ text }) => text.includes('does not put it back'))).toEqual([]);
    expect(await drifts()).toEqual([]);
  });

  it('nor when it has ended by then', async () => {
    const id = await live();
    await run();
    world.take('dev');
    await runWith(() => end(id));
    expect(await world.kinds(id)).not.toContain('grant.drift_found');
    expect(await drifts()).toEqual([]);
  });

  it('since it went live after the target was asked is not missed', async () => {
    await run();
    world.api.afterNextListing(() => live());
    expect(await run()).toEqual([]);
    expect(await drifts()).toEqual([]);
  });
});

describe('a level', () => {
  it('that a grant has changed since the target was asked is nobody’s change by hand', async () => {
    const lower = await live();
    await run();
    world.offerTwoLevels();
    world.api.afterNextListing(() => live('dev', 'maintainer'));
    expect(await run()).toEqual([]);
    expect((await world.read(lower)).drift).toBeNull();
    expect(await told()).toEqual([]);
  });
});

describe('what somebody wants gone', () => {
  it('is told as gone only when it is read back as gone', async () => {
    world.give('dev2');
    await run();
    await decide({ type: 'revoke' });
    world.api.pretend(true);
    expect(await run()).toEqual(['unknown_holder theo@example.com next_run']);
    expect(await drift()).toMatchObject({ status: 'revoking', lastError: expect.stringContaining('still there') });
    expect(world.security().at(-1)?.says).toMatch(
      /Being taken away, as <@\w+> asked\. Not taken away yet: .*still there/,
    );
    expect(await told()).not.toContain('drift.revoked');
    world.api.pretend(false);
    expect(await run()).toEqual(['unknown_holder theo@example.com taken_away']);
    expect(world.holds('dev2')).toBeNull();
    expect(await drifts()).toEqual([]);
  });
});
