import { describe, expect, it } from '@jest/globals';
import type { AccessOnTarget, Connector, Holding, ManySession } from '../../src/usecases/ports.ts';
import { Outage } from '../../src/usecases/ports.ts';
import type { AccessUnderTest, ConnectorHarness } from '../support/connector-harness.ts';

const EXPIRES = { expiresAt: new Date('2100-01-01T00:00:00Z') };

/** Somebody on the entitlement that all of a batch are on. */
interface Member {
  readonly access: AccessUnderTest;
  readonly on: AccessOnTarget;
}

/** What a connector must do that takes away many accesses at once. A connector that offers it not is let off. */
export function connectorManyContract(harness: ConnectorHarness): void {
  describe('takes many away at once', () => {
    it('for everybody meant, answers for each, and touches nobody else', () =>
      batch(harness, async ({ members, bystander, many }) => {
        const [first, second, third] = members;
        expect(await many(members, (session) => takeAll(session, members))).toEqual(gone(members));
        for (const { access } of [first, second, third]) expect(await access.held()).toEqual(NOTHING);
        expect(await bystander.access.works()).toBe(true);
      }));

    it('where one was removed by hand, and another was never given: that is no failure of theirs nor of the rest', () =>
      batch(harness, async ({ members, bystander, many, end }) => {
        const [removed, never] = members;
        await removed.access.removeByHand();
        await end(never);
        expect(await many(members, (session) => takeAll(session, members))).toEqual(gone(members));
        expect(await bystander.access.works()).toBe(true);
      }));

    it('and leaves what another grantor gave, and says so when it looks', () =>
      batch(harness, async ({ members, connector, many }) => {
        if (!connector.capabilities.distinguishesGrantors) return;
        const [kept] = members;
        await kept.access.grantByAnother();
        const { others } = await kept.access.held();
        const seen = await many(members, (session) => takeAll(session, members));
        expect(seen.get(kept.on.resolved.key)).toEqual({ ours: null, others });
        expect(await kept.access.works()).toBe(true);
      }));

    it('and waits for nobody: an access that somebody works on is left out, and left alone', () =>
      batch(harness, async ({ members, connector, many }) => {
        const [busy, ...rest] = members;
        await busy.access.open().exclusively(busy.on, async () => {
          const seen = await many(members, (session) => {
            expect(session.held).toEqual(new Set(rest.map(({ on }) => on.resolved.key)));
            return takeAll(session, members);
          });
          expect(seen).toEqual(gone(rest));
        });
        expect(await busy.access.works()).toBe(true);
        await connector.exclusively(busy.on, (session) => session.revoke(null));
      }));

    it('with their locks: while it works nobody else gets one of them, and afterwards everybody does', () =>
      batch(harness, async ({ members, many }) => {
        const other = members[0].access.open();
        const held = async () =>
          other.exclusivelyMany?.(
            members.map(({ on }) => on),
            async (session) => session.held.size,
          );
        expect(await many(members, held)).toBe(0);
        expect(await held()).toBe(members.length);
      }));

    it('and never another subject who took the name', () =>
      batch(harness, async ({ members, many }) => {
        const [replaced, ...rest] = members;
        await replaced.access.recreateSubject();
        const held = await replaced.access.held();
        const seen = await many(members, (session) => takeAll(session, members));
        for (const { on } of rest) expect(seen.get(on.resolved.key)).toEqual(NOTHING);
        expect(await replaced.access.held()).toEqual(held);
      }));

    it('on the very target alone: another server behind the address has none of them', () =>
      batch(harness, async ({ members }) => {
        const [first] = members;
        await first.access.network.anotherServer();
        const other = first.access.open();
        const seen = await other.exclusivelyMany?.(
          members.map(({ on }) => on),
          async (session) => [session.held.size, (await takeAll(session, members)).size],
        );
        expect(seen).toEqual([0, 0]);
        expect(await first.access.works()).toBe(true);
      }));

    it('and where the target refuses one of them, takes the others and says nothing of that one', () =>
      batch(harness, async ({ members, many }) => {
        const [refused, ...rest] = members;
        if (!refused.access.entangle) return;
        await refused.access.entangle();
        const answered = await many(members, (session) => session.revoke(keysOf(members)));
        expect([...answered.keys()].sort()).toEqual(keysOf(rest).sort());
        expect(await refused.access.works()).toBe(true);
        for (const { access } of rest) expect(await access.held()).toEqual(NOTHING);
      }));

    it.each(['lost', 'answer_lost'] as const)(
      'and is cut in the middle: the change is %s, and each is ended after all',
      (fault) =>
        batch(harness, async ({ members, many, end }) => {
          const [first] = members;
          first.access.network.failNextChange(fault);
          const cut = many(members, (session) => takeAll(session, members));
          const error: unknown = await cut.then(
            () => 'it succeeded',
            (reason: unknown) => reason,
          );
          if (!(error instanceof Outage)) throw new Error('An Outage was expected', { cause: error });
          expect(['transient', 'unknown_outcome']).toContain(error.kind);
          if (fault === 'answer_lost') expect(error.kind).toBe('unknown_outcome');
          for (const secret of first.access.secrets) expect(error.message).not.toContain(secret);
          await first.access.quiet();
          const left = await Promise.all(members.map(async ({ access }) => (await access.held()).ours !== null));
          // All of them or none: what was cut is one change.
          expect(new Set(left)).toEqual(new Set([fault === 'lost']));
          for (const member of members) await end(member);
          for (const { access } of members) expect(await access.held()).toEqual(NOTHING);
        }),
    );

    it('and no slow batch lands after its successors', () =>
      batch(harness, async ({ members, many, end, give }) => {
        const [first] = members;
        first.access.network.failNextChange('stuck');
        const slow = many(members, (session) => takeAll(session, members)).catch(() => 'failed');
        await first.access.network.changeCame();
        for (const member of members) await end(member);
        await give(first);
        first.access.network.release();
        expect(await slow).toBe('failed');
        await first.access.quiet();
        expect(await first.access.works()).toBe(true);
      }));
  });
}

const NOTHING: Holding = { ours: null, others: [] };
const keysOf = (members: readonly Member[]): string[] => members.map(({ on }) => on.resolved.key);
const gone = (members: readonly Member[]) => new Map(keysOf(members).map((key) => [key, NOTHING]));

/** As the worker does: takes all away, and looks. */
async function takeAll(session: ManySession, members: readonly Member[]): Promise<ReadonlyMap<string, Holding>> {
  const answers = await session.revoke(keysOf(members));
  for (const answer of answers.values()) expect(answer).toEqual(expect.any(String));
  return session.observe([...answers.keys()]);
}

interface Batch {
  readonly connector: Connector;
  /** Three who were given it. */
  readonly members: readonly [Member, Member, Member];
  /** Was given it too, and is never meant. */
  readonly bystander: Member;
  many<T>(members: readonly Member[], work: (session: ManySession) => Promise<T>): Promise<T>;
  give(member: Member): Promise<void>;
  /** The single way, by another process. */
  end(member: Member): Promise<void>;
}

async function batch(harness: ConnectorHarness, play: (batch: Batch) => Promise<void>): Promise<void> {
  const access = await harness.access();
  const connector = access.open();
  const { exclusivelyMany } = connector;
  if (!exclusivelyMany) return;
  const begin = async (each: AccessUnderTest): Promise<Member> => {
    const resolved = await connector.resolve(each.entitlement, each.subject);
    const member = { access: each, on: { entitlement: each.entitlement, subject: each.subject, resolved } };
    await give(member);
    return member;
  };
  const give = async ({ on }: Member): Promise<void> => {
    await connector.exclusively(on, async (session) => {
      await session.grant(EXPIRES);
      expect((await session.observe()).ours).not.toBeNull();
    });
  };
  const members = [
    await begin(access),
    await begin(await access.another()),
    await begin(await access.another()),
  ] as const;
  await play({
    connector,
    members,
    bystander: await begin(await access.another()),
    many: (of, work) =>
      exclusivelyMany(
        of.map(({ on }) => on),
        work,
      ),
    give,
    end: ({ access: each, on }) =>
      each.open().exclusively(on, async (session) => {
        await session.revoke(null);
        expect((await session.observe()).ours).toBeNull();
      }),
  });
}
