import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { reconcile } from '../../src/usecases/reconcile.ts';
import { revokeGrant } from '../../src/usecases/revoke-grant.ts';
import { type StormWorld, startStormTarget, startStormWorld } from '../support/storm-world.ts';
import type { TargetPostgres } from '../support/target-postgres.ts';
import { messagesOf } from '../support/watch-messages.ts';

// A reconciler that cannot look finds nothing, and nobody may take that for "all is as granted".

let target: TargetPostgres;
let world: StormWorld;
beforeAll(async () => {
  target = await startStormTarget();
}, 60_000);
beforeEach(async () => {
  world = await startStormWorld(target);
}, 60_000);
afterEach(() => world.stop());
afterAll(() => target.stop());

/** What a run found of each system, or why it could not look; and what the channel has been told by then, newest last. */
async function run(): Promise<{ readonly came: readonly string[]; readonly told: readonly string[] }> {
  const reports = await reconcile(world.ports, { workspace: world.workspace, dryRun: false });
  const came = reports.flatMap(({ dry, error, findings }) =>
    error === null
      ? [`${dry ?? 'not dry'}: ${findings.map(({ kind, does, subject }) => `${kind} ${subject} ${does}`).join()}`]
      : [error],
  );
  world.clock.advance(15);
  await world.drain('announce_blind');
  return { came, told: messagesOf(world.slack, 'security').map(({ says }) => says) };
}
const only = async () => {
  const [grant] = await world.live(1);
  if (!grant) throw new Error('There is no grant');
  return grant;
};
const AGAIN = /✓ The reconciler looks at pg again/;

describe('a role that is dropped and made anew under the same name', () => {
  it('is told as not looked at while access to the old one is open, and is looked at as new after that, dry first', async () => {
    const { id, login } = await only();
    expect((await run()).told).toEqual([]);
    await target.sql('DROP ROLE admins; CREATE ROLE admins NOLOGIN');
    await target.sql('GRANT admins TO bot WITH ADMIN TRUE, INHERIT FALSE, SET FALSE');
    await target.sql(`GRANT admins TO ${login} GRANTED BY bot`);
    const blind = await run();
    expect(blind.came.every((each) => each.includes('made anew under its name'))).toBe(true);
    expect(blind.told).toHaveLength(1);
    expect(blind.told[0]).toMatch(/cannot look at .*entitlement.* on pg.*role: admins/s);
    // Once, not at every run.
    expect((await run()).told).toHaveLength(1);
    world.clock.advance(3_700);
    await revokeGrant(world.ports, { workspace: world.workspace, grantId: id });
    const seeing = await run();
    expect(seeing.came.some((each) => each.startsWith('first_run:') && each.includes(`unrecorded ${login}`))).toBe(
      true,
    );
    expect(seeing.told.at(-1)).toMatch(AGAIN);
    const next = await world.again(login);
    expect((await world.read(next.id)).status).toBe('active');
    expect((await run()).came.every((each) => each.startsWith('not dry:'))).toBe(true);
  });
});

describe('Elevate’s own role that is dropped and made anew', () => {
  it('is looked at as new, dry first, as soon as no access that the old one gave is open', async () => {
    const { id } = await only();
    await run();
    await target.sql('ALTER DATABASE elevate OWNER TO CURRENT_USER');
    await target.sql("DROP OWNED BY bot; DROP ROLE bot; CREATE ROLE bot LOGIN PASSWORD 'a-password'");
    await target.sql('ALTER DATABASE elevate OWNER TO bot; GRANT pg_signal_backend TO bot WITH INHERIT TRUE');
    await target.sql('GRANT admins TO bot WITH ADMIN TRUE, INHERIT FALSE, SET FALSE');
    world.proxy.cut();
    expect((await run()).told.at(-1)).toContain('made anew under its name');
    world.clock.advance(3_700);
    await revokeGrant(world.ports, { workspace: world.workspace, grantId: id });
    const { came, told } = await run();
    expect(came.some((each) => each.startsWith('first_run:'))).toBe(true);
    expect(told.at(-1)).toMatch(AGAIN);
  });
});

describe('a target that cannot be reached', () => {
  it('is told after an hour, again after a day, and when it is back', async () => {
    await only();
    await run();
    world.proxy.meet('refuse');
    world.proxy.cut();
    expect((await run()).told).toEqual([]);
    world.clock.advance(3_600);
    expect((await run()).told).toHaveLength(1);
    world.clock.advance(24 * 3_600);
    const { told } = await run();
    expect(told).toHaveLength(2);
    expect(told[1]).toContain('cannot be reached');
    world.proxy.meet('pass');
    expect((await run()).told.at(-1)).toMatch(AGAIN);
    expect((await run()).told).toHaveLength(3);
  });
});
