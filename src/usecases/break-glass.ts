import type { Person } from '../domain/person.ts';
import { evaluate } from '../domain/policy/evaluate.ts';
import type { Facts } from '../domain/policy/facts.ts';
import type { BreakGlass, Policy, Role } from '../domain/policy/types.ts';
import type { BreakGlassUse } from '../domain/review.ts';
import type { GroupBook } from './electorate.ts';
import { seatedStages } from './seat-stages.ts';

interface Known {
  readonly person: Person;
  readonly policy: Policy;
  readonly role: Role;
  readonly groups: GroupBook;
}

/**
 * Who hears of a use of break-glass and who may review it: the groups that the policy names for it, the owners, and whoever would have
 * been asked without it. Who is in them is looked up when they are told. Nobody reviews their own.
 */
export function breakGlassUse(terms: BreakGlass, known: Known, facts: Facts): BreakGlassUse {
  const asked = skipped(known, facts).filter((name) => name !== 'owners');
  return {
    reviewWithinSeconds: terms.reviewWithinSeconds,
    reviewers: [...new Set([...terms.notify, ...known.role.owners, ...asked])],
    told: [],
    review: null,
  };
}

/** Where the rules would have said no, everybody whom they ever ask for this role: one of them should have been asked. */
function skipped({ policy, role, person, groups }: Known, facts: Facts): readonly string[] {
  const usual = evaluate(policy, role.key, { ...facts, request: { ...facts.request, breakGlass: false } });
  if (usual.outcome !== 'deny') {
    return seatedStages(usual.stages, { role, person, groups }).flatMap((stage) => stage.from);
  }
  return role.rules.flatMap(({ then }) => (then.kind === 'require' ? then.stages.flatMap((stage) => stage.from) : []));
}
