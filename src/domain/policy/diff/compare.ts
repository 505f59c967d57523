import { feasibleStages } from '../feasible.ts';
import type { StageRule } from '../types.ts';

/** What a decision comes to for the requester. */
export interface Ruling {
  readonly outcome: 'approve' | 'deny' | 'require';
  readonly stages: readonly StageRule[];
  /** The longest access there is under it; 0 where it is denied. */
  readonly longestSeconds: number;
}

export interface Compared {
  readonly loosens: boolean;
  readonly tightens: boolean;
}

/**
 * Whether the new ruling gives more or less than the old one. Fewer people to ask, or more who may answer, is more; where neither
 * can be said, it is both.
 */
export function compareRulings(old: Ruling, next: Ruling): Compared {
  return compareWidest(widest(old), widest(next));
}

/** Who is asked when nobody decided in time, or when nobody else could, may decide in the end. */
const widest = (ruling: Ruling): Ruling => ({
  ...ruling,
  stages: ruling.stages.map((stage) => ({
    ...stage,
    from: [...new Set([...stage.from, ...(stage.wait?.escalateTo ?? []), ...stage.fallback])],
  })),
});

function compareWidest(old: Ruling, next: Ruling): Compared {
  if (old.outcome === 'deny' || next.outcome === 'deny') {
    return {
      loosens: old.outcome === 'deny' && next.outcome !== 'deny',
      tightens: old.outcome !== 'deny' && next.outcome === 'deny',
    };
  }
  const times = Math.sign(next.longestSeconds - old.longestSeconds);
  const same = JSON.stringify(old.stages.map(plain)) === JSON.stringify(next.stages.map(plain));
  const easier = !same && satisfies(old.stages, next.stages);
  const harder = !same && satisfies(next.stages, old.stages);
  // Neither follows from the other: other people are asked, which is more to some and less to others.
  const other = !same && !easier && !harder;
  return {
    loosens: times > 0 || (easier && !harder) || other,
    tightens: times < 0 || (harder && !easier) || other,
  };
}

const plain = ({ approvals, from, selfAllowed }: Ruling['stages'][number]) => [
  approvals,
  [...from].sort(),
  selfAllowed,
];

/**
 * Whether people who fill `given` always fill `wanted` too: each wanted place can be taken by somebody from a stage whose groups are
 * all among its own. Places stand for people here, so one person is never counted twice.
 */
function satisfies(given: Ruling['stages'], wanted: Ruling['stages']): boolean {
  const places = given.flatMap((stage, index) =>
    Array.from({ length: stage.approvals }, (_, count) => ({ id: `${index}/${count}`, stage })),
  );
  const voters = wanted.map(
    (stage) =>
      new Set(
        places
          .filter((place) => place.stage.from.every((group) => stage.from.includes(group)))
          .filter((place) => stage.selfAllowed || !place.stage.selfAllowed)
          .map((place) => place.id),
      ),
  );
  return feasibleStages(wanted, voters, '').ok;
}
