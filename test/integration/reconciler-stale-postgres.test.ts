import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { reconcile } from '../../src/usecases/reconcile.ts';
import { interrupted } from '../support/reconciling.ts';
import { type StormWorld, startStormTarget, startStormWorld } from '../support/storm-world.ts';
import type { TargetPostgres } from '../support/target-postgres.ts';

// What a real PostgreSQL said is old by the time something is done about it, as in reconciler-stale.test.ts.

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

/** A run, and what happens between its look at the target and the first thing that it does there. */
async function run(meanwhile: (() => Promise<unknown>) | null = null): Promise<string[]> {
  const once = { happens: meanwhile };
  const connectors = interrupted(world, once);
  const [report] = await reconcile({ ...world.ports, connectors }, { workspace: world.workspace, dryRun: false });
  expect(report?.error).toBeNull();
  // Otherwise it was about nothing.
  expect(once.happens).toBeNull();
  await world.drain('render_drift');
  return (report?.findings ?? [])
    .filter(({ grantor }) => grantor === 'bot' || grantor === 'nobody')
    .map(({ kind, subject, does }) => `${kind} ${subject} ${does}`);
}
const give = (login: string) => target.sql(`GRANT admins TO ${login} GRANTED BY bot`);
const take = (login: string) => target.sql(`REVOKE admins FROM ${login} GRANTED BY bot`);
async function one() {
  const [live] = await world.live(1);
  if (!live) throw new Error('Nobody');
  await run();
  return live;
}
async function ended() {
  const live = await one();
  world.clock.advance(3_700);
  await world.ends();
  expect(await world.read(live.id)).toMatchObject({ status: 'ended' });
  await give(live.login);
  world.clock.advance(60);
  return live;
}

describe('access that had ended and is listed again', () => {
  it('is taken up again, but not when it is gone by then', async () => {
    const { id, login } = await ended();
    expect(await run(() => take(login))).toEqual([]);
    expect(await world.endOf(id)).not.toContain('grant.reappeared');
    await give(login);
    expect(await run()).toEqual([`reappeared ${login} taken_away`]);
    expect(await world.endOf(id)).toContain('grant.reappeared');
  });

  it('is not taken up again when a new grant has it by then', async () => {
    const { id, login } = await ended();
    await run(() => world.again(login));
    expect(await world.endOf(id)).not.toContain('grant.reappeared');
    expect(await world.holders()).toEqual([login]);
  });
});

describe('a grant that is not listed', () => {
  it('is told as removed by hand, but not when it is there by then', async () => {
    const { id, login } = await one();
    await take(login);
    expect(await run(() => give(login))).toEqual([]);
    expect((await world.read(id)).drift).toBeNull();
    await take(login);
    expect(await run()).toEqual([`removed_by_hand ${login} shown`]);
    expect((await world.read(id)).drift).toMatchObject({ kind: 'removed_by_hand' });
  });
});

describe('what our own grantor gave and nobody granted', () => {
  it('stays when a grant has begun there since, and goes after that', async () => {
    const { login: other } = await one();
    const login = `${other}_friend`;
    await target.sql(`CREATE ROLE ${login} LOGIN`);
    await give(login);
    expect(await run()).toEqual([`unrecorded ${login} next_run`]);
    expect(await run(() => world.again(login))).toEqual([`unrecorded ${login} next_run`]);
    expect(await world.holders()).toContain(login);
    expect(await run()).toEqual([]);
    world.clock.advance(3_700);
    await world.ends();
    // The end gave back what it had found.
    expect(await world.holders()).toEqual([login]);
    expect(await run()).toEqual([`unrecorded ${login} taken_away`]);
    expect(await world.holders()).toEqual([]);
  });
});
