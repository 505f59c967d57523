import { describe, expect, it } from '@jest/globals';
import { feasibleStages } from '../../src/domain/policy/feasible.ts';
import { offered } from '../../src/domain/policy/offer.ts';
import { subjectFor } from '../../src/domain/policy/subject.ts';
import { startOfDay, timeFacts } from '../../src/domain/policy/time.ts';
import { AROUND, type FactParts, factsFor, policyOf, roleOf, withRules } from '../support/policy-fixture.ts';

describe('a role is offered', () => {
  const isOffered = (rules: string, parts: FactParts = {}, beside = '') => {
    const policy = withRules(rules, beside);
    return offered(policy, roleOf(policy), factsFor(policy, parts));
  };

  it('when a rule may let this person have it', () => {
    expect(isOffered('[{ name: a, then: approve }]')).toBe(true);
    expect(isOffered('[{ name: a, when: \'request.duration < duration("5m")\', then: approve }]')).toBe(true);
    expect(isOffered('[{ name: a, when: \'request.ticket == "INC-1"\', then: { require: [{ from: [dba] }] } }]')).toBe(
      true,
    );
    expect(isOffered('[{ name: a, when: \'request.reason == ""\', then: deny }, { name: b, then: approve }]')).toBe(
      true,
    );
    expect(
      isOffered('[{ name: a, when: \'request.channel == "C1" && "sre" in requester.groups\', then: approve }]', {
        groups: { sre: true },
      }),
    ).toBe(true);
  });

  it('not when every way is closed, whatever is filled in', () => {
    expect(isOffered('[]')).toBe(false);
    expect(isOffered('[{ name: a, then: deny }, { name: b, then: approve }]')).toBe(false);
    expect(isOffered('[{ name: a, when: \'"sre" in requester.groups\', then: approve }]')).toBe(false);
    expect(
      isOffered(
        '[{ name: a, when: \'"sre" in requester.groups && request.duration < duration("5m")\', then: approve }]',
      ),
    ).toBe(false);
    expect(
      isOffered(
        '[{ name: a, when: \'request.duration < duration("5m") && "sre" in requester.groups\', then: approve }]',
      ),
    ).toBe(false);
    expect(
      isOffered('[{ name: a, when: \'"sre" in requester.groups\', then: approve }]', {
        groups: { sre: { unavailable: 'x' } },
      }),
    ).toBe(false);
    expect(
      isOffered(
        '[{ name: a, when: \'request.reason == "" || requester.id != ""\', then: deny }, { name: b, then: approve }]',
      ),
    ).toBe(false);
  });

  it('not when a guardrail or a duty forbids it already', () => {
    const all = '[{ name: a, then: approve }]';
    const guard = (when: string) => `guardrails: [{ name: g, when: '${when}', then: deny }]`;
    expect(isOffered(all, { history: { activeGrants: 2 } }, guard('history.active_grants >= 2'))).toBe(false);
    expect(isOffered(all, { history: { unavailable: 'x' } }, guard('history.active_grants >= 2'))).toBe(false);
    expect(isOffered(all, {}, guard('request.duration > duration("1h")'))).toBe(true);
    const duties = '  lab/x: { entitlement: { role: x } }\nseparation_of_duties: [[db/admin, lab/x]]';
    expect(isOffered(all, { history: { activeRoles: ['lab/x'] } }, duties)).toBe(false);
    expect(isOffered(all, {}, duties)).toBe(true);
  });
});

describe('the stages can be filled', () => {
  const stage = (approvals: number, selfAllowed = false) => ({ approvals, selfAllowed });
  const people = (...names: string[]) => new Set(names);

  it('by distinct people other than the requester', () => {
    expect(feasibleStages([stage(2)], [people('ann', 'bob')], 'dev')).toEqual({ ok: true });
    expect(feasibleStages([stage(2)], [people('ann', 'dev')], 'dev')).toEqual({ ok: false, stage: 0, missing: 1 });
    expect(feasibleStages([stage(2, true)], [people('ann', 'dev')], 'dev')).toEqual({ ok: true });
    expect(feasibleStages([stage(3)], [people()], 'dev')).toEqual({ ok: false, stage: 0, missing: 3 });
    expect(feasibleStages([], [], 'dev')).toEqual({ ok: true });
  });

  it('and nobody in two of them', () => {
    expect(feasibleStages([stage(1), stage(1)], [people('ann'), people('ann')], 'dev')).toEqual({
      ok: false,
      stage: 1,
      missing: 1,
    });
  });

  it('also when the first choice has to move', () => {
    const three = [stage(1), stage(1), stage(1)];
    expect(feasibleStages(three, [people('ann', 'bob', 'cid'), people('ann', 'bob'), people('ann')], 'dev')).toEqual({
      ok: true,
    });
    expect(feasibleStages([stage(2), stage(2)], [people('a', 'b', 'c', 'd'), people('a', 'b')], 'dev')).toEqual({
      ok: true,
    });
    expect(feasibleStages([stage(2), stage(2)], [people('a', 'b', 'c'), people('a', 'b')], 'dev')).toEqual({
      ok: false,
      stage: 1,
      missing: 1,
    });
  });

  it('exactly when trying every assignment finds one', () => {
    const names = ['a', 'b', 'c', 'd'];
    const subsets = Array.from({ length: 16 }, (_, bits) =>
      people(...names.filter((_name, index) => bits & (1 << index))),
    );
    for (const one of subsets) {
      for (const two of subsets) {
        const voters = [one, two];
        const possible = [...one].some((a) => [...one].some((b) => a < b && [...two].some((c) => c !== a && c !== b)));
        expect(feasibleStages([stage(2), stage(1)], voters, 'dev').ok).toBe(possible);
      }
    }
  });
});

describe('the subject', () => {
  const subject = (expression: string, requester: FactParts['requester'] = {}) => {
    const policy = policyOf(
      AROUND,
      `apiVersion: elevate/v1\nroles:\n  db/admin: { entitlement: { role: a }, subject: '${expression}' }\n`,
    );
    return subjectFor(roleOf(policy), factsFor(policy, { requester }));
  };

  it('is worked out from who asks', () => {
    expect(subject('requester.email.split("@")[0]')).toEqual({ ok: true, subject: 'dev' });
    expect(
      subject('requester.email.split("@")[0].lowerAscii() + "_" + resource.labels.team', { email: 'Ann@x.io' }),
    ).toEqual({ ok: true, subject: 'ann_orders' });
  });

  it('is refused with a sentence when it is no name', () => {
    expect(subject('requester.email', { email: { unavailable: 'no scope' } })).toEqual({
      ok: false,
      error: 'The subject `requester.email` cannot be worked out: requester.email could not be looked up: no scope.',
    });
    expect(subject('requester.email', { email: '' })).toMatchObject({ ok: false });
    expect(subject('requester.email', { email: 'a\nb' })).toMatchObject({ ok: false });
    expect(subject('requester.email', { email: 'a'.repeat(321) })).toMatchObject({ ok: false });
    expect(subject('requester.email.split("@")[7]')).toMatchObject({ ok: false });
  });
});

describe('time', () => {
  const hours = { days: ['monday', 'friday'] as const, fromMinute: 540, toMinute: 1_020, holidays: ['2026-03-06'] };

  it("is told in the policy's zone", () => {
    expect(timeFacts(new Date('2026-03-02T15:59:00Z'), 'Europe/Berlin', hours)).toEqual({
      hour: 16,
      minute: 59,
      weekday: 'monday',
      date: '2026-03-02',
      businessHours: true,
    });
    expect(timeFacts(new Date('2026-03-02T16:00:00Z'), 'Europe/Berlin', hours).businessHours).toBe(false);
    expect(timeFacts(new Date('2026-03-02T07:59:00Z'), 'Europe/Berlin', hours).businessHours).toBe(false);
    expect(timeFacts(new Date('2026-03-03T12:00:00Z'), 'Europe/Berlin', hours).businessHours).toBe(false);
    expect(timeFacts(new Date('2026-03-06T12:00:00Z'), 'Europe/Berlin', hours).businessHours).toBe(false);
    expect(timeFacts(new Date('2026-03-01T23:30:00Z'), 'Asia/Tokyo', hours)).toMatchObject({
      hour: 8,
      weekday: 'monday',
      date: '2026-03-02',
    });
    expect(timeFacts(new Date('2026-03-02T00:00:00Z'), 'UTC', hours).hour).toBe(0);
  });

  it.each([
    ['2026-03-02T10:00:00Z', 'Europe/Berlin', '2026-03-01T23:00:00.000Z'],
    ['2026-03-29T12:00:00Z', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
    ['2026-10-25T12:00:00Z', 'Europe/Berlin', '2026-10-24T22:00:00.000Z'],
    ['2018-11-04T15:00:00Z', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'],
    ['2026-03-02T00:00:00Z', 'UTC', '2026-03-02T00:00:00.000Z'],
    ['2026-03-02T12:00:00Z', 'Pacific/Kiritimati', '2026-03-02T10:00:00.000Z'],
  ])('the day of %s in %s begins at %s', (at, zone, start) => {
    expect(startOfDay(new Date(at), zone).toISOString()).toBe(start);
  });
});
