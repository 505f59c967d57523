import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { cancel, type Effect, effectKey, schedule } from '../../src/domain/effect.ts';
import { grantId, requestId } from '../../src/domain/ids.ts';
import type { Outbox, Store } from '../../src/usecases/ports.ts';
import { type FreshDatabase, freshDatabase, type StartedStore, startStore } from '../support/database.ts';
import { dev } from '../support/domain.ts';
import { aSubmission, aWorkspace, changeOf } from '../support/stored.ts';

let database: FreshDatabase;
let started: StartedStore;
let store: Store;
let outbox: Outbox;
let sql: pg.Pool;
const workspaceId = aWorkspace();

beforeAll(async () => {
  database = await freshDatabase();
  sql = new pg.Pool({ connectionString: database.url, max: 2 });
});

beforeEach(async () => {
  await started?.close();
  await sql.query('TRUNCATE effects');
  started = await startStore(database.url);
  store = started.store;
  outbox = store.outbox;
});

afterAll(async () => {
  await sql?.end();
  await started?.close();
  await database?.drop();
});

const card = (name: string): Effect => ({ kind: 'render_card', requestId: requestId(`req_${name}`) });
const keyOf = (name: string): string => effectKey(card(name));
/** Schedules at so many seconds from the clock of the database. */
const scheduleAt = (name: string, seconds: number, on = store) =>
  on.transaction(workspaceId, (tx) =>
    tx.save({ effects: [schedule(card(name), new Date(tx.now.getTime() + seconds * 1000))] }),
  );
const keysOf = (entries: readonly { key: string }[]) => entries.map((entry) => entry.key);
const rowOf = async (name: string) => (await sql.query('SELECT * FROM effects WHERE key = $1', [keyOf(name)])).rows[0];
/** Lets every lease run out, as five seconds would. */
const endLeases = () =>
  sql.query("UPDATE effects SET lease_until = clock_timestamp() - interval '1 s' WHERE lease_until IS NOT NULL");
/** Makes what was handed on long ago in real time. */
const ageHandedOn = () => sql.query("UPDATE effects SET handed_on_at = handed_on_at - interval '1 hour'");

async function claimed(name: string, owner: string) {
  const claim = await outbox.claim(keyOf(name), owner, 5);
  if (!claim) throw new Error(`${name} could not be claimed`);
  return claim;
}

describe('handing effects on', () => {
  it('takes what is due within the horizon, earliest first, once', async () => {
    await scheduleAt('late', 50);
    await scheduleAt('due', -10);
    await scheduleAt('beyond', 3600);
    const entries = await outbox.takeForQueue(60_000, 10);
    expect(keysOf(entries)).toEqual([keyOf('due'), keyOf('late')]);
    expect(entries[0]).toMatchObject({ kind: 'render_card', generation: 1, delayMs: 0 });
    expect(entries[1]?.delayMs).toBeGreaterThan(40_000);
    expect(entries[1]?.delayMs).toBeLessThanOrEqual(50_000);
    expect(await outbox.takeForQueue(60_000, 10)).toEqual([]);
  });

  it('takes no more than the limit, and the rest the next time', async () => {
    for (const name of ['a', 'b', 'c']) await scheduleAt(name, -1);
    const first = await outbox.takeForQueue(0, 2);
    const second = await outbox.takeForQueue(0, 2);
    expect(keysOf([...first, ...second])).toEqual(['a', 'b', 'c'].map(keyOf));
  });

  it('gives each effect to one replica only', async () => {
    const other = await startStore(database.url);
    try {
      await store.transaction(workspaceId, (tx) =>
        tx.save({ effects: Array.from({ length: 60 }, (_, n) => schedule(card(`r${n}`), tx.now)) }),
      );
      const taken = await Promise.all(
        Array.from({ length: 12 }, (_, n) => (n % 2 ? outbox : other.store.outbox).takeForQueue(1000, 10)),
      );
      const rest = await outbox.takeForQueue(1000, 100);
      const keys = keysOf([...taken.flat(), ...rest]);
      expect(keys).toHaveLength(60);
      expect(new Set(keys).size).toBe(60);
    } finally {
      await other.close();
    }
  });

  it('hands on anew what was scheduled again', async () => {
    await scheduleAt('moved', -1);
    await outbox.takeForQueue(0, 10);
    await scheduleAt('moved', -1);
    expect(await outbox.takeForQueue(0, 10)).toMatchObject([{ key: keyOf('moved'), generation: 2 }]);
  });

  it('forgets what was cancelled, and knows it again when it is scheduled again', async () => {
    await scheduleAt('off', -1);
    await store.transaction(workspaceId, (tx) => tx.save({ effects: [cancel(card('off'))] }));
    expect(await outbox.takeForQueue(0, 10)).toEqual([]);
    expect(await outbox.claim(keyOf('off'), 'me', 5)).toBeNull();
    await scheduleAt('off', -1);
    expect(await outbox.takeForQueue(0, 10)).toMatchObject([{ key: keyOf('off'), generation: 2 }]);
  });

  it('keeps only the last of several changes to one key', async () => {
    await store.transaction(workspaceId, async (tx) => {
      await tx.save({ effects: [schedule(card('x'), tx.now), cancel(card('x')), schedule(card('y'), tx.now)] });
      await tx.save({ effects: [cancel(card('y')), schedule(card('y'), tx.now)] });
    });
    expect(keysOf(await outbox.takeForQueue(1000, 10))).toEqual([keyOf('y')]);
  });

  it('hands on again what was handed on under another offset of the clock', async () => {
    await scheduleAt('tomorrow', 86_400);
    await scheduleAt('soon', 30);
    expect(keysOf(await outbox.takeForQueue(60_000, 10))).toEqual([keyOf('soon')]);
    started.clock.advance(86_400 + 60);
    const again = await outbox.takeForQueue(60_000, 10);
    expect(keysOf(again)).toEqual([keyOf('soon'), keyOf('tomorrow')]);
    expect(again.map((entry) => entry.delayMs)).toEqual([0, 0]);
    expect(await outbox.takeForQueue(60_000, 10)).toEqual([]);
  });
});

describe('what the queue lost', () => {
  it('is taken once it is overdue, and again after it was lost again', async () => {
    await scheduleAt('lost', -100);
    await scheduleAt('fresh', -100);
    expect(await outbox.takeOverdue(1000, 10)).toEqual([]);
    await outbox.takeForQueue(0, 10);
    expect(await outbox.takeOverdue(1000, 10)).toEqual([]);
    await ageHandedOn();
    await scheduleAt('fresh', -100);
    expect(keysOf(await outbox.takeOverdue(1000, 10))).toEqual([keyOf('lost')]);
    expect(await outbox.takeOverdue(1000, 10)).toEqual([]);
    await ageHandedOn();
    expect(keysOf(await outbox.takeOverdue(1000, 10))).toEqual([keyOf('lost')]);
  });

  it('is not what somebody works on or has done', async () => {
    for (const name of ['held', 'done']) await scheduleAt(name, -100);
    await outbox.takeForQueue(0, 10);
    await claimed('held', 'a');
    await outbox.complete([await claimed('done', 'b')], 'b');
    await ageHandedOn();
    expect(await outbox.takeOverdue(1000, 10)).toEqual([]);
    await endLeases();
    expect(keysOf(await outbox.takeOverdue(1000, 10))).toEqual([keyOf('held')]);
  });

  it('is counted for the probes, with the age of the oldest', async () => {
    expect(await outbox.overdue(1000)).toEqual({ count: 0, oldestMs: 0 });
    await scheduleAt('old', -100);
    await scheduleAt('older', -200);
    await scheduleAt('to come', 100);
    const { count, oldestMs } = await outbox.overdue(1000);
    expect(count).toBe(2);
    expect(oldestMs).toBeGreaterThanOrEqual(200_000);
    expect(oldestMs).toBeLessThan(260_000);
  });
});

describe('a claim', () => {
  it("is one owner's: of twenty at once, one gets it", async () => {
    await scheduleAt('one', -1);
    const claims = await Promise.all(Array.from({ length: 20 }, (_, n) => outbox.claim(keyOf('one'), `owner ${n}`, 5)));
    const got = claims.filter((claim) => claim !== null);
    expect(got).toHaveLength(1);
    expect(got[0]).toMatchObject({ key: keyOf('one'), workspaceId, effect: card('one'), generation: 1, attempts: 0 });
  });

  it('is refused before the effect is due by the clock of the tests, and for what does not exist', async () => {
    await scheduleAt('tomorrow', 86_400);
    expect(await outbox.claim(keyOf('tomorrow'), 'me', 5)).toBeNull();
    expect(await outbox.claim(keyOf('nothing'), 'me', 5)).toBeNull();
    started.clock.advance(86_400);
    expect(await outbox.claim(keyOf('tomorrow'), 'me', 5)).not.toBeNull();
  });

  it('that comes a moment too early gets its effect handed on again', async () => {
    const heard: Date[] = [];
    await scheduleAt('soon', 1.5);
    await outbox.takeForQueue(5000, 10);
    store.onCommit((at) => heard.push(at));
    expect(await outbox.claim(keyOf('soon'), 'me', 5)).toBeNull();
    expect(heard).toHaveLength(1);
    expect(keysOf(await outbox.takeForQueue(5000, 10))).toEqual([keyOf('soon')]);
  });

  it('passes to another owner when its lease has run out, and not before', async () => {
    await scheduleAt('work', -1);
    const first = await claimed('work', 'dead');
    expect(await outbox.claim(keyOf('work'), 'heir', 5)).toBeNull();
    expect([...(await outbox.renew([keyOf('work')], 'dead', 5))]).toEqual([keyOf('work')]);
    await endLeases();
    const second = await claimed('work', 'heir');
    expect([...(await outbox.renew([keyOf('work')], 'dead', 5))]).toEqual([]);
    await outbox.complete([first], 'dead');
    expect((await rowOf('work')).done_at).toBeNull();
    await outbox.retry(first, 'dead', 0, 'the dead one failed');
    expect(await rowOf('work')).toMatchObject({ lease_owner: 'heir', attempts: 0, last_error: null });
    await outbox.complete([second], 'heir');
    expect((await rowOf('work')).done_at).not.toBeNull();
    expect(await outbox.claim(keyOf('work'), 'third', 5)).toBeNull();
  });

  it('leases by real time, whatever the offset of the clock', async () => {
    await scheduleAt('work', -1);
    await claimed('work', 'a');
    started.clock.advance(3600);
    expect(await outbox.claim(keyOf('work'), 'b', 5)).toBeNull();
    expect([...(await outbox.renew([keyOf('work')], 'a', 5))]).toEqual([keyOf('work')]);
  });

  it('of a generation that was scheduled again meanwhile completes nothing, and frees the new one', async () => {
    await scheduleAt('card', -1);
    await outbox.takeForQueue(0, 10);
    const old = await claimed('card', 'a');
    await scheduleAt('card', -1);
    // Whoever has it in hand tells when it is free.
    expect(await outbox.takeForQueue(0, 10)).toEqual([]);
    expect(await outbox.claim(keyOf('card'), 'b', 5)).toBeNull();
    const heard: Date[] = [];
    store.onCommit((at) => heard.push(at));
    await outbox.complete([old], 'a');
    expect(heard).toHaveLength(1);
    expect(await outbox.takeForQueue(0, 10)).toMatchObject([{ generation: 2 }]);
    expect(await claimed('card', 'b')).toMatchObject({ generation: 2 });
  });

  it('that was cancelled meanwhile stays cancelled, completed or retried', async () => {
    for (const name of ['c1', 'c2']) {
      await scheduleAt(name, -1);
      const claim = await claimed(name, 'a');
      await store.transaction(workspaceId, (tx) => tx.save({ effects: [cancel(card(name))] }));
      if (name === 'c1') await outbox.complete([claim], 'a');
      else await outbox.retry(claim, 'a', 0, 'no');
      expect(await rowOf(name)).toMatchObject({ done_at: expect.any(Date), lease_owner: null });
      expect(await outbox.claim(keyOf(name), 'b', 5)).toBeNull();
    }
  });
});

describe('ends of access of one target', () => {
  const end = (name: string): Effect => ({ kind: 'revoke_grant', grantId: grantId(`grt_${name}`) });
  const endAt = (name: string, seconds: number, urgency: number, target = 'one') =>
    store.transaction(workspaceId, (tx) =>
      tx.save({ effects: [schedule(end(name), new Date(tx.now.getTime() + seconds * 1000), urgency, target)] }),
    );
  const claimedNames = async (owner: string, limit = 10, target = 'one') =>
    (await outbox.claimEnds(target, owner, 5, limit)).map(({ key }) => key.replace('revoke_grant/grt_', '')).sort();

  it('are taken together when they are due, the most privileged first, then by lateness', async () => {
    await endAt('low_late', -900, 2);
    await endAt('high_new', -10, 0);
    await endAt('high_late', -60, 0);
    await endAt('medium', -500, 1);
    await endAt('not_due', 5, 0);
    await endAt('elsewhere', -5, 0, 'two');
    expect(await claimedNames('a', 1)).toEqual(['high_late']);
    expect(await claimedNames('a', 2)).toEqual(['high_new', 'medium']);
    expect(await claimedNames('b')).toEqual(['low_late']);
    expect(await claimedNames('b')).toEqual([]);
    expect(await claimedNames('b', 10, 'two')).toEqual(['elsewhere']);
  });

  it('are each in one pair of hands, whoever takes them and how', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await endAt(name, -1, 0);
    await outbox.claim(effectKey(end('c')), 'single', 5);
    const [one, two] = await Promise.all([claimedNames('one', 3), claimedNames('two', 3)]);
    expect([...one, ...two, ...(await claimedNames('rest'))].sort()).toEqual(['a', 'b', 'd', 'e', 'f']);
    await endLeases();
    expect(await claimedNames('heir')).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(await outbox.renew([effectKey(end('a'))], 'one', 5)).toEqual(new Set());
  });

  it('are renewed and completed together, but for those that somebody took over', async () => {
    for (const name of ['a', 'b', 'c']) await endAt(name, -1, 0);
    const batch = await outbox.claimEnds('one', 'batch', 5, 10);
    const keys = batch.map(({ key }) => key);
    await sql.query("UPDATE effects SET lease_owner = 'thief' WHERE key = $1", [effectKey(end('b'))]);
    expect(await outbox.renew(keys, 'batch', 5)).toEqual(new Set([effectKey(end('a')), effectKey(end('c'))]));
    await endAt('c', -1, 0);
    await outbox.complete(batch, 'batch');
    const { rows } = await sql.query('SELECT key, done_at IS NOT NULL AS done FROM effects ORDER BY key');
    expect(rows.map(({ done }) => done)).toEqual([true, false, false]);
    expect(await claimedNames('next')).toEqual(['c']);
  });

  it('that a dead process had scheduled anew are found as soon as its lease has run out', async () => {
    await endAt('a', -10, 0);
    await outbox.claimEnds('one', 'dead', 5, 10);
    await endAt('a', -10, 0);
    expect(await outbox.takeOverdue(1_000, 10)).toEqual([]);
    await endLeases();
    expect(keysOf(await outbox.takeOverdue(1_000, 10))).toEqual([effectKey(end('a'))]);
  });
});

describe('a retry', () => {
  it('comes again after its delay, counting its attempts and keeping the error', async () => {
    await scheduleAt('hard', -1);
    const claim = await claimed('hard', 'a');
    const heard: Date[] = [];
    store.onCommit((at) => heard.push(at));
    await outbox.retry(claim, 'a', 60_000, 'the target said \0 no');
    expect(heard).toHaveLength(1);
    expect(await outbox.claim(keyOf('hard'), 'b', 5)).toBeNull();
    expect(await rowOf('hard')).toMatchObject({ last_error: 'the target said \uFFFD no' });
    started.clock.advance(61);
    expect(keysOf(await outbox.takeForQueue(0, 10))).toEqual([keyOf('hard')]);
    expect(await claimed('hard', 'b')).toMatchObject({ attempts: 1, generation: 1 });
  });

  it('of an older generation moves nothing', async () => {
    await scheduleAt('moved', -1);
    const old = await claimed('moved', 'a');
    await scheduleAt('moved', -1);
    await outbox.retry(old, 'a', 60_000, 'old');
    expect(await claimed('moved', 'b')).toMatchObject({ generation: 2, attempts: 0 });
  });
});

describe('a row that cannot be read', () => {
  it('is told of with its table, key and field, stays, and holds nobody else up', async () => {
    const bad: string[] = [];
    const watched = await startStore(database.url, { onBadRow: (row) => bad.push(row.message) });
    try {
      for (const name of ['good', 'odd', 'broken']) await scheduleAt(name, -1);
      await sql.query("UPDATE effects SET kind = 'dance' WHERE key = $1", [keyOf('odd')]);
      await sql.query(`UPDATE effects SET payload = '{"kind": "render_card"}' WHERE key = $1`, [keyOf('broken')]);
      expect(keysOf(await watched.store.outbox.takeForQueue(0, 10))).toEqual([keyOf('good'), keyOf('broken')]);
      expect(bad).toEqual([expect.stringMatching(/^The row render_card\/req_odd of effects cannot be read: kind: /)]);
      await expect(watched.store.outbox.claim(keyOf('broken'), 'me', 5)).rejects.toMatchObject({
        name: 'BadRow',
        table: 'effects',
        id: keyOf('broken'),
        field: 'payload.requestId',
      });
      expect(await watched.store.outbox.claim(keyOf('good'), 'me', 5)).not.toBeNull();
      expect((await outbox.overdue(0)).count).toBe(3);
    } finally {
      await watched.close();
    }
  });

  it('is left out of lists for everybody, and refused in lists that limits are decided from', async () => {
    const bad: string[] = [];
    const watched = await startStore(database.url, { onBadRow: (row) => bad.push(row.field) });
    try {
      const own = aWorkspace();
      const [good, broken] = [aSubmission({ workspaceId: own }), aSubmission({ workspaceId: own })];
      for (const each of [good, broken]) await store.transaction(own, (tx) => tx.save(changeOf(each)));
      await sql.query(`UPDATE requests SET role = role - 'title' WHERE id = $1`, [broken.state.id]);
      const reads = watched.store.reads(own);
      expect((await reads.pendingRequests(10)).map((each) => each.id)).toEqual([good.state.id]);
      expect(bad).toEqual(['role.title']);
      await expect(reads.pendingRequestsOf(dev.slackUserId)).rejects.toMatchObject({
        name: 'BadRow',
        id: broken.state.id,
        field: 'role.title',
      });
      expect(await reads.request(good.state.id)).not.toBeNull();
    } finally {
      await watched.close();
    }
  });
});
