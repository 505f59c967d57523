import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { returnGrant } from '../../src/usecases/end-grant.ts';
import { PAUSE_SHOUT_SECONDS, pauseReconciler, resumeReconciler } from '../../src/usecases/pause-reconciler.ts';
import { reconcile } from '../../src/usecases/reconcile.ts';
import { reconcilingIn } from '../support/reconciling.ts';
import { startWatchWorld, type WatchWorld } from '../support/watch-world.ts';

let world: WatchWorld;
beforeEach(async () => {
  world = await startWatchWorld();
}, 60_000);
afterEach(async () => {
  expect(world.slack.violations).toEqual([]);
  await world.stop();
});

const { run, live, ended, drift, decide, acceptance, inDays } = reconcilingIn(() => world);

describe('access that we had ended', () => {
  it('is only shown by the first run on a system, and taken away by the next', async () => {
    const id = await ended();
    world.give('dev');
    world.clock.advance(60);
    expect(await run()).toEqual(['ended_grant dana@example.com next_run']);
    expect(world.holds('dev')).toBe('member');
    expect(world.security()[0]?.says).toContain('Ended, and still there');
    expect(await run()).toEqual(['reappeared dana@example.com taken_away']);
    expect((await world.read(id)).status).toBe('revoking');
    await world.drain('revoke_grant');
    expect(world.holds('dev')).toBeNull();
    expect((await world.read(id)).status).toBe('ended');
    expect(await run()).toEqual([]);
  });

  it('stays with a later grant on it where somebody has accepted it meanwhile', async () => {
    await ended();
    world.give('dev');
    world.clock.advance(60);
    await run();
    expect((await decide(acceptance())).ok).toBe(true);
    const id = await live();
    world.clock.advance(3_700);
    await world.drain('revoke_grant');
    expect([(await world.read(id)).status, world.holds('dev')]).toEqual(['ended', 'member']);
  });

  it('is left alone where it was there before us', async () => {
    world.give('dev', 'maintainer');
    await ended();
    await run();
    expect(await run()).toEqual([]);
    expect(world.holds('dev')).toBe('maintainer');
  });

  it('goes by no stale answer: what ended while the target was asked is not called back', async () => {
    const id = await live();
    await run();
    world.api.delay(30);
    const running = run();
    await returnGrant(world.ports, { workspace: world.workspace, user: world.user('dev'), grantId: id });
    await world.drain('revoke_grant');
    await running;
    expect(await world.kinds(id)).not.toContain('grant.reappeared');
  });
});

describe('somebody else’s change', () => {
  it('a holder whom nobody granted it is reported once, and never taken away by itself', async () => {
    world.give('dev2');
    expect(await run()).toEqual(['unknown_holder theo@example.com shown']);
    expect(await run()).toEqual(['unknown_holder theo@example.com shown']);
    expect(world.holds('dev2')).toBe('member');
    const cards = world.security();
    expect(cards).toHaveLength(1);
    expect(cards[0]?.says).toContain('Unknown holder');
    expect(cards[0]?.buttons).toEqual(['Accept…', 'Take away', 'Ignore until…']);
  });

  it('is accepted with an owner and a day of review, after which it is shown again', async () => {
    world.give('dev2');
    await run();
    expect(await decide(acceptance('dba', -1))).toMatchObject({ ok: false });
    expect(await decide(acceptance('dba', 367))).toMatchObject({ ok: false });
    expect((await decide(acceptance())).ok).toBe(true);
    expect(await run()).toEqual([]);
    world.give('dev2', 'maintainer');
    expect(await run()).toEqual(['unknown_holder theo@example.com shown']);
    expect((await drift()).kind).toBe('gained_more');
    await decide(acceptance());
    expect(await run()).toEqual([]);
    world.clock.advance(31 * 24 * 3600);
    expect(await run()).toHaveLength(1);
    expect(await drift()).toMatchObject({ status: 'open', owner: null });
    expect(world.security().at(-1)?.buttons).toEqual(['Accept…', 'Take away', 'Ignore until…']);
  });

  it('is taken away when somebody in charge says so, and read back', async () => {
    world.give('dev2');
    await run();
    expect((await decide({ type: 'revoke' })).ok).toBe(true);
    await run();
    expect(world.holds('dev2')).toBeNull();
    expect(await run()).toEqual([]);
    expect(world.security().at(-1)?.says).toContain('Nothing here waits for anybody');
  });

  it('is ignored until a day', async () => {
    world.give('dev2');
    await run();
    expect((await decide({ type: 'ignore', until: inDays(2) })).ok).toBe(true);
    expect(await run()).toEqual([]);
    world.clock.advance(3 * 24 * 3600);
    expect(await run()).toHaveLength(1);
    expect((await drift()).status).toBe('open');
  });

  it('a grant that was removed by hand is flagged, told and not put back', async () => {
    const id = await live();
    await run();
    world.take('dev');
    expect(await run()).toEqual(['removed_by_hand dana@example.com shown']);
    expect(world.holds('dev')).toBeNull();
    expect((await world.read(id)).drift).toMatchObject({ kind: 'removed_by_hand' });
    await world.drain('notify_person');
    expect(world.slack.dms('dev').at(-1)?.text).toContain('do not put it back');
    expect(await run()).toHaveLength(1);
    expect((await world.kinds(id)).filter((kind) => kind === 'grant.drift_found')).toHaveLength(1);
    expect((await decide({ type: 'revoke' })).ok).toBe(true);
    expect((await world.read(id)).status).toBe('revoking');
  });

  it('a holder who gained more is reported, and no longer when it is as granted again', async () => {
    const id = await live();
    await run();
    world.give('dev', 'maintainer');
    expect(await run()).toEqual(['level_changed dana@example.com shown']);
    expect((await world.read(id)).drift).toMatchObject({ kind: 'level_changed', found: 'maintainer' });
    world.give('dev', 'member');
    expect(await run()).toEqual([]);
    expect((await world.read(id)).drift).toBeNull();
  });
});

describe('a run', () => {
  it('that is asked to be dry changes nothing at all', async () => {
    const id = await ended();
    world.give('dev');
    world.give('dev2');
    world.clock.advance(60);
    expect(await run(true)).toEqual(['ended_grant dana@example.com next_run', 'unknown_holder theo@example.com shown']);
    expect(world.security()).toEqual([]);
    expect((await world.read(id)).status).toBe('ended');
    expect(
      (await world.ports.store.reads(world.workspace).knownSystems(10)).map((system) => system.firstRunAt),
    ).toEqual([null]);
  });

  it('concludes nothing from a target that answers only half', async () => {
    const id = await live();
    await run();
    world.api.meet('refuse');
    const [report] = await reconcile(world.ports, { workspace: world.workspace, dryRun: false });
    expect(report?.error).toContain('did not answer');
    expect((await world.read(id)).drift).toBeNull();
  });
});

describe('a pause', () => {
  it('stops the removals, shouts for as long as it lasts, and lets ends that are due go on', async () => {
    await ended();
    await run();
    await pauseReconciler(world.ports, { workspace: world.workspace, by: 'ops', reason: 'restore', untilAt: null });
    await world.drain('announce_pause');
    expect(world.security().at(-1)?.says).toMatch(/PAUSED.*restore/);
    expect((await world.ports.store.database.counts()).pauses).toBe(1);
    world.give('dev');
    world.clock.advance(60);
    expect(await run()).toEqual(['ended_grant dana@example.com next_run']);
    const other = await live('dba');
    world.clock.advance(PAUSE_SHOUT_SECONDS);
    await world.drain('announce_pause', 'revoke_grant');
    expect(world.security().filter((message) => message.says.includes('PAUSED'))).toHaveLength(2);
    expect((await world.read(other)).status).toBe('ended');
    expect(await resumeReconciler(world.ports, world.workspace)).toBe(true);
    await world.drain('announce_pause');
    expect(world.security().at(-1)?.says).toContain('works again');
    expect(await run()).toEqual(['reappeared dana@example.com taken_away']);
  });

  it('ends by itself at its time', async () => {
    const untilAt = inDays(1);
    await pauseReconciler(world.ports, { workspace: world.workspace, by: 'ops', reason: 'restore', untilAt });
    await world.drain('announce_pause');
    world.clock.advance(25 * 3600);
    await world.drain('announce_pause');
    expect(await world.ports.store.reads(world.workspace).pause()).toBeNull();
  });
});
