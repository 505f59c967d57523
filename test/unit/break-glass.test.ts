import { describe, expect, it } from '@jest/globals';
import { slackUserId, workspaceId } from '../../src/domain/ids.ts';
import type { Person } from '../../src/domain/person.ts';
import { breakGlassUse } from '../../src/usecases/break-glass.ts';
import type { GroupMembers } from '../../src/usecases/ports.ts';
import { dev } from '../support/domain.ts';
import { AROUND, factsFor, policyOf, roleOf } from '../support/policy-fixture.ts';

const person: Person = {
  ...dev,
  workspaceId: workspaceId('T0TEAM'),
  standing: 'member',
  timezone: 'UTC',
  managerId: slackUserId('U0MANAGER'),
};

function reviewersBy(rules: string): readonly string[] {
  const policy = policyOf(
    AROUND,
    `apiVersion: elevate/v1
managers: { map: {} }
roles:
  db/admin:
    entitlement: { role: admin }
    owners: []
    rules: [${rules}]
    break_glass: { who: [sre], max: 30m, notify: [sre] }
`,
  );
  const members = (...users: Person['slackUserId'][]): GroupMembers => ({ members: new Set(users) });
  const groups = new Map([
    ['dba', members(slackUserId('U0DBA'))],
    ['security', members(slackUserId('U0SAM'))],
    ['sre', members(person.slackUserId)],
  ]);
  const role = roleOf(policy);
  if (!role.breakGlass) throw new Error('It has no break-glass');
  return breakGlassUse(role.breakGlass, { person, policy, role, groups }, factsFor(policy)).reviewers;
}

describe('a use of break-glass', () => {
  const asks = '{ name: many, then: { require: [{ from: [dba, manager] }, { from: [security] }] } }';
  it('concerns those who would have been asked', () => {
    expect(reviewersBy(asks)).toEqual(['sre', 'dba', 'manager', 'security']);
  });

  it('concerns nobody more where the rules ask nobody', () => {
    expect(reviewersBy(`{ name: free, then: approve }, ${asks}`)).toEqual(['sre']);
  });

  it('concerns all whom the rules ever ask where they would have said no', () => {
    expect(reviewersBy(`{ name: never, then: deny }, ${asks}`)).toEqual(['sre', 'dba', 'manager', 'security']);
  });
});
