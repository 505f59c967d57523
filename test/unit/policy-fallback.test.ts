import { describe, expect, it } from '@jest/globals';
import { fillStages } from '../../src/domain/policy/fill.ts';
import type { Stage } from '../../src/domain/policy/types.ts';
import { aStage } from '../support/domain.ts';
import { AROUND, decide, load, policyOf } from '../support/policy-fixture.ts';

const GROUPS: Record<string, readonly string[]> = { a: ['ann'], ab: ['ann', 'bob'], c: ['cy'], dev: ['dev'], none: [] };

const LOST = { kind: 'unanswered', group: 'lost', detail: 'gone', lasting: false } as const;

/** Who is in the groups; `lost` could not be looked up. */
const seatsOf = (stages: readonly Stage[]) =>
  stages.map(({ from }) => ({
    voters: new Map(from.flatMap((name) => GROUPS[name] ?? []).map((person) => [person, true])),
    unavailable: from.includes('lost') ? [LOST] : [],
  }));

const fill = (...stages: Stage[]) => fillStages(stages, seatsOf, 'dev');
const orElse = (stage: Stage, ...to: string[]): Stage => ({ ...stage, fallback: { to, used: null } });

describe('stages that fall back', () => {
  it('stay as they are where they can be filled', () => {
    const stages = [orElse(aStage(1, 'a'), 'c'), orElse(aStage(1, 'ab'), 'c')];
    expect(fill(...stages)).toEqual({ ok: true, stages });
  });

  it.each([
    ['an empty group', aStage(1, 'none'), { missing: 1, unavailable: null }],
    ['only the requester', aStage(1, 'dev'), { missing: 1, unavailable: null }],
    ['a group that cannot be looked up', aStage(1, 'lost'), { missing: 1, unavailable: LOST }],
    ['one person too few', aStage(2, 'a'), { missing: 1, unavailable: null }],
  ])('ask the others too: %s', (_what, stage, used) => {
    expect(fill(orElse(stage, 'c'))).toMatchObject({
      ok: true,
      stages: [{ from: [...stage.from, 'c'], fallback: { to: ['c'], used } }],
    });
  });

  it('widens an earlier stage where that one has taken the people of the short one', () => {
    const filled = fill(orElse(aStage(1, 'a'), 'c'), aStage(1, 'a'));
    expect(filled).toMatchObject({ ok: true, stages: [{ from: ['a', 'c'] }, { from: ['a'], fallback: null }] });
  });

  it('widens nothing that does not help', () => {
    expect(fill(orElse(aStage(1, 'c'), 'ab'), aStage(1, 'none'))).toMatchObject({ ok: false, stage: 1, missing: 1 });
  });

  it('is refused where the others cannot either', () => {
    expect(fill(orElse(aStage(1, 'none'), 'dev', 'none'))).toMatchObject({ ok: false, stage: 0, missing: 1 });
  });
});

describe('whom a stage falls back to', () => {
  const stagesOf = (defaults: string, role: string, stage: string) => {
    const policy = policyOf(
      AROUND.replace('channel: "#access"', `channel: "#access"${defaults}`),
      `apiVersion: elevate/v1
roles:
  db/admin:
    entitlement: { role: admin }
    ${role}
    rules: [{ name: r, then: { require: [{ from: [dba]${stage} }] } }]
guardrails: [{ name: g, then: { require: [{ from: [developers] }] } }]
`,
    );
    return decide(policy).stages.map(({ fallback }) => fallback?.to ?? []);
  };

  it.each([
    ['nobody unless the policy says', '', '', '', [[], []]],
    [
      'the default, but not who is asked anyway',
      ', fallback: [security, dba]',
      '',
      '',
      [['security'], ['security', 'dba']],
    ],
    ["the role's own", ', fallback: [security]', 'fallback: [sre]', '', [['sre'], ['security']]],
    [
      "the stage's own",
      ', fallback: [security]',
      'fallback: [sre]',
      ', fallback: [owners]',
      [['owners'], ['security']],
    ],
  ])('is %s', (_what, defaults, role, stage, expected) => {
    expect(stagesOf(defaults, role, stage)).toEqual(expected);
  });

  it('is said to be nobody new, and to be unknown', () => {
    const role =
      'roles: { db/admin: { entitlement: { role: admin }, rules: [{ name: r, then: { require: [{ from: [dba], fallback: [dba] }] } }] } }';
    const wrong = AROUND.replace('channel: "#access"', 'channel: "#access", fallback: [securty]');
    const { findings } = load(wrong, `apiVersion: elevate/v1\n${role}\n`);
    expect(findings.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
      'error unknown_group',
      'warning fallback_asked_anyway',
    ]);
  });
});
