import type { NewAuditEvent } from './audit.ts';
import { cancel, schedule } from './effect.ts';
import { neverStarted } from './grant-start.ts';
import { event, type Grant, type GrantCommand, notify, notLive, render, revocation } from './grant-state.ts';
import { type Actor, byPerson, bySystem, type PersonRef } from './person.ts';
import type { GrantEndedBecause } from './status.ts';
import type { Transition } from './transition.ts';

export function end(state: Grant, command: Extract<GrantCommand, { type: 'end' }>, now: Date): Transition<Grant> {
  if (state.status === 'ended' || state.status === 'revoking') return notLive(state);
  if (state.status === 'scheduled') {
    const lapsed = command.because === 'expired';
    // The start's own effect is due before this one; who gets here has lost it.
    if (lapsed && now < state.mustEndBy) {
      return { ok: true, state, events: [], effects: [revocation(state, state.mustEndBy)] };
    }
    const by = command.by ? byPerson(command.by) : bySystem(lapsed ? 'schedule' : 'worker');
    const because = lapsed ? 'not_started' : command.because;
    return neverStarted(state, by, now, { because, reason: command.reason });
  }
  if (command.because === 'expired') {
    const dueAt = state.status === 'active' && state.endsAt ? state.endsAt : state.mustEndBy;
    if (now < dueAt) {
      return { ok: true, state, events: [], effects: [revocation(state, dueAt)] };
    }
    // An end that comes before the access was ever read back means that provisioning never finished.
    const because = state.status === 'active' ? 'expired' : 'provisioning_failed';
    return startRevoking(state, bySystem('schedule'), now, { because, reason: command.reason, by: null, dueAt });
  }
  const actor = command.by ? byPerson(command.by) : bySystem('worker');
  return startRevoking(state, actor, now, { because: command.because, reason: command.reason, by: command.by });
}

export function startRevoking(
  state: Grant,
  actor: Actor,
  now: Date,
  why: { because: GrantEndedBecause; reason: string | null; by: PersonRef | null; dueAt?: Date },
  before: readonly NewAuditEvent[] = [],
): Transition<Grant> {
  const next: Grant = {
    ...state,
    status: 'revoking',
    endedBecause: why.because,
    endReason: why.reason,
    endRequestedBy: why.by,
    endDueAt: why.dueAt ?? now,
    attempts: 0,
    lastTriedAt: null,
    lastError: null,
    lastErrorKind: null,
    drift: null,
  };
  return {
    ok: true,
    state: next,
    events: [
      ...before,
      event(next, now, actor, { kind: 'grant.revocation_started', data: { because: why.because, reason: why.reason } }),
    ],
    effects: [
      cancel({ kind: 'provision_grant', grantId: state.id }),
      cancel({ kind: 'announce_expiry', grantId: state.id }),
      cancel({ kind: 'check_use', grantId: state.id }),
      revocation(state, now),
      render(next, now),
    ],
  };
}

export function revokeFailed(
  state: Grant,
  command: Extract<GrantCommand, { type: 'revoke_failed' }>,
  now: Date,
): Transition<Grant> {
  const { error, errorKind } = command;
  const next: Grant = {
    ...state,
    attempts: state.attempts + 1,
    lastTriedAt: now,
    lastError: error,
    lastErrorKind: errorKind,
  };
  const first = state.attempts === 0;
  // The audit hears of what is new: a target that is down for a day must not fill it. Every try counts in the state.
  const news = first || error !== state.lastError || errorKind !== state.lastErrorKind;
  // What retrying cannot mend goes to a person at once, whenever it begins.
  const nowPermanent = errorKind === 'permanent' && state.lastErrorKind !== 'permanent';
  return {
    ok: true,
    state: next,
    events: news
      ? [
          event(next, now, bySystem('worker'), {
            kind: 'grant.revocation_failed',
            data: { error, errorKind, attempt: next.attempts },
          }),
        ]
      : [],
    effects: [
      revocation(state, command.retryAt),
      ...(first || nowPermanent ? [schedule({ kind: 'alert_revocation', grantId: state.id }, now)] : []),
      ...(first ? [notify(next, 'revocation_failing', now)] : []),
      ...(news ? [render(next, now)] : []),
    ],
  };
}

export function revoked(
  state: Grant,
  command: Extract<GrantCommand, { type: 'revoked' }>,
  now: Date,
): Transition<Grant> {
  const next: Grant = {
    ...state,
    status: 'ended',
    endedAt: now,
    lastError: null,
    lastErrorKind: null,
    leftBehind: command.leftBehind,
    // What was never called for, or was left to a sibling before it went live, cannot be there again: what is found there later is not this grant's.
    target: mayReappear(state, command) ? state.target : { ...state.target, resolved: null },
  };
  const because = state.endedBecause ?? 'revoked';
  const lateSeconds = state.endDueAt ? Math.max(0, (now.getTime() - state.endDueAt.getTime()) / 1000) : 0;
  const events = [
    event(next, now, bySystem('worker'), {
      kind: 'grant.ended',
      data: {
        because,
        answer: command.answer,
        keptFor: command.keptFor,
        called: command.called,
        stillGivenBy: [...command.stillGivenBy],
        restored: command.leftBehind !== null,
        lateSeconds,
        confirmedFor: command.confirmedFor?.name ?? null,
      },
    }),
  ];
  // Whoever was alarmed hears how it ended: after a failure, and after it had shown up again.
  const alarmed = state.attempts > 0 || state.endedAt !== null;
  if (command.sessionsEnded !== null) {
    events.unshift(sessionsEnded(next, command.sessionsEnded, now));
  }
  return {
    ok: true,
    state: next,
    events,
    effects: [
      cancel({ kind: 'revoke_grant', grantId: state.id }),
      cancel({ kind: 'provision_grant', grantId: state.id }),
      cancel({ kind: 'announce_expiry', grantId: state.id }),
      cancel({ kind: 'check_use', grantId: state.id }),
      ...(alarmed ? [schedule({ kind: 'alert_revocation', grantId: state.id }, now)] : []),
      notify(next, because === 'provisioning_failed' ? 'access_failed' : 'access_ended', now),
      render(next, now),
    ],
  };
}

const mayReappear = (state: Grant, { called, keptFor }: Extract<GrantCommand, { type: 'revoked' }>): boolean =>
  called && (keptFor === null || state.activatedAt !== null);

export function sessionsEnded(state: Grant, sessions: number, now: Date): NewAuditEvent {
  return event(state, now, bySystem('worker'), {
    kind: 'grant.sessions_ended',
    data: { sessions, at: now.toISOString() },
  });
}
