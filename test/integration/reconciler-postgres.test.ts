import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
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

  it('takes the open sessions along, also when they could not be ended with it', async () => {
    await shownOurs();
    const { sql } = harness.target();
    const bot = `"${access.names.bot}"`;
    await sql(`REVOKE pg_signal_backend FROM ${bot}`);
    const session = await access.openSession();
    expect(await world.run()).toEqual([ours('next_run')]);
    expect(await held()).toBe(false);
    expect(await session.alive()).toBe(true);
    expect((await world.drifts()).find((drift) => drift.ours)).toMatchObject({
      status: 'open',
      lastError: expect.stringContaining('session'),
    });
    await sql(`GRANT pg_signal_backend TO ${bot} WITH INHERIT TRUE`);
    await world.run();
    expect(await session.alive()).toBe(false);
    expect((await world.drifts()).filter((drift) => drift.ours)).toEqual([]);
  });
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
