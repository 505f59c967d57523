import { forWhom, placeFor, type Seat } from './approval.ts';
import type { NewAuditEvent } from './audit.ts';
import { cancel, type EffectChange, schedule } from './effect.ts';
import type { RequestId, SlackUserId } from './ids.ts';
import { type Actor, byPerson, bySystem, type PersonRef } from './person.ts';
import type { LookupFailure } from './policy/lookup.ts';
import { refused } from './refusal.ts';
import type { Transition } from './transition.ts';

/** What break-glass was used under, fixed when it was used. */
export interface BreakGlassUse {
  readonly reviewWithinSeconds: number;
  /** Groups whose members may review it. */
  readonly reviewers: readonly string[];
  /** Who has been told, of those groups and of who decides in the place of somebody who is away. */
  readonly told: readonly SlackUserId[];
  /** null: it is not live yet. */
  readonly review: Review | null;
}

/** As much of a request as its review needs. */
interface Reviewed {
  readonly id: RequestId;
  readonly requester: PersonRef;
  readonly breakGlass: BreakGlassUse | null;
}

/** due waits for eyes other than the requester's; the other two are final. */
export interface Review {
  readonly status: 'due' | 'justified' | 'unjustified';
  readonly dueAt: Date;
  readonly reminders: number;
  readonly by: PersonRef | null;
  readonly at: Date | null;
  readonly comment: string | null;
}

export type Verdict = Exclude<Review['status'], 'due'>;

export type ReviewCommand =
  | {
      readonly type: 'close';
      readonly verdict: Verdict;
      readonly by: PersonRef;
      readonly comment: string;
      /** By what right this person may review now; null: none. */
      readonly seat: Seat | null;
      /** A group that could not be looked up, with why. */
      readonly unavailable: LookupFailure | null;
    }
  /** Somebody is to hear of it who has not: whoever could not be looked up before, too. */
  | { readonly type: 'tell'; readonly to: readonly SlackUserId[] }
  | { readonly type: 'remind' };

/** A reminder comes at half of the time, at its end, and from then on as often; never more often than hourly. */
const REMIND_SHARE = 0.5;
const REMIND_AT_LEAST_SECONDS = 3_600;

const pauseSeconds = (use: BreakGlassUse): number =>
  Math.max(use.reviewWithinSeconds * REMIND_SHARE, REMIND_AT_LEAST_SECONDS);

/** The review begins with the access. */
export function startReview(use: BreakGlassUse, now: Date): BreakGlassUse {
  const dueAt = new Date(now.getTime() + use.reviewWithinSeconds * 1000);
  return { ...use, review: { status: 'due', dueAt, reminders: 0, by: null, at: null, comment: null } };
}

/** Everybody who should know hears of it at once, and the first reminder is set. */
export function reviewEffects(request: Reviewed, use: BreakGlassUse, now: Date): EffectChange[] {
  const requestId = request.id;
  return [
    schedule({ kind: 'alert_break_glass', requestId }, now),
    schedule({ kind: 'tell_break_glass', requestId }, now),
    schedule({ kind: 'remind_review', requestId }, after(now, Math.min(pauseSeconds(use), use.reviewWithinSeconds))),
  ];
}

export function transitionReview<R extends Reviewed>(request: R, command: ReviewCommand, now: Date): Transition<R> {
  const use = request.breakGlass;
  if (!use?.review) return refused({ code: 'nothing_to_review' });
  if (use.review.status !== 'due') {
    return refused({ code: 'reviewed_already', verdict: use.review.status, by: use.review.by });
  }
  switch (command.type) {
    case 'tell':
      return tell(request, use, command.to, now);
    case 'remind':
      return remind(request, use, use.review, now);
    case 'close':
      return close(request, use, use.review, command, now);
  }
}

function tell<R extends Reviewed>(
  request: R,
  use: BreakGlassUse,
  people: readonly SlackUserId[],
  now: Date,
): Transition<R> {
  const told = new Set([...use.told, request.requester.slackUserId]);
  const fresh = [...new Set(people)].filter((person) => !told.has(person));
  const state: R = fresh.length === 0 ? request : { ...request, breakGlass: { ...use, told: [...use.told, ...fresh] } };
  const requestId = request.id;
  return {
    ok: true,
    state,
    events: [],
    effects: fresh.map((to) => schedule({ kind: 'notify_person', notice: 'break_glass_used', to, requestId }, now)),
  };
}

function close<R extends Reviewed>(
  request: R,
  use: BreakGlassUse,
  review: Review,
  { verdict, by, comment, seat, unavailable }: Extract<ReviewCommand, { type: 'close' }>,
  now: Date,
): Transition<R> {
  if (by.slackUserId === request.requester.slackUserId) return refused({ code: 'own_review' });
  if (seat === null) return refused({ code: 'not_a_reviewer', from: use.reviewers, unavailable });
  const place = placeFor(seat, request.requester, new Set());
  if (!place.ok) return refused({ code: 'delegated_by_requester' });
  const said = comment.trim();
  if (said === '') return refused({ code: 'review_comment_missing' });
  const state: R = {
    ...request,
    breakGlass: { ...use, review: { ...review, status: verdict, by, at: now, comment: said } },
  };
  return {
    ok: true,
    state,
    events: [
      event(state, now, byPerson(by), {
        kind: 'review.closed',
        data: { verdict, comment: said, via: seat.via, ...forWhom(place.onBehalfOf) },
      }),
    ],
    effects: [
      cancel({ kind: 'remind_review', requestId: request.id }),
      schedule({ kind: 'render_card', requestId: request.id }, now),
      schedule(
        { kind: 'notify_person', notice: 'review_closed', to: request.requester.slackUserId, requestId: request.id },
        now,
      ),
    ],
  };
}

function remind<R extends Reviewed>(request: R, use: BreakGlassUse, review: Review, now: Date): Transition<R> {
  const next: Review = { ...review, reminders: review.reminders + 1 };
  const state: R = { ...request, breakGlass: { ...use, review: next } };
  const overdue = now >= review.dueAt;
  const pause = after(now, pauseSeconds(use));
  return {
    ok: true,
    state,
    events: [
      event(state, now, bySystem('schedule'), {
        kind: 'review.reminded',
        data: { dueAt: review.dueAt.toISOString(), overdue },
      }),
    ],
    effects: [
      schedule({ kind: 'render_card', requestId: request.id }, now),
      // Past its time it is everybody's business again, until somebody closes it.
      ...(overdue ? [schedule({ kind: 'alert_break_glass', requestId: request.id }, now)] : []),
      schedule(
        { kind: 'remind_review', requestId: request.id },
        !overdue && review.dueAt < pause ? review.dueAt : pause,
      ),
    ],
  };
}

const after = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1000);

type ReviewFact = Extract<NewAuditEvent, { kind: 'review.closed' | 'review.reminded' }>;

function event(
  request: Reviewed,
  at: Date,
  actor: Actor,
  fact:
    | Pick<Extract<ReviewFact, { kind: 'review.closed' }>, 'kind' | 'data'>
    | Pick<Extract<ReviewFact, { kind: 'review.reminded' }>, 'kind' | 'data'>,
): NewAuditEvent {
  return { ...fact, at, actor, requestId: request.id, grantId: null };
}
