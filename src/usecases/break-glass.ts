import type { SlackUserId } from '../domain/ids.ts';
import type { Person } from '../domain/person.ts';
import { evaluate } from '../domain/policy/evaluate.ts';
import type { Facts } from '../domain/policy/facts.ts';
import type { BreakGlass, Policy, Role } from '../domain/policy/types.ts';
import type { BreakGlassUse } from '../domain/review.ts';
import { type GroupBook, votersOf } from './electorate.ts';
import { seatedStages } from './seat-stages.ts';

/**
 * Who hears of a use of break-glass and who may review it: whoever the role's rules would have asked, all of them, the groups that the
 * policy names for it, and the owners. Nobody reviews their own.
 */
export function breakGlassUse(
  terms: BreakGlass,
  known: { readonly person: Person; readonly policy: Policy; readonly role: Role; readonly groups: GroupBook },
  facts: Facts,
): BreakGlassUse {
  const { person, policy, role, groups } = known;
  const usual = evaluate(policy, role.key, { ...facts, request: { ...facts.request, breakGlass: false } });
  const skipped = seatedStages(usual.stages, { role, person, groups });
  const stages = [...skipped, { approvals: 1, from: [...terms.notify, ...role.owners], selfAllowed: false }];
  const people = votersOf({ stages, owners: role.owners, requester: person }, groups);
  const told = new Set<SlackUserId>(people.flatMap((stage) => [...stage.voters.keys()]));
  told.delete(person.slackUserId);
  const asked = skipped.flatMap((stage) => stage.from).filter((name) => name !== 'owners');
  return {
    reviewWithinSeconds: terms.reviewWithinSeconds,
    reviewers: [...new Set([...terms.notify, ...role.owners, ...asked])],
    told: [...told],
    review: null,
  };
}
