import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openConnectors } from '../../src/connectors/registry.ts';
import { en } from '../../src/slack/text/en.ts';
import { pauseReconciler, resumeReconciler } from '../../src/usecases/pause-reconciler.ts';
import { type PostgresAccess, postgresHarness } from '../support/connector-postgres.ts';
import { interrupted } from '../support/reconciling.ts';
import { type ReconciledPostgres, reconciledPostgres } from '../support/reconciling-postgres.ts';

const harness = postgresHarness();
beforeAll(() => harness.start(), 60_000);
afterAll(() => harness.stop(), 30_000);

let access: PostgresAccess;
let world: ReconciledPostgres;
beforeEach(async () => {
  access = await harness.access();
  world = await reconciledPostgres(access, harness.superuser()[0]);
}, 60_000);
afterEach(() => world.stop());
const ours = (what: string): string => `unrecorded ${access.names.bot} ${what}`;
const theirs = (): string => `unknown_holder ${access.names.dba} shown`;
const held = async (): Promise<boolean> => (await access.held()).ours !== null;

/** Our own grantor gave it, no grant says so, and a card has shown it. */
async function shownOurs(): Promise<void> {
  await access.holdBefore('same');
  expect(await world.run()).toEqual([ours('next_run')]);
  await world.shown();
}

describe('rule 9: a membership of our own grantor that is not on record', () => {
  it('is shown, then taken away; another grantor’s stays', async () => {
    await access.holdBefore('same');
    await access.grantByAnother();
    expect(await world.run()).toEqual([theirs(), ours('next_run')]);
    // Nobody has been shown it yet: it stays, however often the run comes.
    await world.run();
    expect(await held()).toBe(true);
    await world.shown();
    expect(await world.run(true)).toContain(ours('next_run'));
    const { store } = world.ports;
    await pauseReconciler({ store }, { workspace: world.workspace, by: 'ops', reason: 'a restore', untilAt: null });
    expect(await world.run()).toContain(ours('next_run'));
    await resumeReconciler({ store }, world.workspace);
    // Accepted until now: it has to be shown again first.
    await world.shown({ status: 'accepted', untilAt: new Date(0) });
    expect(await world.run()).toContain(ours('next_run'));
    expect(await held()).toBe(true);
    await world.shown();
    expect(await world.run()).toContain(ours('taken_away'));
    const after = await access.held();
    expect(after.ours).toBeNull();
    expect(after.others).toHaveLength(1);
    expect(await world.run()).toEqual([theirs()]);
  });

  it('stays when somebody accepts it between the look at the target and the taking away', async () => {
    await shownOurs();
    const accept = () => world.shown({ status: 'accepted', untilAt: new Date(Date.now() + 1e9) });
    const connectors = interrupted(world, { happens: accept });
    expect(await world.run(false, { ...world.ports, connectors })).toEqual([ours('next_run')]);
    expect(await held()).toBe(true);
    expect(await world.run()).toEqual([]);
    expect(await held()).toBe(true);
  });

  it('that the target does not let go is shown with what it said, and can still be accepted', async () => {
    await access.entangle?.();
    await world.run();
    await world.shown();
    expect(await world.run()).toContain(ours('next_run'));
    expect((await world.drifts()).find((drift) => drift.ours)).toMatchObject({
      status: 'open',
      lastError: expect.stringContaining('depend'),
    });
    expect(await held()).toBe(true);
  });

  it('takes the open sessions along, and is not settled while one of them is left', async () => {
    await shownOurs();
    const session = await access.openSession();
    const of = 'SELECT pid FROM pg_stat_activity WHERE usename = $1';
    const [open] = await harness.target().sql<{ pid: number }>(of, [access.names.subject]);
    // A session that does not hear that it should end.
    process.kill(open?.pid ?? 0, 'SIGSTOP');
    try {
      for (const findings of [[ours('next_run')], []]) {
        expect(await world.run()).toEqual(findings);
        expect(await held()).toBe(false);
        expect((await world.drifts()).find((drift) => drift.ours)).toMatchObject({
          status: 'open',
          lastError: expect.stringContaining('sessions could not be ended'),
        });
      }
    } finally {
      process.kill(open?.pid ?? 0, 'SIGCONT');
    }
    expect(await world.run()).toEqual([]);
    expect(await session.alive()).toBe(false);
    expect((await world.drifts()).filter((drift) => drift.ours)).toEqual([]);
  }, 60_000);
});

describe('another grantor’s membership', () => {
  it('is never taken away by a button either, which says why and what to do', async () => {
    await access.grantByAnother();
    await world.run();
    const drift = (await world.drifts()).find((each) => each.grantor === access.names.dba);
    if (!drift) throw new Error('Nothing was found');
    const no = await world.revoke(drift);
    expect(no).toEqual({ ok: false, refusal: { code: 'drift_not_ours', grantor: access.names.dba } });
    expect(no.ok ? '' : en.refusal(no.refusal)).toMatch(/never takes away what others gave.*Ask them.*press Accept/);
    expect(await world.run()).toEqual([theirs()]);
    expect((await access.held()).others).toHaveLength(1);
    expect((await world.drifts()).find(({ id }) => id === drift.id)).toMatchObject({ status: 'open' });
  });
});

describe('who Elevate is on the target', () => {
  it('counts in what is listed too: logged in as another role, it concludes nothing and takes nothing away', async () => {
    await shownOurs();
    const other = await harness.access();
    await harness.target().sql(`GRANT "${access.names.role}" TO "${other.names.bot}" WITH ADMIN TRUE`);
    process.env.RECONCILED_URL = other.url;
    const connectors = openConnectors({ leases: world.ports.store.leases });
    const { error } = await world.report(false, { ...world.ports, connectors }).finally(() => connectors.close());
    expect(error).toMatch(/is now another target .* by \d+\) than before .*Point its URL back/);
    expect(await held()).toBe(true);
    expect((await world.drifts()).find((drift) => drift.ours)).toMatchObject({ status: 'open', lastError: null });
    expect(await world.run()).toEqual([ours('taken_away')]);
  });
});
