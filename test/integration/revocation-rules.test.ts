import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openConnectors } from '../../src/connectors/registry.ts';
import { transitionGrant } from '../../src/domain/grant.ts';
import type { GrantId } from '../../src/domain/ids.ts';
import { openTargets } from '../../src/usecases/begin-watch.ts';
import { returnGrant } from '../../src/usecases/end-grant.ts';
import { provisionGrant } from '../../src/usecases/provision-grant.ts';
import { reconcile } from '../../src/usecases/reconcile.ts';
import { stepGrant } from '../../src/usecases/step-grant.ts';
import { groupApiType } from '../support/group-api/connector.ts';
import { aSubmission } from '../support/stored.ts';
import { POLICY, ROLES, startWatchWorld, type WatchWorld } from '../support/watch-world.ts';

// CONNECTORS.md's rules, each against the code as a whole: docs/connectors.md names these tests.

let world: WatchWorld;
beforeEach(async () => {
  world = await startWatchWorld();
}, 60_000);
afterEach(() => world.stop());

/** Live, by the real way there. */
async function live(persona = 'dev', role = 'member'): Promise<GrantId> {
  const id = await world.grant(persona, { role });
  await world.drain('provision_grant');
  expect((await world.read(id)).status).toBe('active');
  return id;
}

describe('rule 1', () => {
  it('the intent, the note and the revocation are committed before the first call to the target', async () => {
    const id = await world.grant('dev');
    world.api.failNext('stuck');
    const provisioning = world.drain('provision_grant');
    await world.api.failed();
    const grant = await world.read(id);
    expect(grant.target.resolved).not.toBeNull();
    expect(await world.ports.store.reads(world.workspace).note(grant.target.resolved?.key ?? '')).not.toBeNull();
    // Due at the latest end there can be; the clock is moved there and it is found.
    world.clock.advance(2 * 3600);
    const due = await world.ports.store.outbox.takeForQueue(0, 500);
    expect(due.map((each) => each.key)).toContain(`revoke_grant/${id}`);
    world.api.release();
    await provisioning;
  });
});

describe('rule 2', () => {
  it('a grant that the target only says yes to is never called live', async () => {
    const id = await world.grant('dev');
    world.api.pretend(true);
    await world.drain('provision_grant');
    expect(await world.read(id)).toMatchObject({ status: 'provisioning', attempts: 1 });
    expect(await world.kinds(id)).not.toContain('grant.activated');
  });

  it('a grant that the target only says yes to is not called live for the less that was there before', async () => {
    world.setPolicy(POLICY(world.api.url, ROLES.replace('level: member', 'level: maintainer')));
    world.give('dev', 'member');
    const id = await world.grant('dev', { role: 'member' });
    world.api.pretend(true);
    await world.drain('provision_grant');
    expect(await world.read(id)).toMatchObject({ status: 'provisioning', attempts: 1 });
    expect((await world.read(id)).lastError).toContain('only "member"');
    world.api.pretend(false);
    world.clock.advance(5);
    await world.drain('provision_grant');
    expect((await world.read(id)).status).toBe('active');
    expect(world.holds('dev')).toBe('maintainer');
  });

  it('a revocation that the target only says yes to is never called ended', async () => {
    const id = await live();
    world.api.pretend(true);
    world.clock.advance(3600);
    await world.drain('revoke_grant');
    expect(await world.read(id)).toMatchObject({ status: 'revoking', lastErrorKind: 'transient' });
    expect(await world.kinds(id)).not.toContain('grant.ended');
    world.api.pretend(false);
    world.clock.advance(5);
    await world.drain('revoke_grant');
    expect((await world.read(id)).status).toBe('ended');
    expect(world.holds('dev')).toBeNull();
  });

  it('a revocation is never called ended before what was there before is read back', async () => {
    world.setPolicy(POLICY(world.api.url, ROLES.replace('level: member', 'level: maintainer')));
    world.give('dev', 'member');
    const id = await live();
    expect(world.holds('dev')).toBe('maintainer');
    world.api.pretend(true);
    world.clock.advance(3600);
    await world.drain('revoke_grant');
    expect(await world.read(id)).toMatchObject({ status: 'revoking', lastErrorKind: 'transient' });
    world.api.pretend(false);
    world.clock.advance(5);
    await world.drain('revoke_grant');
    expect(await world.read(id)).toMatchObject({ status: 'ended', leftBehind: 'member' });
    expect(world.holds('dev')).toBe('member');
  });
});

describe('rule 3', () => {
  it('what nobody noted was never called for, and is not taken away when the grant fails', async () => {
    world.give('dev', 'member');
    const id = await world.grant('dev');
    const { store } = world.ports;
    let transactions = 0;
    // The first says that it begins; the second would note what is there.
    const away: typeof store.transaction = (of, run, options) => {
      transactions += 1;
      if (transactions === 2) throw new Error('our own database is away');
      return store.transaction(of, run, options);
    };
    await provisionGrant(
      { ...world.ports, store: { ...store, transaction: away } },
      { workspace: world.workspace, grantId: id },
    );
    const { target, status } = await world.read(id);
    expect([target.resolved !== null, status]).toEqual([true, 'provisioning']);
    await endNow(id);
    await world.drain('revoke_grant');
    expect((await world.read(id)).status).toBe('ended');
    expect(world.api.done).toEqual([]);
    expect(world.holds('dev')).toBe('member');
    // Nor afterwards, as if it were that grant's and there again.
    world.clock.advance(60);
    for (let run = 0; run < 3; run += 1) await reconcile(world.ports, { workspace: world.workspace, dryRun: false });
    await world.drain('revoke_grant');
    expect([(await world.read(id)).status, world.holds('dev')]).toEqual(['ended', 'member']);
  });

  it('what a grant of ours had ended and is there again is nobody’s from before: the next grant takes it away too', async () => {
    const first = await world.grant('dev');
    await world.drain('provision_grant');
    await endNow(first);
    await world.drain('revoke_grant');
    expect(world.holds('dev')).toBeNull();
    // Such as by a backup of the target that was put back, and before the reconciler has looked.
    world.give('dev', 'member');
    world.clock.advance(60);
    const next = await world.grant('dev');
    await world.drain('provision_grant');
    expect((await world.read(next)).status).toBe('active');
    await endNow(next);
    await world.drain('revoke_grant');
    expect([(await world.read(next)).status, world.holds('dev')]).toEqual(['ended', null]);
  });

  it('the note goes with the last end: what was taken away by hand since then is not put back by the next', async () => {
    world.give('dev', 'member');
    await live();
    world.clock.advance(3600);
    await world.drain('revoke_grant');
    expect(world.holds('dev')).toBe('member');
    world.take('dev');
    await live();
    world.clock.advance(3600);
    await world.drain('revoke_grant');
    expect(world.holds('dev')).toBeNull();
  });

  it('what our own lost call left is not taken for what was there before', async () => {
    const id = await world.grant('dev');
    world.api.failNext('answer_lost');
    await world.drain('provision_grant');
    expect(world.holds('dev')).toBe('member');
    world.clock.advance(5);
    await world.drain('provision_grant');
    expect((await world.read(id)).status).toBe('active');
    world.clock.advance(2 * 3600);
    await world.drain('revoke_grant');
    expect((await world.read(id)).status).toBe('ended');
    expect(world.holds('dev')).toBeNull();
  });

  it('what somebody held before is what they hold afterwards, level and all', async () => {
    world.give('dev', 'maintainer');
    const id = await live();
    world.clock.advance(3600);
    await world.drain('revoke_grant');
    expect(await world.read(id)).toMatchObject({ status: 'ended', leftBehind: 'maintainer' });
    expect(world.holds('dev')).toBe('maintainer');
  });

  it('the note is inherited by a second grant, and not rewritten by it', async () => {
    world.give('dev', 'member');
    await live('dev', 'member');
    await live('dev', 'twin');
    world.clock.advance(3600);
    await world.drain('revoke_grant');
    expect(world.holds('dev')).toBe('member');
  });
});

describe('rule 4', () => {
  it('two grants on one access end with the last of them', async () => {
    const first = await live('dev', 'member');
    world.clock.advance(600);
    const second = await live('dev', 'twin');
    world.clock.advance(3000);
    await world.drain('revoke_grant');
    expect([(await world.read(first)).status, (await world.read(second)).status]).toEqual(['ended', 'active']);
    expect(world.holds('dev')).toBe('member');
    world.clock.advance(600);
    await world.drain('revoke_grant');
    expect((await world.read(second)).status).toBe('ended');
    expect(world.holds('dev')).toBeNull();
  });

  it('a grant that is just being made real keeps the access when another on it ends', async () => {
    const first = await live('dev', 'member');
    world.clock.advance(3500);
    const second = await world.grant('dev', { role: 'twin' });
    world.api.failNext('answer_lost');
    await world.drain('provision_grant');
    expect((await world.read(second)).status).toBe('provisioning');
    world.clock.advance(100);
    await world.drain('revoke_grant');
    expect((await world.read(first)).status).toBe('ended');
    expect(world.api.done.filter((call) => call.startsWith('DELETE'))).toEqual([]);
    await world.drain('provision_grant');
    expect((await world.read(second)).status).toBe('active');
  });

  it('without a lock on the target a lost call is waited for: 1, 10 and 60 minutes after it was sent', async () => {
    const id = await world.grant('dev');
    world.api.failNext('stuck');
    await world.drain('provision_grant');
    // Nobody knows whether the PUT arrives. The holder gives it back meanwhile, and the target says that there is nothing.
    await endNow(id);
    await world.drain('revoke_grant');
    expect(await world.read(id)).toMatchObject({ status: 'revoking', lastError: null });
    expect(await world.kinds(id)).toContain('grant.removal_unproven');
    world.clock.advance(61);
    await world.drain('revoke_grant');
    expect((await world.read(id)).status).toBe('revoking');
    // Here it lands, late.
    world.api.release();
    await world.slack.waitFor(() => world.holds('dev') === 'member', { what: 'the late call' });
    world.clock.advance(9 * 60);
    await world.drain('revoke_grant');
    expect(world.holds('dev')).toBeNull();
    expect((await world.read(id)).status).toBe('revoking');
    world.clock.advance(50 * 60);
    await world.drain('revoke_grant');
    expect((await world.read(id)).status).toBe('ended');
  });
});

async function endNow(id: GrantId): Promise<void> {
  const ended = await returnGrant(world.ports, { workspace: world.workspace, user: world.user('dev'), grantId: id });
  expect(ended.ok).toBe(true);
}

describe('rule 5', () => {
  it('a revocation is tried again quickly, then slowly, and never given up', async () => {
    const id = await live();
    world.api.refuseChanges(503);
    world.clock.advance(3600);
    const failures: number[] = [];
    for (let round = 0; round < 12; round += 1) {
      await world.drain('revoke_grant');
      failures.push((await world.read(id)).attempts);
      world.clock.advance(60);
    }
    expect(failures[0]).toBeGreaterThanOrEqual(1);
    expect(failures.every((count, index) => index === 0 || count > (failures[index - 1] ?? 0))).toBe(true);
    world.api.refuseChanges(null);
    await world.drain('revoke_grant');
    expect((await world.read(id)).status).toBe('ended');
  });
});

describe('rule 6', () => {
  it('the target is given the latest end there can be, so that it never ends by itself before its time', async () => {
    const id = await world.grant('dev');
    const { mustEndBy } = await world.read(id);
    world.clock.advance(5);
    await world.drain('provision_grant');
    const { endsAt, ...grant } = await world.read(id);
    expect(grant.mustEndBy).toEqual(mustEndBy);
    expect(endsAt?.getTime()).toBeLessThan(mustEndBy.getTime());
    expect(world.api.expiries.get('g1/dev')).toBe(mustEndBy.toISOString());
  });

  /** Longer by an hour. */
  const extend = async (grantId: GrantId): Promise<void> => {
    const input = { workspace: world.workspace, grantId };
    const by = aSubmission().state;
    const step = await stepGrant(world.ports, input, (state, now) =>
      transitionGrant(state, { type: 'extend', seconds: 3600, by }, now),
    );
    expect(step.ok).toBe(true);
  };
  const lapse = async (seconds: number): Promise<void> => {
    world.clock.advance(seconds);
    world.api.lapse(await world.ports.store.now());
  };

  it('the target is told of an extension, also when it was down at first, and ends nothing at the old time', async () => {
    const id = await live();
    world.api.meet('refuse');
    await extend(id);
    await world.drain('renew_expiry');
    world.api.meet('pass');
    world.clock.advance(60);
    await world.drain('renew_expiry');
    await lapse(5_000);
    expect(world.holds('dev')).toBe('member');
    await lapse(3_600);
    expect(world.holds('dev')).toBeNull();
  });

  it('a shorter grant beside a longer one does not bring the end forward', async () => {
    await world.grant('dev', { seconds: 3 * 3600 });
    await world.drain('provision_grant');
    await live('dev', 'twin');
    await lapse(2 * 3600);
    expect(world.holds('dev')).toBe('member');
  });

  it('what somebody held before has no end of ours, neither at first nor when it is extended', async () => {
    world.give('dev', 'maintainer');
    const id = await live();
    await extend(id);
    await world.drain('renew_expiry');
    await lapse(100 * 3600);
    expect(world.holds('dev')).toBe('maintainer');
  });

  it('an extension gives nothing back that was taken away by hand, and nothing that is over', async () => {
    const [taken, over] = [await live('dev'), await live('dev2')];
    await extend(taken);
    await extend(over);
    world.take('dev');
    await returnGrant(world.ports, { workspace: world.workspace, user: world.user('dev2'), grantId: over });
    await world.drain('revoke_grant');
    await world.drain('renew_expiry');
    expect([world.holds('dev'), world.holds('dev2')]).toEqual([null, null]);
  });
});

describe('rule 8', () => {
  it('a policy that no longer knows the role strands no revocation', async () => {
    const id = await live();
    world.setPolicy(POLICY('http://127.0.0.1:1', ROLES.replaceAll('admins/member', 'admins/other')));
    world.clock.advance(3600);
    await world.drain('revoke_grant');
    expect((await world.read(id)).status).toBe('ended');
    expect(world.holds('dev')).toBeNull();
  });

  it('another server behind the address is permanent, and touched by nothing', async () => {
    const id = await live();
    const { members, users, groups } = world.api.state;
    world.api.state = { identity: 'another', members: new Map(members), users, groups };
    world.clock.advance(3600);
    await world.drain('revoke_grant');
    expect(await world.read(id)).toMatchObject({ status: 'revoking', lastErrorKind: 'permanent' });
    expect(world.holds('dev')).toBe('member');
  });

  it('a start tells of open grants whose secret no longer resolves', async () => {
    await live();
    expect(await openTargets(world.ports, world.workspace)).toEqual([]);
    const started = openConnectors({ leases: world.ports.store.leases }, new Map([['group_api', groupApiType()]]));
    delete process.env.GROUP_API_TOKEN;
    const stranded = await openTargets({ ...world.ports, connectors: started }, world.workspace);
    expect(stranded).toEqual([{ connector: 'groups', grants: 1, problem: expect.stringContaining('GROUP_API_TOKEN') }]);
  });
});
