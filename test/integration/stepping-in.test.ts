import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { GrantId } from '../../src/domain/ids.ts';
import { reconcile } from '../../src/usecases/reconcile.ts';
import { resolveGrant, retryRevocation } from '../../src/usecases/resolve-grant.ts';
import { POLICY, startWatchWorld, type WatchWorld } from '../support/watch-world.ts';

let world: WatchWorld;
beforeEach(async () => {
  world = await startWatchWorld();
}, 60_000);
afterEach(async () => {
  expect(world.slack.violations).toEqual([]);
  await world.stop();
});

/** Over, with a target that does not let go. */
async function failing(how: () => void = () => world.api.refuseChanges(503)): Promise<GrantId> {
  const id = await world.grant('dev');
  await world.drain('provision_grant');
  how();
  world.clock.advance(3600);
  await world.drain('revoke_grant');
  expect((await world.read(id)).status).toBe('revoking');
  await world.drain('alert_revocation');
  return id;
}
const by = (persona: string, grantId: GrantId) => ({ workspace: world.workspace, user: world.user(persona), grantId });
const refusal = (result: { ok: boolean } & Partial<{ refusal: { code: string } }>): string | undefined =>
  result.refusal?.code;

describe('the first failure', () => {
  it('is in the security channel at once: what, who, since when, the error, and what can be done', async () => {
    const id = await failing();
    const [alert, ...more] = world.security();
    expect(more).toEqual([]);
    expect(alert?.says).toContain('Access was not removed');
    expect(alert?.says).toContain('Group member');
    expect(alert?.says).toContain(world.user('dev'));
    expect(alert?.says).toContain('refused it with status 503');
    expect(alert?.says).toContain(id);
    expect(alert?.buttons).toEqual(['Retry now', 'Mark resolved…']);
    await world.drain('notify_person');
    expect(world.slack.dms('dev').at(-1)?.text).toContain('could not be removed yet');
  });

  it('is repeated for as long as it stands, with the people in charge, and turns into how it ended', async () => {
    await failing();
    await world.drain('alert_revocation');
    expect(world.security()).toHaveLength(1);
    world.clock.advance(15 * 60);
    await world.drain('alert_revocation');
    const [, reminder] = world.security();
    expect(reminder).toMatchObject({ reply: true });
    expect(reminder?.says).toMatch(/Still not removed.*\n.*In charge/s);
    expect(reminder?.says).toContain(world.user('dba'));
    world.api.refuseChanges(null);
    await world.drain('revoke_grant');
    await world.drain('alert_revocation');
    const [alert, ...rest] = world.security();
    expect(alert?.says).toContain('read back as gone');
    expect(alert?.buttons).toEqual([]);
    expect(rest).toHaveLength(1);
  });

  it('is repeated and escalated as the policy says: to ever more people, each told once when it is their time', async () => {
    const alerts = 'alerts: { repeat: 1h, escalate: [{ after: 2h, to: [board] }, { after: 10m, to: [helpers] }] }';
    const groups =
      'groups:\n  helpers: { members: [theo@example.com] }\n  board: { members: [dana@example.com, sam@example.com] }';
    world.setPolicy(POLICY(world.api.url).replace('groups:', `${alerts}\n${groups}`));
    const id = await failing();
    const [first] = world.security();
    expect(first?.says).toMatch(/helpers will be told <!date/);
    expect(first?.says).not.toContain(world.user('dev2'));
    world.clock.advance(9 * 60);
    await world.drain('alert_revocation');
    expect(world.security()).toHaveLength(1);
    world.clock.advance(60);
    await world.drain('alert_revocation');
    const [alert, escalated, ...none] = world.security();
    expect(none).toEqual([]);
    expect(escalated?.says).toMatch(/Still not removed.*Escalated to helpers\. board will be told/s);
    expect(escalated?.says).toContain(world.user('dev2'));
    expect(alert?.says).toContain('Escalated to helpers');
    world.clock.advance(59 * 60);
    await world.drain('alert_revocation');
    expect(world.security()).toHaveLength(2);
    world.clock.advance(60);
    await world.drain('alert_revocation');
    expect(world.security()).toHaveLength(3);
    world.clock.advance(50 * 60);
    await world.drain('alert_revocation');
    const last = world.security().at(-1);
    expect(world.security()).toHaveLength(4);
    expect(last?.says).toContain('Escalated to helpers, board.');
    const events = await world.ports.store.reads(world.workspace).eventsOf((await world.read(id)).requestId);
    const steps = events.flatMap((event) => (event.kind === 'alarm.escalated' ? [event.data.to] : []));
    expect(steps).toEqual([['helpers'], ['board']]);
  });

  it('tells more people at once when nobody could be told in time, and the audit has that too', async () => {
    const alerts = 'alerts: { repeat: 1h, escalate: [{ after: 10m, to: [helpers] }, { after: 2h, to: [board] }] }';
    const groups = 'groups:\n  helpers: { members: [theo@example.com] }\n  board: { members: [dana@example.com] }';
    world.setPolicy(POLICY(world.api.url).replace('groups:', `${alerts}\n${groups}`));
    const id = await world.grant('dev');
    await world.drain('provision_grant');
    world.api.refuseChanges(503);
    world.clock.advance(3600);
    await world.drain('revoke_grant');
    world.clock.advance(30 * 60);
    await world.drain('alert_revocation');
    const { requestId } = await world.read(id);
    const escalated = async () =>
      (await world.ports.store.reads(world.workspace).eventsOf(requestId)).filter(
        ({ kind }) => kind === 'alarm.escalated',
      );
    expect(world.security().map(({ says }) => says.includes('Escalated to helpers. board will be told'))).toEqual([
      true,
    ]);
    expect(await escalated()).toMatchObject([{ grantId: id, data: { to: ['helpers'], grants: 1 } }]);
    world.clock.advance(60);
    await world.drain('alert_revocation');
    expect(await escalated()).toHaveLength(1);
  });

  it('that is permanent says that somebody has to act, also when it became so later', async () => {
    const id = await failing();
    world.api.refuseChanges(403);
    world.clock.advance(120);
    await world.drain('revoke_grant');
    expect((await world.read(id)).lastErrorKind).toBe('permanent');
    await world.drain('alert_revocation');
    const [alert, reminder] = world.security();
    expect(alert?.says).toContain('somebody has to act');
    expect(reminder?.says).toContain('Still not removed');
  });
});

describe('Retry now', () => {
  it('tries now, for those who may revoke', async () => {
    const id = await failing();
    world.api.refuseChanges(null);
    expect(refusal(await retryRevocation(world.ports, by('dev2', id)))).toBe('may_not_revoke');
    expect((await retryRevocation(world.ports, by('dba', id))).ok).toBe(true);
    await world.drain('revoke_grant');
    expect((await world.read(id)).status).toBe('ended');
    expect(await world.kinds(id)).toContain('grant.retry_requested');
  });
});

describe('Retry now while the target still refuses', () => {
  it('is answered by the alert, at once and without another alarm', async () => {
    const id = await failing();
    expect(world.security()[0]?.says).toMatch(/Taking it away failed, the last time/);
    await retryRevocation(world.ports, by('dba', id));
    await world.drain('alert_revocation');
    await world.drain('revoke_grant');
    world.clock.advance(1);
    await world.drain('alert_revocation');
    const [alert, ...more] = world.security();
    expect(alert?.says).toMatch(/Taking it away failed 2 times, the last time/);
    expect(more).toEqual([]);
  });
});

describe('Mark resolved', () => {
  it('is refused while the target says that it is still there', async () => {
    const id = await failing();
    expect(await resolveGrant(world.ports, { ...by('dba', id), reason: 'I am sure' })).toEqual({
      ok: false,
      refusal: { code: 'still_there', found: '"member"' },
    });
    expect((await world.read(id)).status).toBe('revoking');
  });

  it('ends with proof when the target says that it is gone', async () => {
    const id = await failing();
    world.take('dev');
    expect((await resolveGrant(world.ports, { ...by('dba', id), reason: '' })).ok).toBe(true);
    expect(await world.read(id)).toMatchObject({ status: 'ended', endedBecause: 'expired' });
  });

  it('ends on the word of somebody else than the holder when the target cannot be asked, and watches on', async () => {
    const id = await failing();
    world.api.meet('refuse');
    expect(refusal(await resolveGrant(world.ports, { ...by('dev', id), reason: 'trust me' }))).toBe(
      'holder_may_not_resolve',
    );
    expect(refusal(await resolveGrant(world.ports, { ...by('dba', id), reason: ' ' }))).toBe('resolve_reason_missing');
    expect((await resolveGrant(world.ports, { ...by('dba', id), reason: 'the server was scrapped' })).ok).toBe(true);
    expect(await world.read(id)).toMatchObject({
      status: 'ended',
      endedBecause: 'resolved_unverified',
      endReason: 'the server was scrapped',
    });
    await world.drain('alert_revocation', 'notify_person');
    expect(world.security()[0]?.says).toContain('Closed without proof');

    world.clock.advance(60);
    await world.drain('watch_grant');
    expect(await world.kinds(id)).not.toContain('grant.confirmed_gone');
    // It comes back, and it was there all the time.
    world.api.meet('pass');
    world.api.refuseChanges(null);
    world.clock.advance(600);
    await world.drain('watch_grant');
    expect(await world.kinds(id)).toContain('grant.reappeared');
    await world.drain('revoke_grant');
    expect(world.holds('dev')).toBeNull();
    // Whose word it was, and why they gave it, is not why it ended.
    expect(await world.read(id)).toMatchObject({
      status: 'ended',
      endedBecause: 'expired',
      endReason: null,
      endRequestedBy: null,
    });
    expect(world.slack.dms('dev').at(-1)?.text).toMatch(/closed it without proof.*may still let you in/);
    await world.drain('notify_person', 'render_card', 'alert_revocation');
    expect(world.security()[0]?.says).toMatch(
      /read back as gone.*closed without proof before that, and \*was still there\*/s,
    );
    expect(world.slack.dms('dev').at(-1)?.text).toMatch(/has ended: its time was over\.$/);
    const card = world.slack.messages('access').at(-1);
    const lines = card ? world.slack.thread(card).map(({ text }) => text) : [];
    expect(lines.join('\n')).toMatch(/closed without proof, and is still there on the target\. It is being taken away/);
    expect(lines.join('\n')).not.toMatch(/Elevate revoked it/);
  });

  it('is confirmed when the target comes back with nothing but what was held before, which nobody takes away then', async () => {
    world.give('dev', 'member');
    const id = await failing(() => world.api.meet('refuse'));
    expect((await resolveGrant(world.ports, { ...by('dba', id), reason: 'looked by hand' })).ok).toBe(true);
    world.api.meet('pass');
    world.clock.advance(600);
    await world.drain('watch_grant');
    expect(await world.kinds(id)).toContain('grant.confirmed_gone');
    for (let run = 0; run < 3; run += 1) await reconcile(world.ports, { workspace: world.workspace, dryRun: false });
    await world.drain('revoke_grant');
    expect([(await world.read(id)).status, world.holds('dev')]).toEqual(['ended', 'member']);
  });

  it('is confirmed when the target comes back without it', async () => {
    const id = await failing();
    world.api.meet('refuse');
    await resolveGrant(world.ports, { ...by('security', id), reason: 'taken away on its console' });
    world.api.meet('pass');
    world.take('dev');
    world.clock.advance(60);
    await world.drain('watch_grant');
    expect((await world.kinds(id)).at(-1)).toBe('grant.confirmed_gone');
    await world.drain('alert_revocation');
    expect(world.security()[0]?.says).toMatch(
      /Gone\..*closed without proof by <@\w+>.*has looked since: nothing of it is left/,
    );
    world.clock.advance(24 * 3600);
    expect((await world.ports.store.outbox.takeForQueue(0, 500)).map((each) => each.kind)).not.toContain('watch_grant');
  });

  it('covers a subject that was dropped on the target with something to put back', async () => {
    world.give('dev', 'maintainer');
    const id = await failing(() => {
      world.take('dev');
      world.api.state.users.delete('dev');
    });
    expect(await world.read(id)).toMatchObject({ lastErrorKind: 'permanent' });
    expect((await resolveGrant(world.ports, { ...by('dba', id), reason: '' })).ok).toBe(true);
    expect(await world.read(id)).toMatchObject({ status: 'ended', leftBehind: null });
  });
});
