import { describe, expect, it } from '@jest/globals';
import { slackUserId, workspaceId } from '../../src/domain/ids.ts';
import type { Person } from '../../src/domain/person.ts';
import { breakGlassUse } from '../../src/usecases/break-glass.ts';
import type { GroupMembers } from '../../src/usecases/ports.ts';
import { dev } from '../support/domain.ts';
import { AROUND, factsFor, policyOf, roleOf } from '../support/policy-fixture.ts';

const MANY = Array.from({ length: 120 }, (_, index) => slackUserId(`U0DBA${index}`));
const manager = slackUserId('U0MANAGER');
const person: Person = {
  ...dev,
  workspaceId: workspaceId('T0TEAM'),
  standing: 'member',
  timezone: 'UTC',
  managerId: manager,
};
const policy = policyOf(
  AROUND,
  `apiVersion: elevate/v1
managers: { map: {} }
roles:
  db/admin:
    entitlement: { role: admin }
    owners: []
    rules: [{ name: many, then: { require: [{ from: [dba, manager] }, { from: [security] }] } }]
    break_glass: { who: [sre], max: 30m, notify: [sre] }
`,
);

describe('a use of break-glass', () => {
  it('is told to each of those who would have been asked, however many, and they may review it', () => {
    const members = (...users: Person['slackUserId'][]): GroupMembers => ({ members: new Set(users) });
    const sam = slackUserId('U0SAM');
    const groups = new Map([
      ['dba', members(...MANY)],
      ['security', members(sam)],
      ['sre', members(person.slackUserId)],
    ]);
    const role = roleOf(policy);
    if (!role.breakGlass) throw new Error('It has no break-glass');
    const use = breakGlassUse(role.breakGlass, { person, policy, role, groups }, factsFor(policy));
    expect(new Set(use.told)).toEqual(new Set([...MANY, manager, sam]));
    expect(use.reviewers).toEqual(['sre', 'dba', 'manager', 'security']);
  });
});
