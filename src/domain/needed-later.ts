import { placed, type Seat, type StageProgress, type StageVoters } from './approval.ts';
import type { SlackUserId } from './ids.ts';
import type { PersonRef } from './person.ts';
import { feasibleStages } from './policy/feasible.ts';

/** How far a request is, and who may decide in each of its stages; `null`: nobody can say. */
export interface Count {
  readonly counted: readonly StageProgress[];
  readonly voters: readonly (StageVoters | null)[];
  readonly requester: SlackUserId;
  /** The stage that is asked, as an index. */
  readonly now: number;
}

export type Place =
  /** Their own, or of somebody who is away. */
  | { readonly ok: true; readonly onBehalfOf: PersonRef | null }
  /** They, and everybody for whom they could decide, have a place already; or they decide for the requester alone. */
  | { readonly ok: false; readonly why: 'taken' }
  | { readonly ok: false; readonly why: 'nobody' }
  /** A later stage could no longer be filled. */
  | { readonly ok: false; readonly why: 'needed'; readonly stage: number };

/** Which place somebody takes who decides now, so that every stage behind can still be filled where it could before (POLICY.md 5 and 10). */
export function placeNow(count: Count, user: SlackUserId, seat: Seat): Place {
  const taken = placed(count.counted);
  if (taken.has(user)) return { ok: false, why: 'taken' };
  if (seat.onBehalfOf.length === 0) {
    const stage = neededLater(count, [user]);
    return stage === null ? { ok: true, onBehalfOf: null } : { ok: false, why: 'needed', stage };
  }
  const others = seat.onBehalfOf.filter((each) => each.slackUserId !== count.requester);
  if (others.length === 0) return { ok: false, why: 'nobody' };
  let needed: Place = { ok: false, why: 'taken' };
  for (const onBehalfOf of others.filter((each) => !taken.has(each.slackUserId))) {
    const stage = neededLater(count, [user, onBehalfOf.slackUserId]);
    if (stage === null) return { ok: true, onBehalfOf };
    if (needed.why === 'taken') needed = { ok: false, why: 'needed', stage };
  }
  return needed;
}

/**
 * The stage that could no longer be filled if these people had their one place in the stage that is asked now, as an index; null: all
 * could, or not even without them. Whoever decides for somebody fills the place of both, which that one could fill alone: so only those
 * who may decide in their own right are counted.
 */
function neededLater({ counted, voters, requester, now }: Count, people: readonly SlackUserId[]): number | null {
  // Behind the last stage nobody is needed.
  if (now === counted.length - 1) return null;
  const taken = placed(counted);
  const left = (without: ReadonlySet<SlackUserId>, filled: number) =>
    feasibleStages(
      counted.map(({ stage, counted: had }, index) => ({
        approvals: Math.max(0, stage.approvals - had.length - (index === now ? filled : 0)),
        selfAllowed: stage.selfAllowed,
      })),
      voters.map((each) => new Set(ownRight(each).filter((user) => !without.has(user)))),
      requester,
    );
  if (!left(taken, 0).ok) return null;
  const then = left(new Set([...taken, ...people]), 1);
  return then.ok ? null : then.stage;
}

const ownRight = (stage: StageVoters | null): SlackUserId[] =>
  [...(stage?.voters ?? [])].flatMap(([user, { onBehalfOf }]) => (onBehalfOf.length === 0 ? [user] : []));
