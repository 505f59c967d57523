import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { withClient } from '../../src/store/with-client.ts';
import { type Live, type StormWorld, startStormTarget, startStormWorld } from '../support/storm-world.ts';
import type { TargetPostgres } from '../support/target-postgres.ts';
import { messagesOf } from '../support/watch-messages.ts';

// Ends of access in batches: every safeguard of a single one, for all of them, and only what is unusual goes the single way.

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

const STORY = ['grant.revocation_started', 'grant.ended'];
const stories = (grants: readonly Live[]) => Promise.all(grants.map(({ id }) => world.endOf(id)));
const statuses = async (grants: readonly Live[]) =>
  new Set((await Promise.all(grants.map(({ id }) => world.read(id)))).map(({ status }) => status));
const answerOf = async ({ id }: Live): Promise<unknown> => {
  const { requestId } = await world.read(id);
  const events = await world.ports.store.reads(world.workspace).eventsOf(requestId);
  return events.flatMap((event) => (event.kind === 'grant.ended' ? [event.data.answer] : [])).at(-1);
};
/** What only the read-back of many says (src/connectors/postgres/membership-many.ts). */
const READ_BACK_OF_MANY = 'unnest($1::oid[], $2::oid[])';
const theEnd = () => world.clock.advance(3_700);
const onOwn = <T extends object>(text: string): Promise<T[]> =>
  withClient(world.databaseUrl, async (client) => (await client.query<T>(text)).rows);
/** The worker that had something in hand is dead, and its time has passed. */
const leasesRunOut = () =>
  onOwn("UPDATE effects SET lease_until = clock_timestamp() - interval '1 s' WHERE lease_until IS NOT NULL");

describe('ends in batches', () => {
  it('are taken away in one transaction on the target, read back, and told each by itself', async () => {
    const admins = await world.live(5);
    const readers = await world.live(4, { role: 'readers' });
    await world.target.sql('CREATE ROLE stranger; GRANT admins TO stranger');
    theEnd();
    expect(await world.ends()).toEqual({ claimed: 9, batched: true, failed: false });
    expect([await world.holders(), await world.holders('readers')]).toEqual([[], []]);
    expect(await stories([...admins, ...readers])).toEqual(Array(9).fill(STORY));
    expect(await Promise.all([...admins, ...readers].map(answerOf))).toEqual(
      Array(9).fill('REVOKE ROLE, in one transaction with 8 others'),
    );
    const rest = await world.target.sql("SELECT FROM pg_auth_members WHERE member = 'stranger'::regrole");
    expect(rest).toHaveLength(1);
    expect(await onOwn('SELECT FROM access_notes')).toEqual([]);
    expect(await onOwn("SELECT FROM effects WHERE kind = 'revoke_grant' AND done_at IS NULL")).toEqual([]);
    expect(await onOwn('SELECT FROM effects WHERE lease_owner IS NOT NULL')).toEqual([]);
    expect(await world.target.sql("SELECT FROM pg_locks WHERE locktype = 'advisory'")).toEqual([]);
    expect(await world.ends()).toMatchObject({ claimed: 0 });
  });

  it('leave one that the target refuses to the single way, which tells of it, and take the others', async () => {
    const [bad, ...others] = await world.live(6);
    if (!bad) throw new Error('Nobody');
    await world.target.sql(`GRANT admins TO ${bad.login} WITH ADMIN TRUE GRANTED BY bot`);
    await world.target.sql(`CREATE ROLE friend; SET ROLE ${bad.login}`);
    await world.target.sql(`GRANT admins TO friend GRANTED BY ${bad.login}`);
    await world.target.sql('RESET ROLE');
    theEnd();
    await world.ends();
    expect(await world.holders()).toEqual([bad.login]);
    expect(await stories(others)).toEqual(Array(5).fill(STORY));
    expect(await world.endOf(bad.id)).toEqual(['grant.revocation_started', 'grant.revocation_failed']);
    expect(await world.read(bad.id)).toMatchObject({ status: 'revoking', attempts: 1, lastErrorKind: 'permanent' });
  });

  it('do not tell the end of one that is there again when they are read back, which then goes the single way', async () => {
    const [back, ...others] = await world.live(6);
    if (!back) throw new Error('Nobody');
    theEnd();
    world.proxy.failNext(READ_BACK_OF_MANY, 'stuck');
    const ending = world.ends();
    await world.proxy.failed();
    await world.target.sql(`GRANT admins TO ${back.login} GRANTED BY bot`);
    world.proxy.release();
    await ending;
    // A machine that is slow here loses the connection, which held still for too long: then all are tried again.
    world.clock.advance(5);
    await world.ends();
    expect(await world.holders()).toEqual([]);
    expect(await statuses([back, ...others])).toEqual(new Set(['ended']));
    expect(await answerOf(back)).toBe('REVOKE ROLE');
    for (const story of await stories([back, ...others])) {
      expect(story.filter((kind) => kind === 'grant.ended')).toHaveLength(1);
    }
  });

  it('keep what a sibling still needs, and put back what was held before', async () => {
    const plain = await world.live(3);
    const [shared, before] = await world.live(2);
    if (!shared || !before) throw new Error('Nobody');
    await world.ends();
    world.clock.advance(1_800);
    const sibling = await world.again(shared.login);
    await world.target.sql("CREATE ROLE old_hand LOGIN PASSWORD 'a-password'");
    await world.target.sql('GRANT admins TO old_hand WITH INHERIT FALSE GRANTED BY bot');
    world.clock.advance(-1_800);
    const noted = await world.again('old_hand');
    world.clock.advance(3_700);
    await world.ends();
    expect(await world.holders()).toEqual(['dev_4', 'old_hand']);
    expect(await statuses([...plain, shared, before, noted])).toEqual(new Set(['ended']));
    expect(await world.read(sibling.id)).toMatchObject({ status: 'active' });
    expect(await answerOf(shared)).toContain('Kept on the target');
    const [row] = await world.target.sql(
      "SELECT inherit_option FROM pg_auth_members WHERE member = 'old_hand'::regrole",
    );
    expect(row).toEqual({ inherit_option: false });
    world.clock.advance(3_600);
    await world.ends();
    expect(await world.holders()).toEqual(['old_hand']);
  });

  it('end both of two siblings that are due at once', async () => {
    const [one] = await world.live(2);
    if (!one) throw new Error('Nobody');
    const twin = await world.again(one.login);
    theEnd();
    await world.ends();
    expect(await world.holders()).toEqual([]);
    expect(await statuses([one, twin])).toEqual(new Set(['ended']));
    expect(await onOwn('SELECT FROM access_notes')).toEqual([]);
  });

  it('end the sessions of the holders and nobody else, and count them', async () => {
    const two = await world.live(2, { endSessions: true });
    const [other] = await world.live(1, { role: 'readers' });
    const clients = await Promise.all([...two, two[0]].map((each) => world.connect(each?.login ?? '')));
    const theirs = await world.connect(other?.login ?? '');
    theEnd();
    await world.ends();
    for (const client of clients) await expect(client.query('SELECT 1')).rejects.toThrow();
    await theirs.query('SELECT 1');
    const counts = await onOwn<{ n: number }>(
      "SELECT (data->>'sessions')::int AS n FROM audit_events WHERE kind = 'grant.sessions_ended' ORDER BY 1",
    );
    expect(counts.map(({ n }) => n)).toEqual([1, 2]);
    expect(await statuses(two)).toEqual(new Set(['ended']));
  });

  it('fail together when the target is down, each with its own story and its own next try', async () => {
    const all = await world.live(15);
    theEnd();
    world.proxy.meet('refuse');
    world.proxy.cut();
    expect(await world.ends()).toMatchObject({ claimed: 15, failed: false });
    expect(await stories(all)).toEqual(Array(15).fill(['grant.revocation_started', 'grant.revocation_failed']));
    // One alarm for all of them.
    expect(await onOwn("SELECT FROM effects WHERE kind = 'alert_target' AND done_at IS NULL")).toHaveLength(1);
    expect(await onOwn("SELECT FROM effects WHERE kind = 'alert_revocation'")).toEqual([]);
    world.proxy.meet('pass');
    world.clock.advance(2);
    await world.ends();
    expect(await world.holders()).toEqual([]);
    expect(await statuses(all)).toEqual(new Set(['ended']));
  });

  it('do not wait for a role that somebody has locked', async () => {
    const busy = await world.live(3);
    const free = await world.live(3, { role: 'readers' });
    const blocker = await world.target.connect('dba_super', 'a-superuser-password');
    await blocker.query('BEGIN; CREATE ROLE someone; GRANT admins TO someone');
    theEnd();
    await world.ends();
    expect(await world.holders('readers')).toEqual([]);
    expect(await statuses(free)).toEqual(new Set(['ended']));
    for (const { id } of busy) {
      expect(await world.read(id)).toMatchObject({ status: 'revoking', attempts: 1, lastErrorKind: 'transient' });
    }
    await blocker.query('ROLLBACK');
    world.clock.advance(5);
    await world.ends();
    expect(await world.holders()).toEqual([]);
  });
});

describe('a batch that breaks in the middle', () => {
  it.each(['lost', 'answer_lost'] as const)('at the commit on the target (%s) is done again', async (fault) => {
    const all = await world.live(6);
    theEnd();
    world.proxy.failNext('COMMIT', fault);
    await world.ends();
    expect(await world.holders()).toHaveLength(fault === 'lost' ? 6 : 0);
    expect(await stories(all)).toEqual(Array(6).fill(['grant.revocation_started', 'grant.revocation_failed']));
    for (const { id } of all) expect(await world.read(id)).toMatchObject({ lastErrorKind: 'unknown_outcome' });
    world.clock.advance(5);
    await world.ends();
    expect(await world.holders()).toEqual([]);
    expect(await statuses(all)).toEqual(new Set(['ended']));
  });

  it('is taken over from a process that is stuck, whose late commit lands on nobody', async () => {
    const all = await world.live(4);
    theEnd();
    world.proxy.failNext('COMMIT', 'stuck');
    const stuck = world.ends();
    await world.proxy.failed();
    await leasesRunOut();
    // The locks of the stuck one are seen, and each grant waits for its own.
    expect(await world.ends()).toMatchObject({ claimed: 4 });
    expect(await world.holders()).toEqual([]);
    expect(await statuses(all)).toEqual(new Set(['ended']));
    const [first] = all;
    const again = await world.again(first?.login ?? '');
    world.proxy.release();
    await stuck;
    expect(await world.holders()).toEqual([first?.login]);
    expect(await world.read(again.id)).toMatchObject({ status: 'active' });
    for (const story of await stories(all)) {
      expect(story.filter((kind) => kind === 'grant.ended')).toHaveLength(1);
    }
  });

  it('loses and doubles nothing when several processes take the same ends', async () => {
    const all = await world.live(20);
    theEnd();
    const runs = await Promise.all([world.ends(), world.ends(), world.ends()]);
    expect(runs.reduce((sum, { claimed }) => sum + claimed, 0)).toBe(20);
    expect(await world.holders()).toEqual([]);
    expect(await stories(all)).toEqual(Array(20).fill(STORY));
  });
});

describe('a wave of ends on the screen', () => {
  const said = (channel: string) => messagesOf(world.slack, channel).map(({ says }) => says);

  it('is one message in the channel, and each card and thread is true in the end', async () => {
    const all = await world.live(25);
    await world.drain('render_card', 'notify_person');
    theEnd();
    await world.ends();
    await world.drain('render_card', 'announce_ends', 'notify_person');
    world.clock.advance(6);
    await world.drain('announce_ends');
    expect(said('access').filter((text) => text.includes('25 grants ended'))).toHaveLength(1);
    const shown = async () =>
      (
        await onOwn<{ n: number }>(
          `SELECT count(*)::int AS n FROM cards c JOIN grants g USING (request_id) JOIN requests r ON r.id = g.request_id
          WHERE starts_with(c.shows, r.version || '.' || g.version || '.')`,
        )
      )[0]?.n;
    expect(await shown()).toBeLessThan(15);
    world.clock.advance(60);
    await world.drain('render_card', 'notify_person', 'announce_ends');
    expect(await shown()).toBe(25);
    expect(said('access').filter((text) => text.includes('grants ended'))).toHaveLength(1);
    expect(await statuses(all)).toEqual(new Set(['ended']));
  });
});
