import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { currentStage, placed, progress, type StageVoters } from '../../src/domain/approval.ts';
import { type SlackUserId, slackUserId } from '../../src/domain/ids.ts';
import type { PersonRef } from '../../src/domain/person.ts';
import { feasibleStages } from '../../src/domain/policy/feasible.ts';
import { transitionRequest } from '../../src/domain/request.ts';
import { aRequest, aStage, dev, later } from '../support/domain.ts';

const PEOPLE = ['U0DEV', 'U1', 'U2', 'U3', 'U4', 'U5'].map(slackUserId);
const some = fc.uniqueArray(fc.constantFrom(...PEOPLE), { minLength: 0, maxLength: 5 });
const stages = fc.array(fc.record({ approvals: fc.integer({ min: 1, max: 3 }), people: some }), {
  minLength: 1,
  maxLength: 3,
});
const votersOf = (people: readonly SlackUserId[]): StageVoters => ({
  voters: new Map(people.map((user) => [user, { via: 'group', onBehalfOf: [] }])),
  unavailable: [],
});

describe('a quorum, whoever clicks in whatever order', () => {
  it('is filled by as many distinct people as all its stages ask for, none of them the requester', () => {
    let filled = 0;
    fc.assert(
      fc.property(stages, fc.array(fc.constantFrom(...PEOPLE), { maxLength: 30 }), (wanted, clicks) => {
        let request = aRequest({ stages: wanted.map(({ approvals }) => aStage(approvals, 'group')) });
        const voters = wanted.map(({ people }) => votersOf(people));
        for (const [index, user] of clicks.entries()) {
          const by = { slackUserId: user, email: `${user}@example.com`, name: user };
          const step = transitionRequest(
            request,
            { type: 'approve', by, revision: request.revision, voters },
            later(index),
          );
          if (step.ok) request = step.state;
        }
        const approvals = request.decisions.filter((decision) => decision.kind === 'approved');
        const people = approvals.map((decision) => decision.by.slackUserId);
        expect(new Set(people).size).toBe(people.length);
        expect(people).not.toContain(dev.slackUserId);
        for (const { stage, by } of approvals) expect(wanted[stage ?? -1]?.people).toContain(by.slackUserId);
        if (request.status !== 'approved') return;
        filled += 1;
        expect(people.length).toBe(wanted.reduce((all, { approvals: count }) => all + count, 0));
      }),
      { numRuns: 2_000 },
    );
    expect(filled).toBeGreaterThan(100);
  });

  it('is never used up: what could be filled when it was asked for can be filled by whoever has not clicked yet', () => {
    let refused = 0;
    const feasible = stages.filter(
      (wanted) =>
        feasibleStages(
          wanted.map(({ approvals }) => ({ approvals, selfAllowed: false })),
          wanted.map(({ people }) => new Set(people)),
          dev.slackUserId,
        ).ok,
    );
    fc.assert(
      fc.property(feasible, fc.shuffledSubarray(PEOPLE, { minLength: PEOPLE.length }), (wanted, order) => {
        let request = aRequest({ stages: wanted.map(({ approvals }) => aStage(approvals, 'group')) });
        const voters = wanted.map(({ people }) => votersOf(people));
        for (const user of wanted.flatMap(() => [...order, ...order, ...order])) {
          const by = { slackUserId: user, email: `${user}@example.com`, name: user };
          const command = { type: 'approve', by, revision: request.revision, voters } as const;
          const step = transitionRequest(request, command, later(1));
          if (step.ok) request = step.state;
          else if (step.refusal.code === 'needed_later') refused += 1;
          if (request.status === 'approved') break;
        }
        expect(request.status).toBe('approved');
      }),
      { numRuns: 1_000 },
    );
    expect(refused).toBeGreaterThan(50);
  });

  describe('while people are away', () => {
    /** Who decides for whom; nobody for themselves. */
    const toAnybody = fc.array(fc.tuple(fc.constantFrom(...PEOPLE), fc.constantFrom(...PEOPLE)), { maxLength: 4 });
    const allToOne = fc
      .tuple(fc.shuffledSubarray(PEOPLE), fc.constantFrom(...PEOPLE))
      .map(([absent, delegate]) => absent.map((each): [SlackUserId, SlackUserId] => [each, delegate]));
    const handedOver = fc
      .oneof(toAnybody, allToOne)
      .map((all) => new Map(all.filter(([absent, delegate]) => absent !== delegate)));
    const refTo = (user: SlackUserId): PersonRef => ({ slackUserId: user, email: `${user}@example.com`, name: user });
    const withDelegates = (people: readonly SlackUserId[], to: ReadonlyMap<SlackUserId, SlackUserId>): StageVoters => {
      const { voters, unavailable } = votersOf(people);
      const seats = new Map(voters);
      for (const [absent, delegate] of to) {
        const seat = seats.get(delegate);
        if (!people.includes(absent) || (seat && seat.onBehalfOf.length === 0)) continue;
        seats.set(delegate, { via: 'group', onBehalfOf: [...(seat?.onBehalfOf ?? []), refTo(absent)] });
      }
      return { voters: seats, unavailable };
    };
    /** Whether these places can be filled by distinct people in their own right. A delegate fills a place that the absent one could. */
    const fills = (places: readonly (readonly SlackUserId[])[], used: ReadonlySet<SlackUserId>): boolean => {
      const [first, ...rest] = places;
      return !first || first.some((each) => !used.has(each) && fills(rest, new Set([...used, each])));
    };
    const asks = fc.tuple(stages, handedOver, fc.shuffledSubarray(PEOPLE, { minLength: PEOPLE.length }));
    const setUp = (wanted: readonly { approvals: number; people: readonly SlackUserId[] }[]) =>
      aRequest({ stages: wanted.map(({ approvals }) => aStage(approvals, 'group')) });
    const places = (wanted: readonly { people: readonly SlackUserId[] }[], left: readonly number[]) =>
      wanted.flatMap(({ people }, index) =>
        Array.from({ length: left[index] ?? 0 }, () => people.filter((each) => each !== dev.slackUserId)),
      );
    const approvals = (wanted: readonly { approvals: number }[]) => wanted.map((each) => each.approvals);

    it('is never used up either, whoever decides for whom', () => {
      const seen = { filled: 0, delegated: 0, needed: 0 };
      fc.assert(
        fc.property(asks, ([wanted, to, order]) => {
          fc.pre(fills(places(wanted, approvals(wanted)), new Set()));
          let request = setUp(wanted);
          const voters = wanted.map(({ people }) => withDelegates(people, to));
          for (const user of wanted.flatMap(() => [...order, ...order, ...order])) {
            const command = { type: 'approve', by: refTo(user), revision: request.revision, voters } as const;
            const step = transitionRequest(request, command, later(1));
            if (step.ok) request = step.state;
            else if (step.refusal.code === 'needed_later') seen.needed += 1;
            if (request.status === 'approved') break;
          }
          expect(request.status).toBe('approved');
          seen.filled += 1;
          if (request.decisions.some(({ onBehalfOf }) => onBehalfOf !== null)) seen.delegated += 1;
        }),
        { numRuns: 3_000 },
      );
      expect(Math.min(seen.filled, seen.delegated, seen.needed)).toBeGreaterThan(100);
    });

    it('refuses somebody as needed later only where no place of theirs leaves enough people', () => {
      let refused = 0;
      fc.assert(
        fc.property(asks, ([wanted, to, order]) => {
          fc.pre(wanted.length > 1 && fills(places(wanted, approvals(wanted)), new Set()));
          let request = setUp(wanted);
          const voters = wanted.map(({ people }) => withDelegates(people, to));
          for (const user of wanted.flatMap(() => order)) {
            const before = progress(request, voters);
            const now = currentStage(before) ?? 0;
            const left = before.map(
              ({ stage, counted }, index) => stage.approvals - counted.length - Number(index === now),
            );
            const taken = placed(before);
            const command = { type: 'approve', by: refTo(user), revision: request.revision, voters } as const;
            const step = transitionRequest(request, command, later(1));
            if (step.ok) request = step.state;
            if (request.status === 'approved') break;
            if (step.ok || step.refusal.code !== 'needed_later') continue;
            refused += 1;
            const seat = voters[now]?.voters.get(user);
            const own = seat?.onBehalfOf.length === 0 ? [[user]] : [];
            const forOthers = (seat?.onBehalfOf ?? [])
              .filter(({ slackUserId: absent }) => absent !== dev.slackUserId && !taken.has(absent))
              .map(({ slackUserId: absent }) => [user, absent]);
            for (const people of [...own, ...forOthers]) {
              expect(fills(places(wanted, left), new Set([...taken, ...people]))).toBe(false);
            }
          }
        }),
        { numRuns: 3_000 },
      );
      expect(refused).toBeGreaterThan(100);
    });
  });

  it('is possible exactly when some choice of distinct people fills every place', () => {
    const byTrying = (places: readonly (readonly SlackUserId[])[], used: ReadonlySet<SlackUserId>): boolean => {
      const [first, ...rest] = places;
      if (!first) return true;
      return first.some((person) => !used.has(person) && byTrying(rest, new Set([...used, person])));
    };
    const seen = { yes: 0, no: 0 };
    fc.assert(
      fc.property(stages, (wanted) => {
        const found = feasibleStages(
          wanted.map(({ approvals }) => ({ approvals, selfAllowed: false })),
          wanted.map(({ people }) => new Set(people)),
          dev.slackUserId,
        );
        const places = wanted.flatMap(({ approvals, people }) =>
          Array.from({ length: approvals }, () => people.filter((person) => person !== dev.slackUserId)),
        );
        const possible = byTrying(places, new Set());
        seen[possible ? 'yes' : 'no'] += 1;
        expect(found.ok).toBe(possible);
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(100);
  });
});
