import type { Grant } from './grant.ts';
import { canonicalJson, type Json } from './json.ts';
import type { DriftKind } from './status.ts';

/** A holder on a target, as far as it is judged. */
export interface JudgedHolder {
  /** Our own grantor gave it; on targets that keep no grantors, everybody's. */
  readonly ours: boolean;
  readonly level: Json;
}

export type Verdict =
  | { readonly is: 'expected' }
  /** A grant of ours that has ended is there again. */
  | { readonly is: 'reappeared'; readonly grant: Grant }
  | { readonly is: 'drift'; readonly kind: DriftKind; readonly grant: Grant | null };

/**
 * Where a target does not say who gave an access, one that shows up this long after our grant ended is taken for a call of ours that
 * landed late; after that it is more likely somebody else's standing grant, which only a person may end.
 */
export const LATE_CALL_SECONDS = 24 * 3600;

/**
 * What a holder is to us. `grants` are those on the very access: all that have not ended, and the one that ended last. `listedAt` is
 * from before the target was asked: what began or ended since then may be otherwise than it answered. `questioned`: what was shown of this
 * holder before, and still stands.
 */
export function judgeHolder(
  holder: JudgedHolder,
  grants: readonly Grant[],
  knows: {
    readonly distinguishesGrantors: boolean;
    readonly listedAt: Date;
    readonly questioned?: DriftKind | undefined;
  },
): Verdict {
  if (!holder.ours) return drift('unknown_holder');
  const open = grants.filter((grant) => grant.status !== 'ended');
  const last = grants.find((grant) => grant.status === 'ended');
  const live = open.filter((grant) => grant.status === 'active');
  const active = newest(live);
  if (active) {
    if (active.activatedAt !== null && active.activatedAt >= knows.listedAt) return EXPECTED;
    // One that began later and ended has left the access to its sibling as it was.
    const latest = newest(last ? [...live, last] : live) ?? active;
    const known = active.level === null || [active, latest].some(({ level }) => same(level, holder.level));
    return known ? EXPECTED : drift('level_changed', active);
  }
  // On its way or being taken away: its own work is under the target's lock, and says how it went.
  if (open.length > 0) return EXPECTED;
  if (!last?.endedAt) return drift(knows.distinguishesGrantors ? 'unrecorded' : 'unknown_holder');
  if (last.endedAt >= knows.listedAt) return EXPECTED;
  if (last.leftBehind !== null) {
    if (!same(last.leftBehind, holder.level)) return drift('gained_more', last);
    // Nobody gets past a question by taking a grant meanwhile, whose end gives back what it found.
    if (knows.questioned === 'ended_grant') return { is: 'reappeared', grant: last };
    return knows.questioned && OUTLIVES_GRANTS.includes(knows.questioned) ? drift(knows.questioned, last) : EXPECTED;
  }
  const agoSeconds = (knows.listedAt.getTime() - last.endedAt.getTime()) / 1000;
  if (!knows.distinguishesGrantors && agoSeconds > LATE_CALL_SECONDS) return drift('unknown_holder');
  return { is: 'reappeared', grant: last };
}

/** What is not about a live grant. */
const OUTLIVES_GRANTS: readonly DriftKind[] = ['unknown_holder', 'unrecorded', 'gained_more'];

const same = (one: Json, other: Json): boolean => canonicalJson(one) === canonicalJson(other);
const EXPECTED: Verdict = { is: 'expected' };
const drift = (kind: DriftKind, grant: Grant | null = null): Verdict => ({ is: 'drift', kind, grant });

function newest(grants: readonly Grant[]): Grant | undefined {
  return grants.toSorted((a, b) => (b.activatedAt?.getTime() ?? 0) - (a.activatedAt?.getTime() ?? 0))[0];
}
