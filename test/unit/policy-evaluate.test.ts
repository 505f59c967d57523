import { describe, expect, it } from '@jest/globals';
import type { PolicyDecision } from '../../src/domain/policy/types.ts';
import { AROUND, decide, policyOf, withRules } from '../support/policy-fixture.ts';

/** `kind:name` of what decided, and the outcome. */
const decided = (decision: PolicyDecision): string =>
  `${decision.outcome} by ${decision.rule.kind}: ${decision.rule.name}`;
/** Every verdict of the trace in a word, with ! where it took effect. */
const verdicts = (decision: PolicyDecision): string[] =>
  decision.trace.map((each) => `${each.name} ${each.verdict}${each.applied ? '!' : ''}`);

const APPROVE = '{ name: all, then: approve }';

describe('default deny (1)', () => {
  it('no rule, no match, no role', () => {
    expect(decided(decide(withRules('[]')))).toBe('deny by default: no rule matches');
    expect(decided(decide(withRules('[{ name: x, when: "false", then: approve }]')))).toBe(
      'deny by default: no rule matches',
    );
    expect(decided(decide(withRules(`[${APPROVE}]`), {}, 'db/nothing'))).toBe('deny by default: no such role');
  });
});

describe('the first rule that holds decides (3)', () => {
  const policy = withRules(`
      - { name: dbas, when: '"dba" in requester.groups', then: approve }
      - { name: not sre, when: '"sre" in requester.groups', then: deny, message: Ask a DBA. }
      - { name: the rest, then: { require: [{ approvals: 2, from: [dba] }, { from: [security, manager] }] } }
      - { name: never, then: approve }`);

  it('from the top', () => {
    expect(decided(decide(policy, { groups: { dba: true, sre: true } }))).toBe('approve by rule: dbas');
    const denied = decide(policy, { groups: { sre: true } });
    expect(decided(denied)).toBe('deny by rule: not sre');
    expect(denied.message).toBe('Ask a DBA.');
    const asks = decide(policy);
    expect(decided(asks)).toBe('require by rule: the rest');
    const addedBy = { kind: 'rule', name: 'the rest' };
    expect(asks.stages).toEqual([
      { approvals: 2, from: ['dba'], selfAllowed: false, wait: null, fallback: null, addedBy },
      { approvals: 1, from: ['security', 'manager'], selfAllowed: false, wait: null, fallback: null, addedBy },
    ]);
  });

  it('and the trace tells of every rule', () => {
    const { trace, rule } = decide(policy, { groups: { sre: true } });
    expect(rule).toMatchObject({ index: 1, location: { path: 'policies/p1.yaml', line: 7, column: 9 } });
    expect(trace.map(({ name, verdict, values, condition }) => ({ name, verdict, values, condition }))).toEqual([
      {
        name: 'dbas',
        verdict: 'not_matched',
        values: { 'requester.groups["dba"]': false },
        condition: '"dba" in requester.groups',
      },
      {
        name: 'not sre',
        verdict: 'matched',
        values: { 'requester.groups["sre"]': true },
        condition: '"sre" in requester.groups',
      },
      { name: 'the rest', verdict: 'not_reached', values: {}, condition: null },
      { name: 'never', verdict: 'not_reached', values: {}, condition: null },
    ]);
  });
});

describe('guardrails (2)', () => {
  const GUARDRAILS = `guardrails:
  - name: two grants
    when: history.active_grants >= 2
    then: deny
    message: End one first.
  - name: night
    when: time.hour >= 22
    then: { cap: 30m, require: [{ from: [security] }] }
  - name: friday
    when: time.weekday == "friday"
    then: { cap: 1h, require: [{ from: [sre] }] }
`;
  const policy = withRules(
    `[{ name: dbas, when: '"dba" in requester.groups', then: { require: [{ from: [dba] }] } }, ${APPROVE}]`,
    GUARDRAILS,
  );

  it('deny whatever the rules say', () => {
    const decision = decide(policy, { history: { activeGrants: 2 } });
    expect(decided(decision)).toBe('deny by guardrail: two grants');
    expect(decision.message).toBe('End one first.');
    expect(verdicts(decision)).toEqual([
      'two grants matched!',
      'night not_matched',
      'friday not_matched',
      'dbas not_reached',
      'all not_reached',
    ]);
  });

  it('cap by the lowest, and add their stages last', () => {
    const decision = decide(policy, { at: '2026-03-06T21:30:00Z', groups: { dba: true } });
    expect(decided(decision)).toBe('require by rule: dbas');
    expect([decision.capSeconds, decision.cappedBy]).toEqual([1_800, 'night']);
    expect(decision.stages.map((stage) => `${stage.from} by ${stage.addedBy.kind}`)).toEqual([
      'dba by rule',
      'security by guardrail',
      'sre by guardrail',
    ]);
  });

  it('ask people where the rule asks nobody', () => {
    const decision = decide(policy, { at: '2026-03-06T12:00:00Z' });
    expect(decided(decision)).toBe('require by rule: all');
    expect([decision.capSeconds, decision.stages.length]).toEqual([3_600, 1]);
  });

  it('say nothing when none holds', () => {
    expect(decide(policy)).toMatchObject({ outcome: 'approve', capSeconds: null, cappedBy: null, stages: [] });
  });
});

describe('separation of duties (2)', () => {
  const policy = withRules(
    `[${APPROVE}]`,
    `  lab/audit: { entitlement: { role: audit }, rules: [${APPROVE}] }
  lab/other: { entitlement: { role: other }, rules: [${APPROVE}] }
separation_of_duties:
  - [db/admin, lab/audit]
  - { name: nobody does both, roles: [lab/audit, lab/other], message: One of you. }
`,
  );

  it('lets one person hold one of a set', () => {
    expect(decided(decide(policy, { history: { activeRoles: ['lab/audit'] } }))).toBe(
      'deny by separation_of_duties: db/admin or lab/audit',
    );
    expect(decided(decide(policy, { history: { activeRoles: ['lab/other', 'db/admin'] } }))).toBe(
      'approve by rule: all',
    );
    const other = decide(policy, { history: { activeRoles: ['lab/audit'] } }, 'lab/other');
    expect(decided(other)).toBe('deny by separation_of_duties: nobody does both');
    expect(other.message).toBe('One of you.');
  });

  it('is not broken by the role itself, which is an extension', () => {
    expect(decided(decide(policy, { history: { activeRoles: ['db/admin'] } }))).toBe('approve by rule: all');
  });

  it('holds when history is not known', () => {
    const decision = decide(policy, { history: { unavailable: 'no answer' } });
    expect(decided(decision)).toBe('deny by separation_of_duties: db/admin or lab/audit');
    expect(decision.trace[0]).toMatchObject({
      verdict: 'error',
      applied: true,
      error: 'history could not be looked up: no answer',
    });
  });
});

describe('what cannot be read counts against the requester (4, 9)', () => {
  const broken = { groups: { sre: { unavailable: 'Slack timed out' } } } as const;
  const WHEN = `when: '"sre" in requester.groups'`;

  it('an approval and a request for people do not match', () => {
    const policy = withRules(
      `[{ name: a, ${WHEN}, then: approve }, { name: b, ${WHEN}, then: { require: [{ from: [dba] }] } }]`,
    );
    const decision = decide(policy, broken);
    expect(decided(decision)).toBe('deny by default: no rule matches');
    expect(verdicts(decision)).toEqual(['a error', 'b error']);
    expect(decision.trace[0]).toMatchObject({
      error: "the members of group 'sre' could not be looked up: Slack timed out",
      values: { 'requester.groups["sre"]': { unavailable: 'Slack timed out' } },
    });
  });

  it('a denial does, in rules and in guardrails', () => {
    expect(decided(decide(withRules(`[{ name: a, ${WHEN}, then: deny }, ${APPROVE}]`), broken))).toBe(
      'deny by rule: a',
    );
    expect(decided(decide(withRules(`[${APPROVE}]`, `guardrails: [{ name: g, ${WHEN}, then: deny }]`), broken))).toBe(
      'deny by guardrail: g',
    );
  });

  it('a cap and an added stage apply', () => {
    const policy = withRules(
      `[${APPROVE}]`,
      `guardrails: [{ name: g, ${WHEN}, then: { cap: 5m, require: [{ from: [dba] }] } }]`,
    );
    expect(decide(policy, broken)).toMatchObject({
      outcome: 'require',
      capSeconds: 300,
      cappedBy: 'g',
      stages: [{ from: ['dba'] }],
    });
  });

  it('and what does not depend on it goes on', () => {
    const policy = withRules(
      `[{ name: a, when: '"dba" in requester.groups || "sre" in requester.groups', then: approve }]`,
    );
    expect(decide(policy, { groups: { ...broken.groups, dba: true } }).outcome).toBe('approve');
  });
});

describe('deciding one’s own request (14)', () => {
  it('is allowed by a rule for its own stage, never by a guardrail', () => {
    const policy = withRules(
      '[{ name: a, then: { require: [{ from: [dba], self: allowed }, { from: [security] }] } }]',
      'guardrails: [{ name: g, then: { require: [{ from: [sre] }] } }]',
    );
    expect(decide(policy).stages.map((stage) => stage.selfAllowed)).toEqual([true, false, false]);
  });
});

describe('the reason (6, 14)', () => {
  it('may deny', () => {
    const policy = withRules(
      `[{ name: too short, when: 'size(request.reason) < 5', then: deny }, ${APPROVE}]`,
      `guardrails: [{ name: no tests, when: 'request.reason.matches("(?i)^test$")', then: deny }]`,
    );
    const said = (reason: string) => decided(decide(policy, { request: { reason } }));
    expect([said('abc'), said('TEST'), said('a real reason')]).toEqual([
      'deny by rule: too short',
      'deny by guardrail: no tests',
      'approve by rule: all',
    ]);
  });
});

describe('break-glass', () => {
  const beside = '    break_glass: { who: [sre, security], max: 30m }\n';
  const policy = withRules(
    '[{ name: nobody, then: deny }]',
    `${beside}guardrails:\n  - { name: freeze, when: time.weekday == "sunday", then: deny }\n  - { name: short, when: time.weekday == "friday", then: { cap: 10m } }\n`,
  );
  const ask = { request: { breakGlass: true } };

  it('is for whom the role names, past its rules', () => {
    const decision = decide(policy, { ...ask, groups: { security: true } });
    expect(decision).toMatchObject({
      outcome: 'approve',
      rule: { kind: 'break_glass' },
      capSeconds: 1_800,
      cappedBy: 'break-glass',
      stages: [],
    });
    expect(verdicts(decision).slice(2)).toEqual(['break-glass matched!', 'nobody not_reached']);
    expect(decided(decide(policy, ask))).toBe('deny by break_glass: break-glass');
    expect(decided(decide(withRules(`[${APPROVE}]`), ask))).toBe('deny by break_glass: break-glass');
  });

  it('stays under the guardrails', () => {
    const sre = { ...ask, groups: { sre: true } };
    expect(decided(decide(policy, { ...sre, at: '2026-03-01T12:00:00Z' }))).toBe('deny by guardrail: freeze');
    expect(decide(policy, { ...sre, at: '2026-03-06T12:00:00Z' })).toMatchObject({
      capSeconds: 600,
      cappedBy: 'short',
    });
  });

  it('needs a group that could be looked up', () => {
    const unknown = { unavailable: 'Slack timed out' };
    expect(decided(decide(policy, { ...ask, groups: { sre: unknown } }))).toBe('deny by break_glass: break-glass');
    expect(decide(policy, { ...ask, groups: { sre: unknown, security: true } }).outcome).toBe('approve');
  });
});

describe('a decision', () => {
  it('is plain JSON, as are its facts', () => {
    const policy = policyOf(
      AROUND,
      `apiVersion: elevate/v1\nroles:\n  db/admin: { entitlement: { role: a }, rules: [{ name: r, when: 'history.active_grants == 0 && request.duration < duration("2h")', then: approve }] }\n`,
    );
    const decision = decide(policy);
    expect(JSON.parse(JSON.stringify(decision))).toEqual(decision);
    expect(decision.trace[0]?.values).toEqual({ 'history.active_grants': 0, 'request.duration': 3_600 });
  });
});
