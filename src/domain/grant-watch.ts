import { cancel, schedule } from './effect.ts';
import { event, type Grant, type GrantCommand, notify, notLive, render, revocation } from './grant-state.ts';
import { byPerson, bySystem, refOf } from './person.ts';
import type { Transition } from './transition.ts';

// What happens to a grant beside its straight way: doubt after an unknown outcome, people who step in, and what others did to it.

type Of<Type extends GrantCommand['type']> = Extract<GrantCommand, { type: Type }>;

/** How soon access that was resolved without proof is looked at for the first time. */
const FIRST_WATCH_SECONDS = 60;

/** Read back as gone, and still not ended: what was sent before may yet arrive. Nothing failed, so nobody is alarmed. */
export function removalUnproven(state: Grant, command: Of<'removal_unproven'>, now: Date): Transition<Grant> {
  const { answer, lookAgainAt } = command;
  const next: Grant = { ...state, lastError: null, lastErrorKind: null };
  return {
    ok: true,
    state: next,
    events: [
      event(next, now, bySystem('worker'), {
        kind: 'grant.removal_unproven',
        data: { answer, lookAgainAt: lookAgainAt.toISOString() },
      }),
    ],
    effects: [revocation(state, lookAgainAt), render(next, now)],
  };
}

export function retryNow(state: Grant, command: Of<'retry_now'>, now: Date): Transition<Grant> {
  return {
    ok: true,
    state,
    events: [event(state, now, byPerson(command.by), { kind: 'grant.retry_requested', data: {} })],
    effects: [
      revocation(state, now),
      // The alert says how it went.
      ...(state.attempts > 0 ? [schedule({ kind: 'alert_revocation', grantId: state.id }, now)] : []),
      render(state, now),
    ],
  };
}

/** Ended on somebody's word. The watch that begins here is what stands in for the proof. */
export function resolveUnverified(state: Grant, command: Of<'resolve_unverified'>, now: Date): Transition<Grant> {
  const { by, reason, error } = command;
  const next: Grant = {
    ...state,
    status: 'ended',
    endedBecause: 'resolved_unverified',
    endReason: reason,
    endRequestedBy: refOf(by),
    endedAt: now,
    lastError: null,
    lastErrorKind: null,
    leftBehind: null,
  };
  return {
    ok: true,
    state: next,
    events: [event(next, now, byPerson(by), { kind: 'grant.resolved_unverified', data: { reason, error } })],
    effects: [
      cancel({ kind: 'revoke_grant', grantId: state.id }),
      schedule({ kind: 'watch_grant', grantId: state.id }, new Date(now.getTime() + FIRST_WATCH_SECONDS * 1000)),
      schedule({ kind: 'alert_revocation', grantId: state.id }, now),
      notify(next, 'access_ended', now),
      render(next, now),
    ],
  };
}

export function confirmGone(state: Grant, { leftBehind }: Of<'confirm_gone'>, now: Date): Transition<Grant> {
  return {
    ok: true,
    state: { ...state, leftBehind },
    events: [event(state, now, bySystem('worker'), { kind: 'grant.confirmed_gone', data: {} })],
    effects: [
      cancel({ kind: 'watch_grant', grantId: state.id }),
      schedule({ kind: 'alert_revocation', grantId: state.id }, now),
      render(state, now),
    ],
  };
}

/** What we had ended is there: it is taken away again, and people hear of it before anybody asks. */
export function reappeared(state: Grant, command: Of<'reappeared'>, now: Date): Transition<Grant> {
  const closedOnWord = state.endedBecause === 'resolved_unverified';
  const next: Grant = {
    ...state,
    status: 'revoking',
    ...(closedOnWord ? whyBefore(state) : {}),
    attempts: 0,
    lastTriedAt: null,
    lastError: null,
    lastErrorKind: null,
  };
  return {
    ok: true,
    state: next,
    events: [
      event(next, now, bySystem('worker'), { kind: 'grant.reappeared', data: { found: command.found, closedOnWord } }),
      event(next, now, bySystem('worker'), {
        kind: 'grant.revocation_started',
        data: { because: next.endedBecause ?? 'revoked', reason: null, reappeared: true },
      }),
    ],
    effects: [
      cancel({ kind: 'watch_grant', grantId: state.id }),
      revocation(next, now),
      schedule({ kind: 'alert_revocation', grantId: state.id }, now),
      notify(next, 'access_reappeared', now),
      render(next, now),
    ],
  };
}

/** Somebody's word that it was gone has turned out wrong, so neither the word nor its reason says why it ended. */
const whyBefore = ({ endDueAt, endsAt }: Grant): Pick<Grant, 'endedBecause' | 'endReason' | 'endRequestedBy'> => ({
  endedBecause: endDueAt && endsAt && endDueAt >= endsAt ? 'expired' : 'revoked',
  endReason: null,
  endRequestedBy: null,
});

export function noteDrift(state: Grant, command: Of<'note_drift'>, now: Date): Transition<Grant> {
  const { kind, found } = command.drift;
  if (state.drift?.kind === kind) return { ok: true, state, events: [], effects: [] };
  const next: Grant = { ...state, drift: { kind, found, seenAt: now } };
  return {
    ok: true,
    state: next,
    events: [event(next, now, bySystem('reconciler'), { kind: 'grant.drift_found', data: { drift: kind, found } })],
    effects: [...(kind === 'removed_by_hand' ? [notify(next, 'access_removed', now)] : []), render(next, now)],
  };
}

export function clearDrift(state: Grant, now: Date): Transition<Grant> {
  if (state.drift === null) return notLive(state);
  const next: Grant = { ...state, drift: null };
  return {
    ok: true,
    state: next,
    events: [
      event(next, now, bySystem('reconciler'), { kind: 'grant.drift_cleared', data: { drift: state.drift.kind } }),
    ],
    effects: [render(next, now)],
  };
}

/** All its times were told by the clock as it was, so all of them move. Ends only ever move earlier. */
export function clockWentBack(state: Grant, command: Of<'clock_went_back'>, now: Date): Transition<Grant> {
  // Its end was in the past already; the next try was set by the clock as it was, and does not wait for it.
  if (state.status === 'revoking') return { ok: true, state, events: [], effects: [revocation(state, now)] };
  const bySeconds = Math.max(0, command.bySeconds);
  const back = (at: Date): Date => new Date(at.getTime() - bySeconds * 1000);
  const next: Grant = {
    ...state,
    provisionBy: back(state.provisionBy),
    mustEndBy: back(state.mustEndBy),
    endsAt: state.endsAt && back(state.endsAt),
  };
  const endsAt = next.endsAt ?? next.mustEndBy;
  return {
    ok: true,
    state: next,
    events: [
      event(next, now, bySystem('worker'), {
        kind: 'grant.end_moved',
        data: { endsAt: endsAt.toISOString(), bySeconds },
      }),
    ],
    effects: [revocation(next, endsAt), render(next, now)],
  };
}
