import type { NewAuditEvent } from './audit.ts';
import { cancel, type EffectChange, schedule } from './effect.ts';
import { end, revoked, revokeFailed, sessionsEnded, startRevoking } from './grant-end.ts';
import { beginning, firstStep, offerShorter, start } from './grant-start.ts';
import {
  after,
  earlier,
  event,
  type Grant,
  type GrantCommand,
  later,
  mayExist,
  notify,
  notLive,
  render,
  revocation,
} from './grant-state.ts';
import { firstLook, keep, observeUse } from './grant-use.ts';
import {
  clearDrift,
  clockWentBack,
  confirmGone,
  noteDrift,
  reappeared,
  removalUnproven,
  resolveUnverified,
  retryNow,
} from './grant-watch.ts';
import type { GrantId } from './ids.ts';
import { bySystem } from './person.ts';
import { refused } from './refusal.ts';
import type { AccessRequest } from './request.ts';
import type { GrantStatus } from './status.ts';
import type { Transition } from './transition.ts';

export type { Grant, GrantCommand, GrantDrift, GrantTarget, ResolvedAccess } from './grant-state.ts';
export { entitlementKeyOf, isLive, mayExist } from './grant-state.ts';
export { unusedEndOf } from './grant-use.ts';
export type { GrantStatus };

/** The share of a grant's duration before its end at which the end is announced, and the most it can be. */
const EXPIRY_NOTICE_SHARE = 0.1;
const EXPIRY_NOTICE_MAX_SECONDS = 600;

export function expiryNoticeAt(endsAt: Date, durationSeconds: number): Date {
  return new Date(endsAt.getTime() - Math.min(durationSeconds * EXPIRY_NOTICE_SHARE, EXPIRY_NOTICE_MAX_SECONDS) * 1000);
}

/** Born in the approving transaction, with its revocation already scheduled. */
export function createGrant(
  id: GrantId,
  request: AccessRequest,
  connection: unknown,
  now: Date,
): { state: Grant; events: NewAuditEvent[]; effects: EffectChange[] } {
  const state: Grant = {
    id,
    workspaceId: request.workspaceId,
    version: 0,
    requestId: request.id,
    holder: request.requester,
    roleKey: request.role.key,
    target: {
      connector: request.role.connector,
      connectorType: request.role.connectorType,
      connection,
      entitlement: request.role.entitlement,
      subject: request.role.subject,
      endSessions: request.role.endSessions,
      resolved: null,
    },
    ...beginning(request, now),
    offeredSeconds: null,
    unusedAfterSeconds: request.role.unusedAfterSeconds,
    usedAt: null,
    unusedWarnedAt: null,
    durationSeconds: request.durationSeconds,
    extensions: 0,
    createdAt: now,
    activatedAt: null,
    endsAt: null,
    endedBecause: null,
    endReason: null,
    endRequestedBy: null,
    endDueAt: null,
    endedAt: null,
    attempts: 0,
    lastTriedAt: null,
    lastError: null,
    lastErrorKind: null,
    risk: request.role.risk,
    level: null,
    leftBehind: null,
    drift: null,
  };
  return {
    state,
    events: [
      event(state, now, bySystem('policy'), {
        kind: 'grant.created',
        data: {
          mustEndBy: state.mustEndBy.toISOString(),
          durationSeconds: state.durationSeconds,
          ...(state.startsAt === null ? {} : { startsAt: state.startsAt.toISOString() }),
          ...(state.startBy === null ? {} : { startBy: state.startBy.toISOString() }),
        },
      }),
    ],
    effects: [revocation(state, state.mustEndBy), firstStep(state, now)],
  };
}

export function transitionGrant(state: Grant, command: GrantCommand, now: Date): Transition<Grant> {
  switch (command.type) {
    case 'start':
      return state.status === 'scheduled' ? start(state, command, now) : notLive(state);
    case 'offer_shorter':
      return state.status === 'scheduled' ? offerShorter(state, command, now) : notLive(state);
    case 'observe_use':
      return state.status === 'active' ? observeUse(state, command, now) : notLive(state);
    case 'keep':
      return state.status === 'active' ? keep(state, command, now) : notLive(state);
    case 'note_target':
      return state.status === 'provisioning' ? noteTarget(state, command, now) : notLive(state);
    case 'provision_retry':
      return state.status === 'provisioning' ? provisionRetry(state, command.error, now) : notLive(state);
    case 'activate':
      // Without the ids that a revocation needs there is nothing that could be called live.
      return state.status === 'provisioning' && state.target.resolved ? activate(state, command, now) : notLive(state);
    case 'provision_fail':
      return state.status === 'provisioning'
        ? startRevoking(
            state,
            bySystem('worker'),
            now,
            { because: 'provisioning_failed', reason: command.error, by: null },
            [
              event(state, now, bySystem('worker'), {
                kind: 'grant.provisioning_failed',
                data: { error: command.error },
              }),
            ],
          )
        : notLive(state);
    case 'extend':
      return state.status === 'active' && state.endsAt ? extend(state, state.endsAt, command, now) : notLive(state);
    case 'announce_expiry':
      return state.status === 'active' && state.endsAt ? announceExpiry(state, state.endsAt, now) : notLive(state);
    case 'end':
      return end(state, command, now);
    case 'revoke_failed':
      return state.status === 'revoking' ? revokeFailed(state, command, now) : notLive(state);
    case 'sessions_ended':
      return state.status === 'revoking'
        ? { ok: true, state, events: [sessionsEnded(state, command.sessions, now)], effects: [] }
        : notLive(state);
    case 'revoked':
      return state.status === 'revoking' ? revoked(state, command, now) : notLive(state);
    case 'removal_unproven':
      return state.status === 'revoking' ? removalUnproven(state, command, now) : notLive(state);
    case 'retry_now':
      return state.status === 'revoking' ? retryNow(state, command, now) : notLive(state);
    case 'resolve_unverified':
      return state.status === 'revoking' ? resolveUnverified(state, command, now) : notLive(state);
    case 'confirm_gone':
      return state.status === 'ended' && state.endedBecause === 'resolved_unverified'
        ? confirmGone(state, command, now)
        : notLive(state);
    case 'reappeared':
      // Without ids nothing was ever called, and nothing can be there.
      return state.status === 'ended' && state.target.resolved ? reappeared(state, command, now) : notLive(state);
    case 'note_drift':
      return state.status === 'active' ? noteDrift(state, command, now) : notLive(state);
    case 'clear_drift':
      return state.status === 'active' ? clearDrift(state, now) : notLive(state);
    case 'clock_went_back':
      return mayExist(state) ? clockWentBack(state, command, now) : notLive(state);
  }
}

function noteTarget(
  state: Grant,
  command: Extract<GrantCommand, { type: 'note_target' }>,
  now: Date,
): Transition<Grant> {
  const { resolved } = command;
  const known = state.target.resolved;
  // A retry finds what the first try noted; another target or another person under the same name is not ours to touch.
  if (known && known.key !== resolved.key) return notLive(state);
  if (known) return { ok: true, state, events: [], effects: [] };
  const next: Grant = { ...state, target: { ...state.target, resolved } };
  return {
    ok: true,
    state: next,
    events: [
      event(next, now, bySystem('worker'), {
        kind: 'grant.provisioning_started',
        data: {
          target: resolved.targetIdentity,
          subject: state.target.subject,
          subjectId: resolved.subjectId,
        },
      }),
    ],
    effects: [],
  };
}

function provisionRetry(state: Grant, error: string, now: Date): Transition<Grant> {
  const next: Grant = { ...state, attempts: state.attempts + 1, lastTriedAt: now, lastError: error };
  const said = event(next, now, bySystem('worker'), {
    kind: 'grant.provisioning_retried',
    data: { error, attempt: next.attempts },
  });
  // The audit hears of the first failure; a target that is down for an hour must not fill it.
  return {
    ok: true,
    state: next,
    events: state.attempts === 0 ? [said] : [],
    effects: state.attempts === 0 ? [render(state, now)] : [],
  };
}

function activate(
  state: Grant,
  { answer, level, heldBefore }: Extract<GrantCommand, { type: 'activate' }>,
  now: Date,
): Transition<Grant> {
  const endsAt = earlier(after(now, state.durationSeconds), state.mustEndBy);
  const next: Grant = { ...state, status: 'active', activatedAt: now, endsAt, level, attempts: 0, lastError: null };
  return {
    ok: true,
    state: next,
    events: [
      event(next, now, bySystem('worker'), {
        kind: 'grant.activated',
        data: { endsAt: endsAt.toISOString(), answer, heldBefore },
      }),
    ],
    effects: [
      cancel({ kind: 'provision_grant', grantId: state.id }),
      revocation(state, endsAt),
      schedule({ kind: 'announce_expiry', grantId: state.id }, expiryNoticeAt(endsAt, state.durationSeconds)),
      ...firstLook(next, now),
      notify(next, 'access_live', now),
      render(next, now),
    ],
  };
}

function extend(
  state: Grant,
  oldEnd: Date,
  { seconds, by }: Extract<GrantCommand, { type: 'extend' }>,
  now: Date,
): Transition<Grant> {
  // The end may be here although nothing has acted on it yet: what is over is not extended.
  if (now >= oldEnd) return refused({ code: 'grant_not_live', grantId: state.id, status: 'revoking' });
  const endsAt = after(oldEnd, seconds);
  const durationSeconds = state.durationSeconds + seconds;
  const mustEndBy = later(endsAt, state.mustEndBy);
  const next: Grant = { ...state, endsAt, mustEndBy, durationSeconds, extensions: state.extensions + 1 };
  return {
    ok: true,
    state: next,
    events: [
      event(next, now, bySystem('policy'), {
        kind: 'grant.extended',
        data: { endsAt: endsAt.toISOString(), seconds, by: by.id },
      }),
    ],
    effects: [
      revocation(state, endsAt),
      schedule({ kind: 'renew_expiry', grantId: state.id }, now),
      schedule({ kind: 'announce_expiry', grantId: state.id }, expiryNoticeAt(endsAt, durationSeconds)),
      render(next, now),
    ],
  };
}

function announceExpiry(state: Grant, endsAt: Date, now: Date): Transition<Grant> {
  const noticeAt = expiryNoticeAt(endsAt, state.durationSeconds);
  if (now < noticeAt) {
    return {
      ok: true,
      state,
      events: [],
      effects: [schedule({ kind: 'announce_expiry', grantId: state.id }, noticeAt)],
    };
  }
  // After an outage the end may already be here; a notice that it is near would then be false.
  if (now >= endsAt) return { ok: true, state, events: [], effects: [] };
  return {
    ok: true,
    state,
    events: [
      event(state, now, bySystem('schedule'), {
        kind: 'grant.expiry_announced',
        data: { endsAt: endsAt.toISOString() },
      }),
    ],
    effects: [notify(state, 'access_ending', now), render(state, now)],
  };
}
