import type { SlackUserId } from './ids.ts';
import type { PersonRef } from './person.ts';
import type { LookupFailure } from './policy/lookup.ts';
import type { Stage } from './policy/types.ts';

export interface Decision {
  readonly kind: 'approved' | 'denied';
  readonly by: PersonRef;
  /** Whose place this person took while that one was away; null: their own. */
  readonly onBehalfOf: PersonRef | null;
  readonly at: Date;
  /** Which revision of the request was on the screen. */
  readonly revision: number;
  /** Index into the request's stages; null for a denial. */
  readonly stage: number | null;
  /** The group, or 'manager' or 'owners', through which this person may decide. */
  readonly via: string;
  /** Given with a denial. */
  readonly reason: string | null;
}

/** By what right somebody may decide. */
export interface Seat {
  /** The group, or 'manager'. */
  readonly via: string;
  /** Empty: in their own right. Otherwise those who are away and whose place they may take, any one of them. */
  readonly onBehalfOf: readonly PersonRef[];
}

/** Who may decide in one stage right now, looked up at the moment of the question; never stored. */
export interface StageVoters {
  readonly voters: ReadonlyMap<SlackUserId, Seat>;
  /** Groups whose members could not be looked up, each with why. They count as empty, and refusals say so. */
  readonly unavailable: readonly LookupFailure[];
}

/** As much of a request as counting needs. */
export interface Ballot {
  readonly requester: PersonRef;
  readonly stages: readonly Stage[];
  readonly decisions: readonly Decision[];
  /** Approvals of earlier revisions were of another ask, and do not count. */
  readonly approvalsFrom: number;
  /** The places in `decisions` that it was approved with; null: it was not approved. */
  readonly counted: readonly number[] | null;
}

export interface StageProgress {
  readonly stage: Stage;
  /** Approvals that count: given for this stage, by people who may still decide in it. */
  readonly counted: readonly Decision[];
  readonly complete: boolean;
}

/**
 * Counts approvals stage by stage. A person counts once in a request, whether they decide or somebody decides for them; an approval by
 * somebody who may no longer decide does not count. `null` as voters, of one stage or of all, counts what was recorded.
 */
export function progress(ballot: Ballot, voters: readonly (StageVoters | null)[] | null): StageProgress[] {
  const used = new Set<SlackUserId>();
  return ballot.stages.map((stage, index) => {
    const counted: Decision[] = [];
    for (const [position, decision] of ballot.decisions.entries()) {
      if (decision.kind !== 'approved' || decision.stage !== index) continue;
      const stands = ballot.counted
        ? ballot.counted.includes(position)
        : decision.revision >= ballot.approvalsFrom && mayStill(decision, voters?.[index]);
      if (!stands || placesOf(decision).some((person) => used.has(person))) continue;
      for (const person of placesOf(decision)) used.add(person);
      counted.push(decision);
    }
    return { stage, counted, complete: counted.length >= stage.approvals };
  });
}

/** Whoever counts with this decision: one who decided, and the one they decided for. Neither has another place. */
const placesOf = ({ by, onBehalfOf }: Decision): SlackUserId[] =>
  onBehalfOf === null ? [by.slackUserId] : [by.slackUserId, onBehalfOf.slackUserId];

function mayStill({ by, onBehalfOf }: Decision, now: StageVoters | null | undefined): boolean {
  if (!now) return true;
  const seat = now.voters.get(by.slackUserId);
  if (!seat) return false;
  return seat.onBehalfOf.length === 0 || seat.onBehalfOf.some((each) => each.slackUserId === onBehalfOf?.slackUserId);
}

/** The index of the first stage that still waits; null when every stage is complete. */
export function currentStage(all: readonly StageProgress[]): number | null {
  const index = all.findIndex((stage) => !stage.complete);
  return index === -1 ? null : index;
}

/** Everybody who has a place already. */
export const placed = (all: readonly StageProgress[]): ReadonlySet<SlackUserId> =>
  new Set(all.flatMap((stage) => stage.counted.flatMap(placesOf)));

/** Whose place somebody takes who decides now: their own (`null`), or of one who is away. Never the requester's. */
export function placeFor(
  seat: Seat,
  requester: PersonRef,
  taken: ReadonlySet<SlackUserId>,
):
  | { readonly ok: true; readonly onBehalfOf: PersonRef | null }
  | { readonly ok: false; readonly why: 'taken' | 'nobody' } {
  if (seat.onBehalfOf.length === 0) return { ok: true, onBehalfOf: null };
  const others = seat.onBehalfOf.filter((each) => each.slackUserId !== requester.slackUserId);
  if (others.length === 0) return { ok: false, why: 'nobody' };
  const free = others.find((each) => !taken.has(each.slackUserId));
  return free ? { ok: true, onBehalfOf: free } : { ok: false, why: 'taken' };
}

/** How an audit event names the one who is away. */
export const forWhom = (person: PersonRef | null) =>
  person === null ? {} : { for: { id: person.slackUserId, email: person.email, name: person.name } };
