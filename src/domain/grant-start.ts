import { cancel, type EffectChange, schedule } from './effect.ts';
import {
  after,
  earlier,
  event,
  type Grant,
  type GrantCommand,
  notify,
  notLive,
  provisioning,
  render,
  revocation,
} from './grant-state.ts';
import { type Actor, byPerson, bySystem } from './person.ts';
import { refused } from './refusal.ts';
import type { AccessRequest } from './request.ts';
import type { Transition } from './transition.ts';

// A grant that begins later: by the clock, or when its holder presses Start. Nothing is on the target before that, and yet its
// revocation is scheduled from the first moment on.

type Of<Type extends GrantCommand['type']> = Extract<GrantCommand, { type: Type }>;
type Beginning = Pick<Grant, 'status' | 'startsAt' | 'startBy' | 'endsBy' | 'provisionBy' | 'mustEndBy'>;

/** How an approved request begins. An own start time wins over the role's window, and emergencies wait for nobody. */
export function beginning(request: AccessRequest, now: Date): Beginning {
  const { startWithinSeconds, provisioningWindowSeconds } = request.role;
  const { endsBy } = request;
  const later = request.startsAt !== null && request.startsAt > now ? request.startsAt : null;
  const byHolder = later === null && request.startsAt === null && request.breakGlass === null;
  const startBy = byHolder && startWithinSeconds !== null ? notAfter(after(now, startWithinSeconds), endsBy) : null;
  const provisionBy = notAfter(after(later ?? startBy ?? now, provisioningWindowSeconds), endsBy);
  return {
    status: later || startBy ? 'scheduled' : 'provisioning',
    startsAt: later,
    startBy,
    endsBy,
    provisionBy,
    mustEndBy: notAfter(after(provisionBy, request.durationSeconds), endsBy),
  };
}

/** The first effect of a grant: it is provisioned, or waits for its start. */
export function firstStep(state: Grant, now: Date): EffectChange {
  const waitsUntil = state.startsAt ?? state.startBy;
  return state.status === 'scheduled' && waitsUntil
    ? schedule({ kind: 'start_grant', grantId: state.id }, waitsUntil)
    : provisioning(state, now);
}

export function start(state: Grant, { by, windowSeconds }: Of<'start'>, now: Date): Transition<Grant> {
  const { startsAt, startBy } = state;
  if (by === null) {
    if (startsAt === null) return lapse(state, now);
    // An alarm that rings early is put back.
    if (now < startsAt) return { ok: true, state, events: [], effects: [firstStep(state, now)] };
  } else {
    if (by.slackUserId !== state.holder.slackUserId) return refused({ code: 'not_the_requester' });
    // It starts by itself, and nothing ever showed a button for it.
    if (startBy === null) return notLive(state);
    if (now >= startBy) return neverStarted(state, bySystem('schedule'), now, { because: 'not_started', reason: null });
  }
  const durationSeconds = state.offeredSeconds ?? state.durationSeconds;
  const provisionBy = notAfter(after(now, windowSeconds), state.endsBy);
  const mustEndBy = notAfter(after(provisionBy, durationSeconds), state.endsBy);
  const next: Grant = {
    ...state,
    status: 'provisioning',
    startsAt: null,
    startBy: null,
    offeredSeconds: null,
    durationSeconds,
    provisionBy,
    mustEndBy,
  };
  return {
    ok: true,
    state: next,
    events: [
      event(next, now, by ? byPerson(by) : bySystem('schedule'), {
        kind: 'grant.started',
        data: { mustEndBy: mustEndBy.toISOString(), durationSeconds },
      }),
    ],
    effects: [
      cancel({ kind: 'start_grant', grantId: state.id }),
      revocation(next, mustEndBy),
      provisioning(state, now),
      render(next, now),
    ],
  };
}

/** Nobody pressed Start in time. */
function lapse(state: Grant, now: Date): Transition<Grant> {
  if (state.startBy && now < state.startBy) return { ok: true, state, events: [], effects: [firstStep(state, now)] };
  return neverStarted(state, bySystem('schedule'), now, { because: 'not_started', reason: null });
}

/** Less than was approved is never given silently: the holder is asked, by a Start of so much. */
export function offerShorter(state: Grant, command: Of<'offer_shorter'>, now: Date): Transition<Grant> {
  const { capSeconds, rule } = command;
  const startBy = notAfter(earlier(command.startBy, state.startBy ?? command.startBy), state.endsBy);
  if (now >= startBy) return neverStarted(state, bySystem('policy'), now, { because: 'policy_denied', reason: rule });
  const next: Grant = {
    ...state,
    startsAt: null,
    startBy,
    offeredSeconds: capSeconds,
    mustEndBy: notAfter(after(startBy, secondsBehindStart(state)), state.endsBy),
  };
  return {
    ok: true,
    state: next,
    events: [
      event(next, now, bySystem('policy'), {
        kind: 'grant.start_capped',
        data: { capSeconds, rule, startBy: startBy.toISOString() },
      }),
    ],
    effects: [
      firstStep(next, now),
      revocation(next, next.mustEndBy),
      notify(next, 'start_shorter', now),
      render(next, now),
    ],
  };
}

/** What lay between the latest start and the latest end: the provisioning window and the duration. */
function secondsBehindStart(state: Grant): number {
  const from = state.startsAt ?? state.startBy ?? state.createdAt;
  return Math.max(0, (state.mustEndBy.getTime() - from.getTime()) / 1000);
}

/** The end of a grant that never was anywhere but with us: nothing has to be taken away. */
export function neverStarted(
  state: Grant,
  actor: Actor,
  now: Date,
  why: { readonly because: NonNullable<Grant['endedBecause']>; readonly reason: string | null },
): Transition<Grant> {
  const next: Grant = {
    ...state,
    status: 'ended',
    endedBecause: why.because,
    endReason: why.reason,
    endRequestedBy: actor.type === 'person' ? actor.person : null,
    endDueAt: now,
    endedAt: now,
  };
  const own = actor.type === 'person' && actor.person.slackUserId === state.holder.slackUserId;
  return {
    ok: true,
    state: next,
    events: [event(next, now, actor, { kind: 'grant.never_started', data: why })],
    effects: [
      cancel({ kind: 'start_grant', grantId: state.id }),
      cancel({ kind: 'revoke_grant', grantId: state.id }),
      ...(own ? [] : [notify(next, 'access_not_started', now)]),
      render(next, now),
    ],
  };
}

const notAfter = (at: Date, limit: Date | null): Date => (limit ? earlier(at, limit) : at);
