import { describe, expect, it } from '@jest/globals';
import { undecided } from '../../src/domain/policy/undecided.ts';
import { decide, withRules } from '../support/policy-fixture.ts';

const DOWN = { groups: { sre: { unavailable: 'Slack timed out' } } } as const;
const WHY = "the members of group 'sre' could not be looked up: Slack timed out";
const SRE = `when: '"sre" in requester.groups'`;
const APPROVE = '{ name: all, then: approve }';
const HOUR = 3_600;

describe('what an outage decided is told from what the policy decided', () => {
  const cases: readonly [string, Parameters<typeof withRules>, typeof DOWN | object, string | null][] = [
    ['an approval that may hold', [`[{ name: a, ${SRE}, then: approve }]`], DOWN, WHY],
    [
      'one in front of a denial that holds',
      [`[{ name: a, ${SRE}, then: approve }, { name: b, then: deny }]`],
      DOWN,
      WHY,
    ],
    ['one behind a denial that holds', [`[{ name: b, then: deny }, { name: a, ${SRE}, then: approve }]`], DOWN, null],
    ['a denial that may not hold', [`[{ name: a, ${SRE}, then: deny }, ${APPROVE}]`], DOWN, WHY],
    ['a guardrail', [`[${APPROVE}]`, `guardrails: [{ name: g, ${SRE}, then: deny }]`], DOWN, WHY],
    [
      'a guardrail beside one that holds',
      [`[${APPROVE}]`, `guardrails: [{ name: g, ${SRE}, then: deny }, { name: h, then: deny }]`],
      DOWN,
      null,
    ],
    ['a cap below what is asked', [`[${APPROVE}]`, `guardrails: [{ name: g, ${SRE}, then: { cap: 5m } }]`], DOWN, WHY],
    ['a cap above it', [`[${APPROVE}]`, `guardrails: [{ name: g, ${SRE}, then: { cap: 2h } }]`], DOWN, null],
    ['no rule that matches', ['[]'], DOWN, null],
    ['an approval', [`[${APPROVE}]`], DOWN, null],
    [
      'a condition that is wrong in itself',
      [`[{ name: a, when: '1 / (request.ticket == "" ? 1 : 0) == 1', then: approve }]`],
      {},
      null,
    ],
    ['a group that can be looked up', [`[{ name: a, ${SRE}, then: approve }]`], { groups: { sre: false } }, null],
  ];
  it.each(cases)('%s', (_, policy, facts, why) => {
    expect(undecided(decide(withRules(...policy), facts), HOUR)).toEqual(
      why === null ? null : { detail: why, lasting: false },
    );
  });

  const GONE = { unavailable: 'it is disabled', lasting: true } as const;
  const lasting: readonly [string, string, object, boolean][] = [
    ['a group that somebody has to mend', `[{ name: a, ${SRE}, then: approve }]`, { groups: { sre: GONE } }, true],
    [
      'one beside a group that may be there in a minute, in one condition',
      `[{ name: a, when: '"sre" in requester.groups && "dba" in requester.groups', then: approve }]`,
      { groups: { sre: GONE, dba: DOWN.groups.sre } },
      false,
    ],
    [
      'one in front of a rule that hangs on the other',
      `[{ name: a, ${SRE}, then: approve }, { name: b, when: '"dba" in requester.groups', then: approve }]`,
      { groups: { sre: GONE, dba: DOWN.groups.sre } },
      false,
    ],
    [
      'a group whose name is worked out',
      `[{ name: a, when: '(role.risk == "high" ? "sre" : "sre") in requester.groups', then: approve }]`,
      { groups: { sre: GONE } },
      true,
    ],
  ];
  it.each(lasting)('whether it lasts: %s', (_, rules, facts, lasts) => {
    expect(undecided(decide(withRules(rules), facts), HOUR)?.lasting).toBe(lasts);
  });

  it('the limits that a person runs into are the policy’s own', () => {
    const policy = withRules(`[${APPROVE}]`, 'guardrails: [{ name: g, then: { cap: 5m } }]');
    expect(undecided(decide(policy), HOUR)).toBeNull();
  });
});
