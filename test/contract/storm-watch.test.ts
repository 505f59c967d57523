import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { entitlementKeyOf } from '../../src/domain/grant.ts';
import { targetKeyOf } from '../../src/domain/grant-state.ts';
import { bucketsThatDiffer } from '../../src/domain/holder-digest.ts';
import { grantId as grantIdOf, slackUserId } from '../../src/domain/ids.ts';
import { withClient } from '../../src/store/with-client.ts';
import { RECONCILE_EVERY_SECONDS, reconcile, takeTurn } from '../../src/usecases/reconcile.ts';
import { resolveGrant } from '../../src/usecases/resolve-grant.ts';
import { resolveTarget, retryTarget } from '../../src/usecases/step-in-for-all.ts';
import { bucketOf } from '../support/holder-digest.ts';
import { type Live, type StormWorld, startStormTarget, startStormWorld } from '../support/storm-world.ts';
import type { TargetPostgres } from '../support/target-postgres.ts';
import { messagesOf } from '../support/watch-messages.ts';

// What people and the reconciler see of many ends on one target: one alarm for all that fail, and nothing in the way of those that are due.

let target: TargetPostgres;
let world: StormWorld;
beforeAll(async () => {
  target = await startStormTarget();
}, 60_000);
beforeEach(async () => {
  world = await startStormWorld(target);
}, 60_000);
afterEach(async () => {
  expect(world.slack.violations).toEqual([]);
  await world.stop();
});
afterAll(() => target.stop());

const security = () => messagesOf(world.slack, 'security');
const down = (): void => {
  world.proxy.meet('refuse');
  world.proxy.cut();
};
const alarm = async (seconds: number): Promise<void> => {
  world.clock.advance(seconds);
  await world.drain('alert_revocation', 'alert_target');
};
const auditOf = (kind: string) =>
  withClient(world.databaseUrl, async (client) => {
    const { rows } = await client.query<{ data: object; grant_id: string | null }>(
      'SELECT data, grant_id FROM audit_events WHERE kind = $1 ORDER BY sequence',
      [kind],
    );
    return rows;
  });

/** Over, on a target that is down. */
async function failing(count: number): Promise<readonly Live[]> {
  const all = await world.live(count);
  await fail();
  return all;
}
async function fail(): Promise<void> {
  world.clock.advance(3_700);
  down();
  await world.ends();
}
const as = async (who: string, [first]: readonly Live[]) => {
  if (!first) throw new Error('Nobody');
  return {
    workspace: world.workspace,
    user: slackUserId(world.slack.user(who).id),
    target: targetKeyOf(await world.read(first.id)),
  };
};

describe('many that fail on one target', () => {
  it('are one message: how many, since when, the error, the first of them by name, and what can be done', async () => {
    const all = await failing(12);
    await alarm(2);
    const [told, ...others] = security();
    expect(others).toEqual([]);
    expect(told?.says).toMatch(/12 grants on pg were not removed.*due to end <!date.*the last try failed <!date/);
    expect(told?.says).toMatch(/12 grants: .*cannot be reached/);
    expect(told?.says).toContain(`In charge: <@${world.slack.user('security').id}>`);
    expect(told?.says).toContain('and 7 more');
    expect(all.filter(({ id }) => told?.says.includes(id))).toHaveLength(5);
    expect(told?.buttons).toEqual([
      'Retry all now',
      'Mark all resolved…',
      ...Array(5).fill(['Retry now', 'Mark resolved…']).flat(),
    ]);
  });

  it('keep it up to date while some come back, and it says when all of them are over', async () => {
    const all = await failing(6);
    await alarm(2);
    const { user, workspace } = await as('security', all);
    const grantId = all[0]?.id ?? grantIdOf('');
    const closed = await resolveGrant(world.ports, { workspace, user, grantId, reason: 'I have taken it away' });
    expect(closed.ok).toBe(true);
    await alarm(5);
    expect(security()[0]?.says).toContain('5 grants on pg were not removed');
    world.proxy.meet('pass');
    world.clock.advance(5);
    await world.ends();
    await alarm(5);
    const [told, ...others] = security();
    expect(others).toEqual([]);
    expect(await world.holders()).toEqual([all[0]?.login]);
    expect(told?.says).toContain('Closed without proof');
    expect(told?.says).toContain('1 grant was closed on somebody’s word');
    expect(told?.buttons).toEqual([]);
    // The word was wrong. The target tells, and what was there goes.
    world.clock.advance(600);
    await world.drain('watch_grant');
    await world.ends();
    expect(await world.holders()).toEqual([]);
    await alarm(30);
    expect(security()[0]?.says).toContain('Nothing on this target waits to be taken away');
    expect(security()[0]?.says).toContain('whether it was still there until then');
    // Nobody's alarm comes later.
    await alarm(3_600);
    expect(security()).toHaveLength(1);
  });

  it('are told in a new message when they fail again after it was over', async () => {
    await failing(5);
    await alarm(2);
    world.proxy.meet('pass');
    world.clock.advance(5);
    await world.ends();
    await alarm(5);
    await failing(5);
    await alarm(2);
    expect(security().map(({ says }) => /Over|were not removed/.exec(says)?.[0])).toEqual(['Over', 'were not removed']);
  });

  it('are repeated, once for all of them', async () => {
    await failing(7);
    await alarm(2);
    await alarm(16 * 60);
    const [, reminder, ...others] = security();
    expect(others).toEqual([]);
    expect(reminder).toMatchObject({ reply: true });
    expect(reminder?.says).toMatch(/Still not removed.*7 grants/);
  });

  it('are told to ever more people as the policy says, each step once, and the audit has it', async () => {
    await failing(6);
    await alarm(2);
    await alarm(28 * 60);
    expect(await auditOf('alarm.escalated')).toEqual([]);
    await alarm(60);
    const escalated = security().at(-1);
    expect(escalated?.says).toContain('Escalated to helpers. board will be told');
    expect(escalated?.says).toContain(world.slack.user('dev2').id);
    await alarm(5);
    const helpers = { data: { to: ['helpers'], connector: 'pg', grants: 6 }, grant_id: null };
    expect(await auditOf('alarm.escalated')).toEqual([helpers]);
    await alarm(2 * 3_600);
    expect(security().at(-1)?.says).toContain('Escalated to helpers, board.');
    expect(await auditOf('alarm.escalated')).toEqual([
      helpers,
      { ...helpers, data: { ...helpers.data, to: ['board'] } },
    ]);
  });

  it('are told to more people at once when nobody could be told in time, and the audit has that too', async () => {
    await failing(6);
    await alarm(3_600);
    expect(security().map(({ says }) => says.includes('Escalated to helpers'))).toEqual([true]);
    expect(await auditOf('alarm.escalated')).toMatchObject([{ data: { to: ['helpers'], grants: 6 } }]);
    await alarm(5);
    expect(await auditOf('alarm.escalated')).toHaveLength(1);
  });

  it('are in the audit once for every error, however often they are tried', async () => {
    const all = await failing(6);
    for (const seconds of [10, 60, 120]) {
      world.clock.advance(seconds);
      await world.ends();
    }
    expect(await auditOf('grant.revocation_failed')).toHaveLength(6);
    const [one] = all;
    const grant = await world.read(one?.id ?? grantIdOf(''));
    expect(grant.attempts).toBe(4);
    expect(grant.lastTriedAt?.getTime()).toBeGreaterThan((grant.endDueAt?.getTime() ?? 0) + 190_000);
  });
});

describe('whoever is in charge', () => {
  it('tries all of them again at once, and nobody else does', async () => {
    const all = await failing(6);
    world.proxy.meet('pass');
    expect(await retryTarget(world.ports, await as('dba', all))).toMatchObject({ ok: false });
    expect(await retryTarget(world.ports, await as('security', all))).toEqual({ ok: true, retried: 6 });
    await world.ends();
    expect(await world.holders()).toEqual([]);
  });

  it('reads in the message how the tries went that were asked for', async () => {
    const all = await failing(6);
    await alarm(2);
    expect(await retryTarget(world.ports, await as('security', all))).toEqual({ ok: true, retried: 6 });
    expect(security()[0]?.says).toContain('; 1 attempt failed');
    await world.ends();
    await alarm(5);
    expect(security()[0]?.says).toContain('; 2 attempts failed');
    expect(security()).toHaveLength(1);
  });

  it('tries again what is theirs to try, also when others for the same role and person are not', async () => {
    const all = [...(await world.live(5)), ...(await world.live(2, { owners: ['board'] }))];
    await fail();
    expect(await retryTarget(world.ports, await as('dba2', all))).toEqual({ ok: true, retried: 2 });
    expect(await retryTarget(world.ports, await as('security', all))).toEqual({ ok: true, retried: 7 });
  });

  it('closes those that are gone, and not those that are still there', async () => {
    const all = await failing(6);
    world.proxy.meet('pass');
    await world.target.sql(`SET ROLE bot; REVOKE admins FROM ${all[0]?.login}, ${all[1]?.login}; RESET ROLE`);
    const asked = { ...(await as('security', all)), reason: 'I have looked' };
    expect(await resolveTarget(world.ports, asked)).toEqual({
      ok: true,
      closed: 2,
      onWord: 0,
      stillThere: 4,
      notTheirs: 0,
      left: 0,
    });
    expect((await world.holders()).length).toBe(4);
  });

  it('closes them on a word with a reason while the target is down', async () => {
    const all = await failing(6);
    const asked = await as('security', all);
    expect(await resolveTarget(world.ports, { ...asked, reason: ' ' })).toMatchObject({
      ok: false,
      refusal: { code: 'resolve_reason_missing' },
    });
    expect(await resolveTarget(world.ports, { ...asked, reason: 'The server was scrapped' })).toEqual({
      ok: true,
      closed: 6,
      onWord: 6,
      stillThere: 0,
      notTheirs: 0,
      left: 0,
    });
    expect(await auditOf('grant.resolved_unverified')).toHaveLength(6);
  });
});

describe('the reconciler', () => {
  it('reads nobody who is as granted, and finds everybody who is not', async () => {
    const all = await world.live(40);
    const of = async (index: number) => await world.read(all[index]?.id ?? grantIdOf(''));
    const { connector: name, connection, entitlement, resolved } = (await of(0)).target;
    const connector = world.ports.connectors.get(name, 'postgres', connection);
    const reads = world.ports.store.reads(world.workspace);
    const differ = async () => {
      const told = await connector.summarizeHolders?.(entitlement);
      if (!told || !resolved) throw new Error('It cannot tell');
      return bucketsThatDiffer(told.ours, await reads.holdersByGrants(entitlementKeyOf(resolved)));
    };
    const found = async (dryRun = true) => {
      const [report] = await reconcile(world.ports, { workspace: world.workspace, dryRun });
      expect(report?.error).toBeNull();
      return report?.findings.map(({ kind, subject }) => `${kind} ${subject}`).sort();
    };
    expect([...(await differ())]).toEqual([]);
    expect(await found(false)).toEqual([]);
    expect(await reads.knownSystems(1)).toMatchObject([{ holders: 40 }]);

    const [removed, more, twice, gone] = all.map(({ login }) => login);
    await world.target.sql(`CREATE ROLE stranger; CREATE ROLE odd; GRANT admins TO ${twice}, stranger`);
    await world.target.sql(`SET ROLE bot; REVOKE admins FROM ${removed}; GRANT admins TO ${more} WITH ADMIN TRUE;
      GRANT admins TO odd; RESET ROLE`);
    await withClient(world.databaseUrl, (client) =>
      client.query(
        `UPDATE grants SET status = 'ended', ended_at = now() - interval '1 minute', ended_because = 'expired',
        end_due_at = now() - interval '1 minute' WHERE id = $1`,
        [all[3]?.id],
      ),
    );
    const buckets = await Promise.all(
      [0, 1, 3].map(async (index) => bucketOf((await of(index)).target.resolved?.subjectId ?? '')),
    );
    const odd = await world.target.sql<{ oid: string }>(`SELECT oid::text AS oid FROM pg_roles WHERE rolname = 'odd'`);
    expect(await differ()).toEqual(new Set([...buckets, bucketOf(odd[0]?.oid ?? '')]));
    expect(await found()).toEqual(
      [
        `ended_grant ${gone}`,
        `level_changed ${more}`,
        `removed_by_hand ${removed}`,
        'unknown_holder stranger',
        `unknown_holder ${twice}`,
        'unrecorded odd',
      ].sort(),
    );
  });

  it('waits while many ends are due, and goes on when they are over', async () => {
    const all = await world.live(10);
    world.clock.advance(3_700);
    const first = await takeTurn(world.ports, world.workspace);
    expect(first).toMatchObject({ done: false, error: expect.stringContaining('ends are due') });
    await world.ends();
    expect(await world.holders()).toEqual([]);
    const next = await takeTurn(world.ports, world.workspace);
    expect(next).toMatchObject({ retryInMs: RECONCILE_EVERY_SECONDS * 1_000 });
    expect(all).toHaveLength(10);
  });

  it('does not wait for those that fail', async () => {
    await failing(12);
    world.clock.advance(600);
    expect(await takeTurn(world.ports, world.workspace)).toMatchObject({ retryInMs: RECONCILE_EVERY_SECONDS * 1_000 });
  });
});
