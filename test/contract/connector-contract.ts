import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { entitlementKeyOf } from '../../src/domain/grant.ts';
import type { Json } from '../../src/domain/json.ts';
import {
  type AccessOnTarget,
  type Connector,
  type HolderPage,
  Outage,
  type TargetSession,
} from '../../src/usecases/ports.ts';
import type { AccessUnderTest, ConnectorHarness } from '../support/connector-harness.ts';
import { bucketOf, digestsOf, inOrder } from '../support/holder-digest.ts';
import { connectorManyContract } from './connector-many-contract.ts';

const EXPIRES = { expiresAt: new Date('2100-01-01T00:00:00Z') };

/** What every connector must do, on the real target: CONNECTORS.md's 'One contract suite'. */
export function connectorContract(harness: ConnectorHarness): void {
  describe(`the ${harness.type} connector`, () => {
    beforeAll(() => harness.start(), 60_000);
    afterAll(() => harness.stop(), 30_000);

    describe('grants and revokes', () => {
      it('gives the access, and takes it away again', async () => {
        const { access, connector, on } = await begin(harness);
        expect(await access.works()).toBe(false);
        expect(await give(connector, on)).toBeNull();
        expect(await access.works()).toBe(true);
        await end(connector, on, null);
        expect(await access.held()).toEqual({ ours: null, others: [] });
        expect(await access.works()).toBe(false);
      });

      it('grants twice and revokes twice as once', async () => {
        const { access, connector, on } = await begin(harness);
        await give(connector, on);
        await give(connector, on);
        expect(await access.works()).toBe(true);
        await end(connector, on, null);
        await end(connector, on, null);
        expect((await access.held()).ours).toBeNull();
      });

      it('revokes what was never there', async () => {
        const { access, connector, on } = await begin(harness);
        await end(connector, on, null);
        expect((await access.held()).ours).toBeNull();
      });

      it('works with names that need quoting', async () => {
        const { access, connector, on } = await begin(harness, 'awkward');
        await give(connector, on);
        expect(await access.works()).toBe(true);
        const { holders } = await connector.listHolders(access.entitlement);
        expect(holders.filter((holder) => holder.ours).map((holder) => holder.subject)).toEqual([access.subject]);
        await end(connector, on, null);
        expect(await access.works()).toBe(false);
      });

      it.each(['same', 'other'] as const)('gives back exactly what was held before, at the %s level', async (level) => {
        const { access, connector, on } = await begin(harness);
        const before = await access.holdBefore(level);
        expect(await give(connector, on)).toEqual(before);
        expect(await access.works()).toBe(true);
        await end(connector, on, before);
        expect((await access.held()).ours).toEqual(before);
        await end(connector, on, before);
        expect((await access.held()).ours).toEqual(before);
      });

      it('puts back what was held before even when somebody took it away meanwhile', async () => {
        const { access, connector, on } = await begin(harness);
        const before = await access.holdBefore('other');
        await give(connector, on);
        await end(connector, on, null);
        await end(connector, on, before);
        expect((await access.held()).ours).toEqual(before);
      });

      it('leaves what another grantor gave untouched, and tells it apart', async () => {
        const { access, connector, on } = await begin(harness);
        if (!connector.capabilities.distinguishesGrantors) return;
        await access.grantByAnother();
        const { others } = await access.held();
        expect(others).toHaveLength(1);
        expect(await connector.exclusively(on, (session) => session.observe())).toEqual({ ours: null, others });
        await give(connector, on);
        expect(await holdings(connector, on)).toEqual([false, true]);
        await end(connector, on, null);
        expect(await access.held()).toEqual({ ours: null, others });
        expect(await access.works()).toBe(true);
      });

      it('sees two roles of a policy that overlap as one access', async () => {
        const { access, connector, on } = await begin(harness);
        const other = await resolved(connector, access, access.overlapping);
        expect(other.resolved.key).toBe(on.resolved.key);
        await give(connector, on);
        await give(connector, other);
        expect(await holdings(connector, on)).toEqual([true]);
        expect(await access.works()).toBe(true);
        await end(connector, other, null);
        expect(await access.held()).toEqual({ ours: null, others: [] });
      });
    });

    describe('has a revocation ready', () => {
      it('of which nothing is seen before its commit, nor after it was discarded', async () => {
        const { access, connector, on } = await begin(harness);
        if (!connector.capabilities.preparesRevocations) return;
        await give(connector, on);
        await connector.exclusively(on, async (session) => {
          const discarded = await session.prepareRevoke?.(null);
          expect(await access.works()).toBe(true);
          await discarded?.discard();
          expect((await session.observe()).ours).not.toBeNull();
          const prepared = await session.prepareRevoke?.(null);
          expect(await access.works()).toBe(true);
          await prepared?.commit();
          expect((await session.observe()).ours).toBeNull();
          // As whoever cleans up does: it changes nothing any more.
          await prepared?.discard();
        });
        expect(await access.works()).toBe(false);
      });

      it('that puts back what was held before, and is no longer there after a crash', async () => {
        const { access, connector, on } = await begin(harness);
        if (!connector.capabilities.preparesRevocations) return;
        const before = await access.holdBefore('other');
        await give(connector, on);
        const crashed = connector.exclusively(on, async (session) => {
          const prepared = await session.prepareRevoke?.(before);
          access.network.crash();
          await prepared?.commit();
        });
        await expectOutage(crashed, 'transient', 'unknown_outcome');
        await access.quiet();
        expect(await access.works()).toBe(true);
        const successor = access.open();
        await successor.exclusively(on, async (session) => {
          await (await session.prepareRevoke?.(before))?.commit();
        });
        expect((await access.held()).ours).toEqual(before);
      });
    });

    describe('ends right, whatever happened meanwhile', () => {
      it('when it was removed by hand: that is seen, listed and no failure of the end', async () => {
        const { access, connector, on } = await begin(harness);
        await give(connector, on);
        await access.removeByHand();
        expect(await access.works()).toBe(false);
        expect((await connector.exclusively(on, (session) => session.observe())).ours).toBeNull();
        expect(await holdings(connector, on)).toEqual([]);
        await end(connector, on, null);
        expect(await access.held()).toEqual({ ours: null, others: [] });
      });

      it('when it was removed by hand and had been held before: that comes back', async () => {
        const { access, connector, on } = await begin(harness);
        const before = await access.holdBefore('same');
        await give(connector, on);
        await access.removeByHand();
        await end(connector, on, before);
        expect((await access.held()).ours).toEqual(before);
      });

      it('when it was removed by hand and given again by a second grant, which ends with the rest', async () => {
        const { access, connector, on } = await begin(harness);
        await give(connector, on);
        await access.removeByHand();
        expect(await give(connector, on)).toBeNull();
        expect(await access.works()).toBe(true);
        await end(connector, on, null);
        expect(await access.works()).toBe(false);
      });

      it('when it was extended: giving it again for longer changes nothing that is there', async () => {
        const { access, connector, on } = await begin(harness);
        await give(connector, on);
        const held = await access.held();
        await connector.exclusively(on, (session) => session.grant({ expiresAt: new Date('2101-01-01T00:00:00Z') }));
        expect(await access.held()).toEqual(held);
        await end(connector, on, null);
        expect(await access.held()).toEqual({ ours: null, others: [] });
      });

      it('when it is returned right after it was given, before anybody has looked', async () => {
        const { access, connector, on } = await begin(harness);
        await connector.exclusively(on, (session) => session.grant(EXPIRES));
        await end(access.open(), on, null);
        expect(await access.held()).toEqual({ ours: null, others: [] });
        expect(await access.works()).toBe(false);
      });

      it('calls enough what a grant gives, and nothing else that is less', async () => {
        const { connector, on } = await begin(harness);
        await connector.exclusively(on, async (session) => {
          expect(session.suffices((await session.observe()).ours)).toBe(false);
          await session.grant(EXPIRES);
          expect(session.suffices((await session.observe()).ours)).toBe(true);
        });
      });
    });

    describe('knows who and what it deals with', () => {
      it('follows a renamed subject by its id', async () => {
        const { access, connector, on } = await begin(harness);
        await give(connector, on);
        await access.renameSubject();
        await end(connector, on, null);
        expect((await access.held()).ours).toBeNull();
      });

      it('does not touch another subject that took the name', async () => {
        const { access, connector, on } = await begin(harness);
        await give(connector, on);
        await access.recreateSubject();
        const held = await access.held();
        expect(held.ours).not.toBeNull();
        await end(connector, on, null);
        expect(await access.held()).toEqual(held);
        await expectOutage(give(connector, on), 'permanent');
        expect((await resolved(connector, access)).resolved.key).not.toBe(on.resolved.key);
      });

      it('refuses another server behind the same address', async () => {
        const { access, connector, on } = await begin(harness);
        const here = await connector.identify();
        await give(connector, on);
        await access.network.anotherServer();
        const there = access.open();
        expect(await there.identify()).not.toBe(here);
        expect((await resolved(there, access)).resolved.key).not.toBe(on.resolved.key);
        await expectOutage(end(there, on, null), 'permanent');
        expect(await access.works()).toBe(true);
      });

      it('says which name does not exist', async () => {
        const { access, connector } = await begin(harness);
        const outage = await expectOutage(connector.resolve(access.entitlement, 'nobody of this name'), 'permanent');
        expect(outage.message).toContain('nobody of this name');
      });
    });

    describe('survives a crash', () => {
      const steps = [
        'before the lock',
        'under the lock',
        'after a look',
        'after the change',
        'after the read-back',
      ] as const;

      it.each(steps)('of the grant %s', async (step) => {
        const { access, connector, on } = await begin(harness);
        await crashAt(access, connector, on, step, (session) => session.grant(EXPIRES));
        const successor = access.open();
        await give(successor, on);
        expect(await access.works()).toBe(true);
        await end(successor, on, null);
        expect((await access.held()).ours).toBeNull();
      });

      it.each(steps)('of the revocation %s', async (step) => {
        const { access, connector, on } = await begin(harness);
        const before = await access.holdBefore('other');
        await give(connector, on);
        await crashAt(access, connector, on, step, (session) => session.revoke(before));
        await end(access.open(), on, before);
        expect((await access.held()).ours).toEqual(before);
      });
    });

    describe('says what may have happened', () => {
      it('when a change is lost on its way', async () => {
        const { access, connector, on } = await begin(harness);
        access.network.failNextChange('lost');
        const outage = await expectOutage(give(connector, on), 'transient', 'unknown_outcome');
        expectNoSecret(access, outage);
        await give(connector, on);
        access.network.failNextChange('lost');
        await expectOutage(end(connector, on, null), 'transient', 'unknown_outcome');
        expect(await access.works()).toBe(true);
        await end(connector, on, null);
        expect(await access.works()).toBe(false);
      });

      it('when the answer to a change is lost', async () => {
        const { access, connector, on } = await begin(harness);
        access.network.failNextChange('answer_lost');
        expectNoSecret(access, await expectOutage(give(connector, on), 'unknown_outcome'));
        expect(await access.works()).toBe(true);
        access.network.failNextChange('answer_lost');
        await expectOutage(end(connector, on, null), 'unknown_outcome');
        await end(connector, on, null);
        expect(await access.works()).toBe(false);
      });

      it('when the target is down, and goes on when it is back', async () => {
        const { access, connector, on } = await begin(harness);
        access.network.down();
        for (const call of callsOf(connector, access, on))
          expectNoSecret(access, await expectOutage(call(), 'transient'));
        const findings = await connector.check([{ entitlement: access.entitlement, endSessions: false }]);
        expect(findings.map((finding) => finding.severity)).toEqual(['error']);
        access.network.up();
        await give(connector, on);
        expect(await access.works()).toBe(true);
      });

      it('when the target never answers', async () => {
        const { access, connector, on } = await begin(harness);
        access.network.silence();
        expectNoSecret(access, await expectOutage(give(connector, on), 'transient'));
      });

      it('when the target refuses', async () => {
        const { access, connector, on } = await begin(harness);
        await access.forbid();
        expectNoSecret(access, await expectOutage(give(connector, on), 'permanent'));
        expect((await access.held()).ours).toBeNull();
        await end(connector, on, null);
      });

      it('when the target is too busy to change anything', async () => {
        const { access, connector, on } = await begin(harness);
        const unblock = await access.block();
        await expectOutage(give(connector, on), 'transient');
        await unblock();
        await access.quiet();
        expect((await access.held()).ours).toBeNull();
        await give(connector, on);
        expect(await access.works()).toBe(true);
      });

      it('works through a slow network', async () => {
        const { access, connector, on } = await begin(harness);
        access.network.slow(40);
        await give(connector, on);
        expect(await access.works()).toBe(true);
        await end(connector, on, null);
        expect(await access.works()).toBe(false);
      });
    });

    describe('lets one at a time work on an access', () => {
      it('makes a second process wait for the first', async () => {
        const { access, connector, on } = await begin(harness);
        const order: string[] = [];
        const second = access.open();
        let waiting: Promise<void> = Promise.resolve();
        await connector.exclusively(on, async (session) => {
          order.push('first in');
          waiting = second.exclusively(on, async () => void order.push('second in'));
          await access.somebodyWaits();
          await session.grant(EXPIRES);
          order.push('first out');
        });
        await waiting;
        expect(order).toEqual(['first in', 'first out', 'second in']);
      });

      it('takes the lock from a process that is paused, whose calls then fail', async () => {
        const { access, connector, on } = await begin(harness);
        const { promise: paused, resolve: resume } = deferred();
        const { promise: locked, resolve: nowLocked } = deferred();
        const first = connector.exclusively(on, async (session) => {
          await session.observe();
          nowLocked();
          await paused;
          await session.grant(EXPIRES);
        });
        await locked;
        await end(access.open(), on, null);
        resume();
        await expectOutage(first, 'transient', 'unknown_outcome');
        await access.quiet();
        expect((await access.held()).ours).toBeNull();
      });

      it('lets no slow call land after its successor', async () => {
        const { access, connector, on } = await begin(harness);
        access.network.failNextChange('stuck');
        const slow = expectOutage(give(connector, on), 'transient', 'unknown_outcome');
        await access.network.changeCame();
        const successor = access.open();
        const doubt = await end(successor, on, null);
        access.network.release();
        await slow;
        await access.quiet();
        expect(doubt === null).toBe(connector.capabilities.lockProvesQuiet);
        if (!connector.capabilities.lockProvesQuiet) {
          // Nothing on such a target stops it: that its successor knew is what makes somebody look again.
          expect((await access.held()).ours).not.toBeNull();
          expect(await end(access.open(), on, null)).not.toBeNull();
        }
        expect((await access.held()).ours).toBeNull();
      });

      it('forgets nothing when the work itself fails', async () => {
        const { connector, on } = await begin(harness);
        const failing = connector.exclusively(on, async () => {
          throw new Error('our own database is away');
        });
        await expect(failing).rejects.toThrow('our own database is away');
        await connector.exclusively(on, async () => undefined);
      });
    });

    describe('lists holders', () => {
      it('page by page, each once, with the access that a grant would have', async () => {
        const { access, connector, on } = await begin(harness);
        await give(connector, on);
        const found = [];
        let after: string | null = null;
        do {
          const page: HolderPage = await connector.listHolders(access.entitlement, after);
          expect(`${page.targetIdentity}/${page.entitlementId}`).toBe(entitlementKeyOf(on.resolved));
          found.push(...page.holders);
          after = page.next;
        } while (after !== null);
        expect(found.filter((holder) => holder.ours).map((holder) => holder.accessKey)).toEqual([on.resolved.key]);
      });

      it('tells the same without names where it can, and names those by us only in the buckets asked for', async () => {
        const { access, connector, on } = await begin(harness);
        if (!connector.summarizeHolders) return;
        expect((await connector.summarizeHolders(access.entitlement)).ours).toEqual([]);
        await give(connector, on);
        await access.grantByAnother();
        const { holders } = await connector.listHolders(access.entitlement);
        const [ours, others] = [holders.filter((holder) => holder.ours), holders.filter((holder) => !holder.ours)];
        const told = await connector.summarizeHolders(access.entitlement);
        expect(entitlementKeyOf(told)).toBe(entitlementKeyOf(on.resolved));
        expect(inOrder(told.ours)).toEqual(digestsOf(ours));
        const bucket = bucketOf(ours[0]?.subjectId ?? '');
        const named = async (buckets: readonly number[]) =>
          (await connector.listHolders(access.entitlement, null, buckets)).holders;
        expect(await named([bucket])).toEqual(holders);
        expect(await named([(bucket + 1) % 256])).toEqual(others);
        expect(await named([])).toEqual(others);
      });
    });

    describe('ends sessions', () => {
      it('of the holder and nobody else, and counts them', async () => {
        const { access, connector, on } = await begin(harness);
        const bystander = await begin(harness);
        if (!connector.capabilities.endsSessions) return;
        await give(connector, on);
        await give(bystander.connector, bystander.on);
        const theirs = await bystander.access.openSession();
        const sessions = [await access.openSession(), await access.openSession()];
        expect(await Promise.all(sessions.map((session) => session.works()))).toEqual([true, true]);
        const ended = await connector.exclusively(on, async (session) => {
          await session.revoke(null);
          return session.endSessions();
        });
        expect(ended).toEqual({ ended: 2, left: 0 });
        expect(await Promise.all(sessions.map((session) => session.alive()))).toEqual([false, false]);
        expect(await theirs.works()).toBe(true);
        expect(await connector.exclusively(on, (session) => session.endSessions())).toEqual({ ended: 0, left: 0 });
      });
    });

    describe('sees use', () => {
      it('of what is open, where it says that it can, and refuses to guess where not', async () => {
        const { access, connector, on } = await begin(harness);
        await give(connector, on);
        if (!connector.capabilities.observesUse) {
          await expectOutage(connector.inUse(on, 3_600), 'permanent');
          return;
        }
        expect(await connector.inUse(on, 3_600)).toBe(false);
        await access.openSession();
        await access.allowToObserve?.();
        expect(await connector.inUse(on, 3_600)).toBe(true);
      });
    });

    connectorManyContract(harness);

    it('finds nothing wrong with a target that is set up right', async () => {
      const { access, connector } = await begin(harness);
      const { endsSessions } = connector.capabilities;
      expect(await connector.check([{ entitlement: access.entitlement, endSessions: endsSessions }])).toEqual([]);
    });
  });
}

async function begin(harness: ConnectorHarness, names: 'plain' | 'awkward' = 'plain') {
  const access = await harness.access(names);
  const connector = access.open();
  return { access, connector, on: await resolved(connector, access) };
}

async function resolved(
  connector: Connector,
  access: AccessUnderTest,
  entitlement: unknown = access.entitlement,
): Promise<AccessOnTarget> {
  const { subject } = access;
  return { entitlement, subject, resolved: await connector.resolve(entitlement, subject) };
}

/** Gives as a worker does, and returns what was held by our grantor before. */
function give(connector: Connector, on: AccessOnTarget): Promise<Json> {
  return connector.exclusively(on, async (session) => {
    const before = await session.observe();
    await session.grant(EXPIRES);
    expect((await session.observe()).ours).not.toBeNull();
    return before.ours;
  });
}

/** Ends as a worker does, and returns which older call may still land. */
function end(connector: Connector, on: AccessOnTarget, before: Json): Promise<TargetSession['unsettled']> {
  return connector.exclusively(on, async (session) => {
    await session.revoke(before);
    expect((await session.observe()).ours).toEqual(before);
    return session.unsettled;
  });
}

/** Which of the holders listed for the subject are ours, others first. */
async function holdings(connector: Connector, on: AccessOnTarget): Promise<readonly boolean[]> {
  const { holders } = await connector.listHolders(on.entitlement);
  return holders.flatMap((holder) => (holder.subjectId === on.resolved.subjectId ? [holder.ours] : [])).sort();
}

class Crash extends Error {}

async function crashAt(
  access: AccessUnderTest,
  connector: Connector,
  on: AccessOnTarget,
  step: string,
  change: (session: TargetSession) => Promise<string>,
): Promise<void> {
  const dieAt = (here: string) => {
    if (here !== step) return;
    access.network.crash();
    throw new Crash(step);
  };
  const dying = async () => {
    dieAt('before the lock');
    await connector.exclusively(on, async (session) => {
      dieAt('under the lock');
      await session.observe();
      dieAt('after a look');
      await change(session);
      dieAt('after the change');
      await session.observe();
      dieAt('after the read-back');
    });
  };
  await expect(dying()).rejects.toBeInstanceOf(Crash);
}

function callsOf(
  connector: Connector,
  access: AccessUnderTest,
  on: AccessOnTarget,
): readonly (() => Promise<unknown>)[] {
  return [
    () => connector.identify(),
    () => connector.resolve(access.entitlement, access.subject),
    () => connector.listHolders(access.entitlement),
    () => connector.exclusively(on, (session) => session.observe()),
  ];
}

async function expectOutage(call: Promise<unknown>, ...kinds: readonly Outage['kind'][]): Promise<Outage> {
  const error: unknown = await call.then(
    () => 'it succeeded',
    (reason: unknown) => reason,
  );
  if (!(error instanceof Outage)) throw new Error('An Outage was expected', { cause: error });
  expect(kinds).toContain(error.kind);
  expect(error.message).not.toBe('');
  return error;
}

function expectNoSecret(access: AccessUnderTest, outage: Outage): void {
  const told = [outage.message, outage.stack, JSON.stringify(outage.cause)].join('\n');
  for (const secret of access.secrets) expect(told).not.toContain(secret);
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let settle: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: settle };
}
