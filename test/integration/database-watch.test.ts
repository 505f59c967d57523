import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ClockSighting } from '../../src/domain/clock-watch.ts';
import type { GrantId } from '../../src/domain/ids.ts';
import { withClient } from '../../src/store/with-client.ts';
import { returnGrant } from '../../src/usecases/end-grant.ts';
import { noteTrouble } from '../../src/usecases/note-trouble.ts';
import { reconcile } from '../../src/usecases/reconcile.ts';
import { watchDatabase } from '../../src/usecases/watch-database.ts';
import { startWatchWorld, type WatchWorld } from '../support/watch-world.ts';

// What a process makes of a database that is another than before, or whose clock was set, on the real store.

let world: WatchWorld;
beforeEach(async () => {
  world = await startWatchWorld();
}, 60_000);
afterEach(async () => {
  expect(world.slack.violations).toEqual([]);
  await world.stop();
});

/** A process: on a machine of its own, unless it is told which one. */
function startWatching(boot = `machine ${Math.random()}`, outsideNow: () => Date | null = () => null) {
  let last: ClockSighting | null = null;
  return async () => {
    const seen = await watchDatabase(
      world.ports,
      { boot, steadySeconds: () => performance.now() / 1000, outsideNow },
      last,
    );
    last = seen.look;
    return seen.troubles;
  };
}

async function live(persona = 'dev', seconds = 3600): Promise<GrantId> {
  const id = await world.grant(persona, { seconds });
  await world.drain('provision_grant');
  expect((await world.read(id)).status).toBe('active');
  return id;
}
const endOf = async (id: GrantId): Promise<number> => (await world.read(id)).endsAt?.getTime() ?? 0;
const follow = () => world.drain('note_trouble', 'announce_trouble');
const sql = (text: string) => withClient(world.databaseUrl, (client) => client.query(text));

/** Moved back by so many seconds and no more than a second on top; `slackSeconds` less where only the least is known. */
async function expectMoved(id: GrantId, from: number, seconds: number, slackSeconds = 0): Promise<void> {
  const movedSeconds = (from - (await endOf(id))) / 1000;
  expect(movedSeconds).toBeGreaterThanOrEqual(seconds - slackSeconds);
  expect(movedSeconds).toBeLessThanOrEqual(seconds + 1);
}

it('a clock that is put forward while it is looked at did not go back', async () => {
  const look = startWatching();
  await look();
  for (let turns = 0; turns < 60; turns += 1) {
    const looking = look();
    for (let turn = 0; turn < turns; turn += 1) await setImmediate();
    world.clock.advance(100);
    expect(await looking).toEqual([]);
  }
});

describe('a clock that is set back', () => {
  it('while Elevate runs takes the ends with it, and says so', async () => {
    const id = await live();
    const before = await endOf(id);
    const look = startWatching();
    expect(await look()).toEqual([]);
    world.clock.set(-600);
    expect(await look()).toMatchObject([{ what: 'clock_went_back', exact: true }]);
    expect(await look()).toEqual([]);
    await follow();
    await expectMoved(id, before, 600);
    expect(world.security().at(-1)?.says).toMatch(/clock went back by 10 minutes.*One end/s);
    expect(await world.kinds(id)).toContain('grant.end_moved');
  });

  it('while Elevate was down is found by the time that passed on the machine, also where it was down for longer', async () => {
    const id = await live('dev', 4 * 3600);
    const before = await endOf(id);
    await startWatching('this one')();
    world.clock.advance(3600);
    world.clock.set(-600);
    expect(await startWatching('this one')()).toMatchObject([{ what: 'clock_went_back', exact: true }]);
    await follow();
    await expectMoved(id, before, 600);
  });

  it('while Elevate was down, and starts elsewhere, is told as the least it can be', async () => {
    const id = await live();
    const before = await endOf(id);
    await startWatching()();
    world.clock.advance(60);
    world.clock.set(-600);
    expect(await startWatching()()).toMatchObject([{ what: 'clock_went_back', exact: false }]);
    await follow();
    await expectMoved(id, before, 540, 30);
    expect(world.security().at(-1)?.says).toMatch(
      /went back by at least .*How long nobody looked at the clock is not known/s,
    );
  });

  it('is found by the latest audit event where nobody ever looked', async () => {
    const id = await live();
    const before = await endOf(id);
    world.clock.set(-600);
    expect(await startWatching()()).toMatchObject([{ what: 'clock_went_back', exact: false }]);
    await follow();
    await expectMoved(id, before, 600, 30);
    expect(await startWatching()()).toEqual([]);
  });

  it('is told by a clock outside, where Elevate starts elsewhere and was down for longer', async () => {
    const id = await live('dev', 4 * 3600);
    const before = await endOf(id);
    const outside = () => new Date(Date.now());
    await startWatching('one', outside)();
    world.clock.advance(3600);
    world.clock.set(-600);
    expect(await startWatching('another', outside)()).toMatchObject([{ what: 'clock_went_back', exact: true }]);
    await follow();
    await expectMoved(id, before, 600, 1);
  });

  it('is not forgotten by a process that dies with the finding, and moves each end once, whoever else has it in hand', async () => {
    const ids = [await live('dev'), await live('dev2')];
    const before = await Promise.all(ids.map(endOf));
    const look = startWatching();
    await look();
    world.clock.set(-600);
    await look();
    // Nothing has moved yet; the process that found it is gone, and the effect is there for whoever comes.
    expect(await Promise.all(ids.map(endOf))).toEqual(before);
    const { rows } = await sql("SELECT payload FROM effects WHERE kind = 'note_trouble' AND done_at IS NULL");
    const claimed = rows[0].payload;
    await Promise.all([noteTrouble(world.ports, claimed), noteTrouble(world.ports, claimed)]);
    await noteTrouble(world.ports, claimed);
    for (const [index, id] of ids.entries()) await expectMoved(id, before[index] ?? 0, 600);
    await world.drain('announce_trouble');
    expect(world.security().filter(({ says }) => says.includes('clock went back'))).toHaveLength(1);
  });

  it('puts no next try off: a revocation that fails is tried at once', async () => {
    const id = await live();
    world.api.refuseChanges(503);
    const look = startWatching();
    await look();
    await returnGrant(world.ports, { workspace: world.workspace, user: world.user('dev'), grantId: id });
    await world.drain('revoke_grant');
    expect(await world.read(id)).toMatchObject({ status: 'revoking', attempts: 1 });
    world.clock.set(-3600);
    await look();
    world.api.refuseChanges(null);
    await follow();
    await world.drain('revoke_grant');
    expect((await world.read(id)).status).toBe('ended');
    expect(world.holds('dev')).toBeNull();
  });

  it('is not seen where time only passed', async () => {
    const look = startWatching('this one');
    await look();
    world.clock.advance(3600);
    expect(await look()).toEqual([]);
    expect(await startWatching('this one')()).toEqual([]);
  });
});

it('a clock that jumps ahead moves no end, and is said', async () => {
  const id = await live('dev', 4 * 3600);
  const before = await endOf(id);
  const look = startWatching();
  await look();
  world.clock.set(600);
  expect(await look()).toMatchObject([{ what: 'clock_jumped_ahead' }]);
  await follow();
  expect(await endOf(id)).toBe(before);
  expect(world.security().at(-1)?.says).toContain('jumped ahead by 10 minutes');
});

describe('a database that is another than before', () => {
  /** Access that was ended is there again, and one run has been dry already. */
  async function somethingToTakeAway(): Promise<void> {
    const id = await live();
    await returnGrant(world.ports, { workspace: world.workspace, user: world.user('dev'), grantId: id });
    await world.drain('revoke_grant');
    await run();
    world.give('dev');
    world.clock.advance(60);
  }
  const run = async () => {
    const [report] = await reconcile(world.ports, { workspace: world.workspace, dryRun: false });
    return report?.findings.map(({ kind, subject, does }) => `${kind} ${subject} ${does}`);
  };

  it('is said loudly with what is not in it, and makes every next run dry in the same step', async () => {
    await somethingToTakeAway();
    await startWatching()();
    await sql(`UPDATE database_sightings SET identity = jsonb_set(identity, '{table}', '"1"')`);
    expect(await startWatching()()).toMatchObject([{ what: 'database_restored' }]);
    expect(await run()).toEqual(['ended_grant dana@example.com next_run']);
    expect(world.holds('dev')).toBe('member');
    await follow();
    expect(world.security().at(-1)?.says).toMatch(/not the one it was.*What happened after .* is not in it/s);
    expect(await startWatching()()).toEqual([]);
  });

  it('makes the next run dry also where one was under way', async () => {
    await somethingToTakeAway();
    await startWatching()();
    world.take('dev');
    world.api.delay(300);
    const running = run();
    await sql(`UPDATE database_sightings SET identity = jsonb_set(identity, '{table}', '"1"')`);
    await startWatching()();
    await running;
    world.api.delay(0);
    world.give('dev');
    expect(await run()).toEqual(['ended_grant dana@example.com next_run']);
  });

  it('is known for an older copy of itself by a process that goes on', async () => {
    await somethingToTakeAway();
    const look = startWatching();
    await look();
    const { rows } = await sql('SELECT * FROM database_sightings');
    await look();
    await look();
    await sql(`UPDATE database_sightings SET looks = ${rows[0].looks}, seen_at = '${rows[0].seen_at.toISOString()}'`);
    expect(await look()).toMatchObject([{ what: 'database_restored', is: expect.stringContaining('older copy') }]);
    expect(await look()).toEqual([]);
    expect(await run()).toEqual(['ended_grant dana@example.com next_run']);
  });
});
