import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { en } from '../../src/slack/text/en.ts';
import { withClient } from '../../src/store/with-client.ts';
import { decideDrift, findDrift } from '../../src/usecases/decide-drift.ts';
import { until } from '../support/connector-postgres.ts';
import { startStore } from '../support/database.ts';
import { reconcilingIn } from '../support/reconciling.ts';
import { POLICY, startWatchWorld, type WatchWorld } from '../support/watch-world.ts';

// Who may say what becomes of access that nobody granted, and how often.

let world: WatchWorld;
beforeEach(async () => {
  world = await startWatchWorld();
  world.give('dev2');
  await run();
}, 60_000);
afterEach(async () => {
  expect(world.slack.violations).toEqual([]);
  await world.stop();
});
const { run, live, ended, drift, drifts, decide, acceptance, inDays, told } = reconcilingIn(() => world);

const ignorance = () => ({ type: 'ignore', until: inDays(7) }) as const;
const revocation = { type: 'revoke' } as const;
type Answered = Awaited<ReturnType<typeof decide>>;
const code = (result: Answered): string => (result.ok ? result.drift.status : result.refusal.code);
const sentence = (result: Answered): string => (result.ok ? '' : en.refusal(result.refusal));
const open = async (who: string) =>
  findDrift(world.ports, { workspace: world.workspace, user: world.user(who), driftId: (await drift()).id });

describe('who may decide', () => {
  it.each([
    ['an owner of the resource', 'dba'],
    ['an admin', 'security'],
  ])('%s may accept it, ignore it, and have it taken away', async (_, who) => {
    expect(code(await open(who))).toBe('open');
    expect(code(await decide(acceptance('manager'), who))).toBe('accepted');
    world.clock.advance(31 * 24 * 3600);
    await run();
    expect(code(await decide(ignorance(), who))).toBe('ignored');
    world.clock.advance(8 * 24 * 3600);
    await run();
    expect(code(await decide(revocation, who))).toBe('revoking');
    await run();
    expect(world.holds('dev2')).toBeNull();
  });

  it.each([
    ['somebody who is in charge of nothing', 'manager', 'may_not_decide_drift'],
    ['a guest', 'guest', 'person_may_not_use'],
    ['somebody of another workspace', 'stranger', 'person_may_not_use'],
    ['somebody who has left', 'gone', 'person_may_not_use'],
  ])('%s may neither look, nor leave it, nor have it taken away', async (_, who, why) => {
    expect(code(await open(who))).toBe(why);
    for (const answer of [acceptance(), ignorance(), revocation]) expect(code(await decide(answer, who))).toBe(why);
    await run();
    expect((await drift()).status).toBe('open');
    expect(world.holds('dev2')).toBe('member');
  });

  it('says whom to ask, and promises nothing to the approvers of a request that there is none of', async () => {
    expect(sentence(await decide(revocation, 'manager'))).toBe(
      'This is for dba or security to decide, and you are not one of them now. Show it to one of them.',
    );
  });

  it('an owner whose group cannot be looked up is told that, and may as soon as it can', async () => {
    world.slack.failNext('usergroups.list', { status: 500, times: 1_000 });
    const no = await decide(revocation);
    expect(code(no)).toBe('may_not_decide_drift');
    expect(sentence(no)).toMatch(/could not look up whether you are one of them.*Try again in a minute/);
    expect((await drift()).status).toBe('open');
    expect(code(await decide(revocation, 'security'))).toBe('revoking');
    world.slack.clearFaults();
  });
});

describe('whose access it is', () => {
  beforeEach(() => {
    // Theo is a DBA for once.
    world.setPolicy(
      POLICY(world.api.url).replace('dba: { slack_usergroup: dba }', 'dba: { members: [theo@example.com] }'),
    );
  });

  it('cannot say that it may stay, and can have it taken away', async () => {
    expect(code(await open('dev2'))).toBe('own_drift');
    const no = await decide(acceptance('dba'), 'dev2');
    expect(code(no)).toBe('own_drift');
    expect(sentence(no)).toContain('Somebody else of dba or security has to');
    expect(code(await decide(ignorance(), 'dev2'))).toBe('own_drift');
    expect(code(await decide(revocation, 'dev2'))).toBe('revoking');
  });

  it('is known also where the target has another name for them, by the grants they had', async () => {
    world.take('dev2');
    await ended('dev2');
    world.clock.advance(25 * 3600);
    world.give('dev2');
    world.api.state.users.set('dev2', 'renamed@example.com');
    expect(await run()).toEqual(['unknown_holder renamed@example.com shown']);
    expect(code(await decide(acceptance('dba'), 'dev2'))).toBe('own_drift');
  });

  it('cannot answer for it either, nor can who is no member', async () => {
    const no = await decide(acceptance('dev2'), 'security');
    expect(code(no)).toBe('drift_owner_unfit');
    expect(sentence(no)).toContain('Name somebody else');
    for (const [who, what] of [
      ['guest', 'a guest account'],
      ['robot', 'a bot'],
      ['gone', 'a deactivated account'],
      ['stranger', 'another workspace'],
    ] as const) {
      const refused = await decide(acceptance(who), 'security');
      expect(code(refused)).toBe('drift_owner_unfit');
      expect(sentence(refused)).toContain(what);
    }
    expect((await drift()).status).toBe('open');
  });
});

describe('an answer', () => {
  it.each([
    ['accepted', () => acceptance(), 'Bo Lindqvist has accepted it already.'],
    ['ignored', ignorance, 'Bo Lindqvist has said already to ignore it for a while.'],
    ['revoking', () => revocation, 'Bo Lindqvist has said already to take it away.'],
  ] as const)(
    'is given once (%s): whoever comes later, or presses twice, hears whose it was',
    async (status, answer, says) => {
      const { id } = await drift();
      expect(code(await decide(answer()))).toBe(status);
      for (const [who, late] of [
        ['dba', answer()],
        ['security', acceptance()],
        ['security', ignorance()],
        ['security', revocation],
      ] as const) {
        const no = await decide(late, who);
        expect(code(no)).toBe('drift_decided');
        expect(sentence(no)).toContain(says);
      }
      expect((await drifts()).find((each) => each.id === id)).toMatchObject({
        status,
        decidedBy: { name: 'Bo Lindqvist' },
      });
      expect((await told()).filter((kind) => kind !== 'drift.found')).toHaveLength(1);
    },
  );

  it('is one of three that are given at once, through as many processes', async () => {
    const { id: driftId } = await drift();
    const stores = await Promise.all([1, 2, 3].map(() => startStore(world.databaseUrl)));
    const answers = [acceptance(), revocation, ignorance()];
    const decideAll = () =>
      stores.map(({ store }, index) => {
        const asker = { workspace: world.workspace, user: world.user('dba'), driftId };
        return decideDrift({ ...world.ports, store }, { ...asker, answer: answers[index] ?? revocation });
      });
    const all = await withClient(world.databaseUrl, async (client) => {
      await client.query('BEGIN');
      await client.query('SELECT FROM drifts WHERE id = $1 FOR UPDATE', [driftId]);
      const deciding = Promise.all(decideAll());
      // All of them have seen that they may; now they wait for one row.
      await until('all three wait', async () => {
        const waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        // A look of its own each time: inside of a transaction it would be the first one for ever.
        const { rowCount } = await withClient(world.databaseUrl, (other) => other.query(waiting));
        return rowCount === stores.length;
      });
      await client.query('COMMIT');
      return deciding;
    }).finally(() => Promise.all(stores.map(({ close }) => close())));
    expect(all.filter(({ ok }) => ok)).toHaveLength(1);
    expect(all.filter((each) => code(each) === 'drift_decided')).toHaveLength(2);
    expect((await told()).filter((kind) => kind !== 'drift.found')).toHaveLength(1);
  });

  it('is refused when there is nothing left to answer', async () => {
    const gone = await drift();
    world.take('dev2');
    await run();
    expect(await drifts()).toEqual([]);
    for (const answer of [acceptance(), ignorance(), revocation]) {
      const asker = { workspace: world.workspace, user: world.user('dba'), driftId: gone.id };
      expect(await decideDrift(world.ports, { ...asker, answer })).toMatchObject({ refusal: { code: 'drift_closed' } });
    }
  });

  it('about a live grant ends it once, with its proof, however often it is pressed', async () => {
    world.take('dev2');
    const id = await live();
    await run();
    world.give('dev', 'maintainer');
    await run();
    expect(await drift()).toMatchObject({ kind: 'level_changed', grantId: id });
    const pressed = await Promise.all([decide(revocation), decide(revocation, 'security'), decide(revocation)]);
    expect(pressed.filter(({ ok }) => ok)).toHaveLength(1);
    await world.drain('revoke_grant');
    expect(await world.read(id)).toMatchObject({ status: 'ended', endedBecause: 'revoked' });
    expect((await world.kinds(id)).filter((kind) => kind === 'grant.revocation_started')).toHaveLength(1);
    expect(world.holds('dev')).toBeNull();
    expect(await run()).toEqual([]);
    expect(await drifts()).toEqual([]);
  });
});
