import type { Person } from '../domain/person.ts';
import { fillStages } from '../domain/policy/fill.ts';
import type { Role, Stage } from '../domain/policy/types.ts';
import type { Refusal } from '../domain/refusal.ts';
import { type GroupBook, votersOf } from './electorate.ts';

interface Known {
  readonly role: Pick<Role, 'owners'>;
  readonly person: Pick<Person, 'slackUserId' | 'managerId' | 'manager'>;
  readonly groups: GroupBook;
}

/**
 * The stages with people in them, POLICY.md 10: distinct ones, with those to whom the policy falls back where the others cannot fill a
 * place. A request whose stages cannot be filled is refused when it is made.
 */
export function seatStages(
  stages: readonly Stage[],
  { role, person, groups }: Known,
): { readonly ok: true; readonly stages: readonly Stage[] } | { readonly ok: false; readonly refusal: Refusal } {
  const seatsOf = (some: readonly Stage[]) =>
    votersOf({ stages: some, owners: role.owners, requester: person }, groups);
  const filled = fillStages(stages, seatsOf, person.slackUserId);
  if (filled.ok) return filled;
  const stage = stages[filled.stage];
  return {
    ok: false,
    refusal: {
      code: 'stage_cannot_be_filled',
      from: stage?.from ?? [],
      fallback: stage?.fallback?.to ?? [],
      missing: filled.missing,
      unavailable: filled.unavailable,
    },
  };
}

/** The same where nothing is refused yet: stages that cannot be filled stay as the policy has them. */
export function seatedStages(stages: readonly Stage[], known: Known): readonly Stage[] {
  const seated = seatStages(stages, known);
  return seated.ok ? seated.stages : stages;
}
