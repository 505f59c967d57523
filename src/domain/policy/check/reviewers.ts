import { type Finding, finding } from '../finding.ts';
import type { Policy, Role } from '../types.ts';
import { at } from './at.ts';

const FIX = 'Set notify in break_glass, owners in the resource, or admins.';

/** Break-glass is reviewed by somebody of `notify`, an owner, whoever the rules would have asked, or an admin: never by who used it. */
export function checkReviewers(policy: Policy, role: Role): Finding[] {
  if (!role.breakGlass) return [];
  const stages = [...role.rules, ...policy.guardrails].flatMap(({ then: effect }) =>
    'stages' in effect ? effect.stages.flatMap((stage) => stage.from) : [],
  );
  const asked = stages.filter((name) => name !== 'owners');
  const reviewers = [...role.breakGlass.notify, ...role.owners, ...policy.admins, ...asked];
  if (reviewers.length === 0) {
    const message = `Role ${role.key} has break-glass, and nobody could review its use: it names nobody to notify, the role has no owners, its rules ask no group, and there are no admins.`;
    return [finding('error', 'nobody_reviews', at(role.location), message, FIX)];
  }
  const lone = onlyReviewer(policy, reviewers);
  const mayUse = role.breakGlass.who.some((name) => listed(policy, name)?.includes(lone ?? ''));
  if (lone === null || !mayUse) return [];
  const message = `Role ${role.key} has break-glass, and nobody could review its use by ${lone}, who is the only reviewer: nobody reviews their own.`;
  return [finding('warning', 'nobody_reviews', at(role.location), message, FIX)];
}

/** Where the policy itself says who is in all of these groups, and it is one person. */
function onlyReviewer(policy: Policy, names: readonly string[]): string | null {
  const people = new Set<string>();
  for (const name of names) {
    const emails = listed(policy, name);
    if (emails === null) return null;
    for (const email of emails) people.add(email);
  }
  const [first] = people;
  return people.size === 1 && first !== undefined ? first : null;
}

/** null: only Slack, a rota or a directory knows. */
function listed(policy: Policy, name: string): readonly string[] | null {
  const group = policy.groups.get(name);
  return group?.kind === 'members' ? group.emails : null;
}
