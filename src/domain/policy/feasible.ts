import type { Stage } from './decision.ts';

export type Feasible =
  | { readonly ok: true }
  /** The first stage that cannot be filled, and how many people it lacks. */
  | { readonly ok: false; readonly stage: number; readonly missing: number };

/**
 * Whether N distinct people can fill every stage, none of them twice in the request, and the requester only where the stage allows it
 * (POLICY.md 10). `voters` has, for each stage, everybody who may decide in it; a group that could not be looked up adds nobody.
 * It is a matching of places with people: a place that finds everybody taken asks one of them to move to another place.
 */
export function feasibleStages<Person>(
  stages: readonly Pick<Stage, 'approvals' | 'selfAllowed'>[],
  voters: readonly ReadonlySet<Person>[],
  requester: Person,
): Feasible {
  const candidates = stages.map((stage, index) =>
    [...(voters[index] ?? [])].filter((person) => stage.selfAllowed || person !== requester),
  );
  /** Person -> the stage in which they have a place. */
  const placed = new Map<Person, number>();

  const findPlace = (stage: number, asked: Set<Person>): boolean => {
    const people = candidates[stage] ?? [];
    const free = people.find((person) => !placed.has(person));
    if (free !== undefined) {
      placed.set(free, stage);
      return true;
    }
    for (const person of people) {
      const elsewhere = placed.get(person);
      if (elsewhere === undefined || elsewhere === stage || asked.has(person)) continue;
      asked.add(person);
      // The person can come here when the stage they are in finds somebody else.
      if (findPlace(elsewhere, asked)) {
        placed.set(person, stage);
        return true;
      }
    }
    return false;
  };

  for (const [index, stage] of stages.entries()) {
    let filled = 0;
    while (filled < stage.approvals && findPlace(index, new Set())) filled += 1;
    if (filled < stage.approvals) return { ok: false, stage: index, missing: stage.approvals - filled };
  }
  return { ok: true };
}
