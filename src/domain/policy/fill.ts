import { feasibleStages } from './feasible.ts';
import { type LookupFailure, worthTelling } from './lookup.ts';
import type { Stage } from './types.ts';

/** Who may decide in one stage, as far as that could be looked up. */
interface Seats<Person> {
  readonly voters: ReadonlyMap<Person, unknown>;
  /** Groups that could not be looked up, each with why. */
  readonly unavailable: readonly LookupFailure[];
}

export type Filled =
  | { readonly ok: true; readonly stages: readonly Stage[] }
  /** The first stage that cannot be filled, with everybody asked to whom the policy falls back, and how many people it lacks. */
  | {
      readonly ok: false;
      readonly stage: number;
      readonly missing: number;
      readonly unavailable: LookupFailure | null;
    };

/**
 * The stages as they can be filled by distinct people: where those of `from` cannot, whoever the policy falls back to is asked too, and
 * only there. A place that is short because a stage before it needs the same people may be freed by that stage's fallback.
 */
export function fillStages<Person>(
  stages: readonly Stage[],
  seatsOf: (stages: readonly Stage[]) => readonly Seats<Person>[],
  requester: Person,
): Filled {
  const found = tryStages(stages, seatsOf, requester);
  if (found.ok) return found;
  for (let index = found.stage; index >= 0; index -= 1) {
    const wider = fallBack(stages, index, found);
    if (!wider) continue;
    const then = tryStages(wider, seatsOf, requester);
    const better = then.ok || then.stage > found.stage || then.missing < found.missing;
    if (better) return fillStages(wider, seatsOf, requester);
  }
  return found;
}

function tryStages<Person>(
  stages: readonly Stage[],
  seatsOf: (stages: readonly Stage[]) => readonly Seats<Person>[],
  requester: Person,
): Filled {
  const seats = seatsOf(stages);
  const people = seats.map(({ voters }) => new Set(voters.keys()));
  const feasible = feasibleStages(stages, people, requester);
  if (feasible.ok) return { ok: true, stages };
  const { stage, missing } = feasible;
  return { ok: false, stage, missing, unavailable: worthTelling(seats[stage]?.unavailable ?? []) };
}

function fallBack(
  stages: readonly Stage[],
  index: number,
  { missing, unavailable }: Extract<Filled, { ok: false }>,
): readonly Stage[] | null {
  const stage = stages[index];
  if (!stage?.fallback || stage.fallback.used) return null;
  const { to } = stage.fallback;
  const from = [...new Set([...stage.from, ...to])];
  return stages.with(index, { ...stage, from, fallback: { to, used: { missing, unavailable } } });
}
