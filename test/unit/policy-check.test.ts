import { describe, expect, it } from '@jest/globals';
import { checkPolicy } from '../../src/domain/policy/check/check.ts';
import { AROUND, policyOf, withRules } from '../support/policy-fixture.ts';

const codes = (policy: Parameters<typeof checkPolicy>[0]): string[] =>
  checkPolicy(policy)
    .filter((each) => each.code !== 'unused_name')
    .map((each) => `${each.severity} ${each.code}`);

/** The language's own key; written so because an object with it looks like a promise to JavaScript. */
const THEN = 'then';
const oneRule = (when: string, effect = 'approve'): string => JSON.stringify([{ name: 'a', when, [THEN]: effect }]);
const rules = (...all: readonly [string | null, unknown][]): string =>
  JSON.stringify(
    all.map(([when, effect], index) => ({ name: `r${index}`, ...(when ? { when } : {}), [THEN]: effect })),
  );

describe('a condition that can never hold', () => {
  it.each([
    'request.duration > duration("4h")',
    'request.duration < duration("1h") && request.duration > duration("2h")',
    'time.hour >= 24',
    'time.weekday == "funday"',
    'resource.environment == "prodction"',
    'role.risk in ["none", "some"]',
    '"dba" in requester.groups && !("dba" in requester.groups)',
    'requester.email == "a@x.example" && requester.email == "b@x.example"',
    'history.active_grants < 0',
    'request.break_glass',
    'false',
  ])('is told: %s', (when) => {
    const policy = withRules(rules([when, 'approve'], ['"dba" in requester.groups', 'approve']));
    expect(codes(policy)).toEqual(['warning never_holds']);
  });

  it.each([
    'request.duration >= duration("4h")',
    'time.hour == 23',
    'time.weekday != "sunday"',
    'requester.email.endsWith("@x.example") && requester.email == "a@x.example"',
    '"dba" in requester.groups || !("dba" in requester.groups) && time.hour > 5',
    'role.labels.team == "whatever"',
    'history.active_roles.exists(r, r == "x/y")',
  ])('is not claimed of one that can: %s', (when) => {
    expect(codes(withRules(oneRule(when, 'approve')))).toEqual([]);
  });
});

describe('a rule that nothing reaches', () => {
  it('stands behind one that always holds', () => {
    const policy = withRules(rules([null, 'deny'], ['"dba" in requester.groups', 'approve']));
    expect(codes(policy)).toEqual(expect.arrayContaining(['warning unreachable_rule', 'warning nobody_may_ask']));
  });

  it('is told apart from one that is reached when a fact is unavailable', () => {
    const policy = withRules(
      rules(
        ['time.hour < 12', { require: [{ from: ['dba'] }] }],
        ['time.hour >= 12', 'approve'],
        ['time.hour == 3', 'deny'],
      ),
    );
    expect(codes(policy)).toEqual(['note unreachable_rule']);
  });
});

describe('a role', () => {
  it('that nobody can have is told, also when a guardrail denies all of it', () => {
    expect(codes(withRules('[]'))).toContain('warning nobody_may_ask');
    const guarded = withRules(oneRule('"dba" in requester.groups'), 'guardrails: [{ name: no, then: deny }]\n');
    expect(codes(guarded)).toContain('warning nobody_may_ask');
  });

  it('on production that is given to everybody without asking is told', () => {
    const env = (text: string): string => AROUND.replace(/environment: \w+/, `environment: ${text}`);
    const role = (rule: string, risk: string): string =>
      `apiVersion: elevate/v1\nroles: { db/admin: { entitlement: { role: a }, risk: ${risk}, rules: ${rule} } }\n`;
    const always = rules([null, 'approve']);
    expect(codes(policyOf(env('production'), role(always, 'low')))).toEqual(['warning approves_everybody']);
    expect(codes(policyOf(env('staging'), role(always, 'high')))).toEqual(['warning approves_everybody']);
    expect(codes(policyOf(env('staging'), role(always, 'low')))).toEqual([]);
    const night = rules(['time.hour >= 0', 'approve']);
    expect(codes(policyOf(env('production'), role(night, 'low')))).toEqual(['warning approves_everybody']);
    expect(codes(policyOf(env('production'), role(oneRule('"dba" in requester.groups'), 'high')))).toEqual([]);
  });

  it('whose requester may approve it is told', () => {
    const policy = withRules(rules([null, { require: [{ from: ['dba'], self: 'allowed' }] }]));
    expect(codes(policy)).toContain('warning self_approval');
  });
});

describe('break-glass', () => {
  const withBreakGlass = (terms: string, rest = ''): string[] =>
    codes(
      policyOf(
        AROUND,
        `apiVersion: elevate/v1
groups: { lone: { members: [one@example.com] } }
${rest}
roles: { db/admin: { entitlement: { role: a }, owners: [], break_glass: { who: [lone], max: 30m${terms} } } }
`,
      ),
    );

  it('whose use nobody could review is told', () => {
    expect(withBreakGlass('')).toContain('error nobody_reviews');
    expect(withBreakGlass(', notify: [dba]')).not.toContain('error nobody_reviews');
    expect(withBreakGlass('', 'admins: [dba]')).not.toContain('error nobody_reviews');
  });

  it('whose use by the only reviewer nobody could review is told', () => {
    expect(withBreakGlass(', notify: [lone]')).toContain('warning nobody_reviews');
    expect(withBreakGlass('', 'admins: [lone]')).toContain('warning nobody_reviews');
    expect(withBreakGlass(', notify: [lone]', 'admins: [security]')).not.toContain('warning nobody_reviews');
    expect(withBreakGlass(', notify: [lone, dba]')).not.toContain('warning nobody_reviews');
    expect(withBreakGlass(', notify: [security]')).not.toContain('warning nobody_reviews');
  });

  it('that no security channel hears of is told', () => {
    expect(withBreakGlass(', notify: [lone]')).toContain('warning no_security_channel');
    const set = withBreakGlass(', notify: [lone]', 'channels: { security: "#security" }');
    expect(set).not.toContain('warning no_security_channel');
  });
});

describe('stages', () => {
  const withPeople = (emails: string, stages: unknown, when = ''): string[] =>
    codes(
      policyOf(
        AROUND,
        `apiVersion: elevate/v1
groups: { few: { members: [${emails}] } }
roles: { db/admin: { entitlement: { role: a }, rules: [{ name: ask, ${when} then: ${JSON.stringify({ require: stages })} }] } }
`,
      ),
    );
  const one = 'a@x.example';
  const two = 'a@x.example, b@x.example';

  it('that ask more people than there are cannot be filled', () => {
    expect(withPeople(one, [{ approvals: 2, from: ['few'] }])).toEqual(['error stage_cannot_be_filled']);
    expect(withPeople(two, [{ from: ['few'] }, { approvals: 2, from: ['few'] }])).toEqual([
      'error stage_cannot_be_filled',
    ]);
    expect(withPeople('', [{ from: ['few'] }])).toEqual(['error stage_cannot_be_filled']);
  });

  it('whose only approver is the requester cannot be filled either', () => {
    expect(withPeople(one, [{ from: ['few'] }], `when: '"few" in requester.groups',`)).toEqual([
      'error stage_cannot_be_filled',
    ]);
    expect(withPeople(one, [{ from: ['few'] }])).toEqual(['note stage_cannot_be_filled']);
  });

  it('that people of Slack or a manager can fill are left alone', () => {
    expect(withPeople(one, [{ from: ['few'] }, { from: ['dba'] }], `when: '!("few" in requester.groups)',`)).toEqual(
      [],
    );
    expect(withPeople(two, [{ from: ['few'] }], `when: '"few" in requester.groups',`)).toEqual([]);
  });
});

describe('a guardrail', () => {
  it('that fits no role at all is told', () => {
    const rule = oneRule('"dba" in requester.groups');
    const guardrail = (when: string): string => `guardrails: [{ name: g, when: '${when}', then: deny }]\n`;
    expect(codes(withRules(rule, guardrail('resource.environment == "prod"')))).toEqual(['warning never_holds']);
    expect(codes(withRules(rule, guardrail('resource.environment == "production" && time.hour > 3')))).toEqual([]);
  });
});
