import { currentStage, type Decision, progress, type StageVoters } from './approval.ts';
import type { AuditFact, NewAuditEvent } from './audit.ts';
import { cancel, type EffectChange, type NoticeName, schedule } from './effect.ts';
import type { GrantId, RequestId, RoleKey, SlackUserId, WorkspaceId } from './ids.ts';
import { type Actor, byPerson, bySystem, type PersonRef, refOf } from './person.ts';
import type { Facts } from './policy/facts.ts';
import type { PolicyDecision, Stage } from './policy/types.ts';
import { refused } from './refusal.ts';
import { type BreakGlassUse, reviewEffects, startReview } from './review.ts';
import type { RequestStatus } from './status.ts';
import type { Transition } from './transition.ts';

export type { RequestStatus };

/** What the role was when it was asked for, so that a changed policy strands neither the card nor the grant. */
export interface RoleSnapshot {
  readonly key: RoleKey;
  readonly title: string;
  readonly resource: string;
  readonly environment: string;
  readonly risk: 'low' | 'medium' | 'high';
  readonly instructions: string | null;
  readonly channel: string;
  /** Groups that own the resource: they may revoke. */
  readonly owners: readonly string[];
  readonly connector: string;
  readonly connectorType: string;
  readonly entitlement: unknown;
  /** Who the requester is on the target. */
  readonly subject: string;
  readonly endSessions: boolean;
  readonly provisioningWindowSeconds: number;
}

/** What an extension is about. Only one waits for a grant at a time, and nothing else moves a grant's end. */
export interface Extension {
  readonly grantId: GrantId;
  /** The end that stands until the extension is approved; the asked time is added to it. */
  readonly endsAt: Date;
}

/** Where the end moves when an extension is approved. */
export const extendedEnd = (request: Pick<AccessRequest, 'durationSeconds'>, extension: Extension): Date =>
  new Date(extension.endsAt.getTime() + request.durationSeconds * 1000);

export interface AccessRequest {
  readonly id: RequestId;
  readonly workspaceId: WorkspaceId;
  /** Counts saves; a save that finds another number than it read has lost a race. */
  readonly version: number;
  /** Counts what an approver sees change in the ask; a click carries it. */
  readonly revision: number;
  /** What makes a second delivery of the same submission the same request. */
  readonly origin: string;
  readonly requester: PersonRef;
  readonly role: RoleSnapshot;
  readonly durationSeconds: number;
  readonly reason: string;
  readonly ticket: string | null;
  /** null: it asks for access of its own. */
  readonly extension: Extension | null;
  /** null: it asks those whom the policy names. */
  readonly breakGlass: BreakGlassUse | null;
  readonly policyVersion: string;
  /** The decision at the submission, with every rule's verdict, and the facts it was made from. */
  readonly policyDecision: PolicyDecision;
  readonly facts: Facts;
  readonly stages: readonly Stage[];
  readonly decisions: readonly Decision[];
  readonly status: RequestStatus;
  /** How often its approvers were reminded, by the requester or by the clock, and when the last time was. */
  readonly reminders: number;
  readonly remindedAt: Date | null;
  readonly createdAt: Date;
  /** When a request that nobody answers expires. */
  readonly expiresAt: Date;
  readonly closedAt: Date | null;
  readonly closedBy: PersonRef | null;
  readonly closedReason: string | null;
}

export type RequestCommand =
  /** The policy asked for nobody. */
  | { readonly type: 'approve_by_policy' }
  | {
      readonly type: 'approve';
      readonly by: PersonRef;
      readonly revision: number;
      /** One entry per stage, looked up for this click. */
      readonly voters: readonly StageVoters[];
    }
  | {
      readonly type: 'deny';
      readonly by: PersonRef;
      readonly revision: number;
      readonly reason: string;
      readonly via: string | null;
      readonly unavailable: readonly string[];
    }
  /** A guardrail or separation of duties refuses now what it allowed at the submission. */
  | { readonly type: 'deny_by_policy'; readonly rule: string; readonly message: string | null }
  | { readonly type: 'cancel'; readonly by: PersonRef }
  /** The requester nudges, or (`by: null`) half of the time has passed. */
  | { readonly type: 'remind'; readonly by: PersonRef | null }
  | { readonly type: 'expire' }
  /** The access that it was to extend has ended before it was decided. */
  | { readonly type: 'lapse' };

/** The moment a request is born. Its approval, by policy or by people, is a command of its own. */
export function submit(
  draft: Omit<
    AccessRequest,
    | 'version'
    | 'revision'
    | 'status'
    | 'decisions'
    | 'reminders'
    | 'remindedAt'
    | 'closedAt'
    | 'closedBy'
    | 'closedReason'
  >,
): {
  state: AccessRequest;
  events: NewAuditEvent[];
  effects: EffectChange[];
} {
  const state: AccessRequest = {
    ...draft,
    version: 0,
    revision: 1,
    status: 'pending',
    decisions: [],
    reminders: 0,
    remindedAt: null,
    closedAt: null,
    closedBy: null,
    closedReason: null,
  };
  const waits = state.stages.length > 0;
  return {
    state,
    events: [
      event(state, state.createdAt, byPerson(state.requester), {
        kind: 'request.submitted',
        data: {
          role: state.role.key,
          durationSeconds: state.durationSeconds,
          reason: state.reason,
          ticket: state.ticket,
          policyVersion: state.policyVersion,
          rule: state.policyDecision.rule.name,
          outcome: waits ? 'require' : 'approve',
          ...(state.breakGlass === null ? {} : { breakGlass: true }),
          ...(state.extension === null ? {} : { extends: state.extension.grantId }),
        },
      }),
    ],
    effects: [
      schedule({ kind: 'render_card', requestId: state.id }, state.createdAt),
      schedule({ kind: 'expire_request', requestId: state.id }, state.expiresAt),
      ...(waits
        ? [
            notify(state, 'request_submitted', state.createdAt),
            schedule({ kind: 'remind_approvers', requestId: state.id }, halfway(state)),
          ]
        : []),
    ],
  };
}

export function transitionRequest(state: AccessRequest, command: RequestCommand, now: Date): Transition<AccessRequest> {
  if (state.status !== 'pending') {
    return refused({ code: 'request_not_pending', status: state.status, by: state.closedBy });
  }
  switch (command.type) {
    case 'approve_by_policy':
      return state.stages.length === 0
        ? approved(state, bySystem('policy'), now)
        : refused({ code: 'not_an_approver', from: state.stages.flatMap((stage) => stage.from), unavailable: null });
    case 'approve':
      return approve(state, command, now);
    case 'deny':
      return deny(state, command, now);
    case 'deny_by_policy':
      return close(state, 'denied', bySystem('policy'), now, {
        reason: command.message ?? command.rule,
        fact: { kind: 'request.denied', data: { reason: command.message ?? command.rule, rule: command.rule } },
        notice: 'request_denied',
      });
    case 'cancel':
      if (command.by.slackUserId !== state.requester.slackUserId) return refused({ code: 'not_the_requester' });
      return close(state, 'cancelled', byPerson(command.by), now, {
        reason: null,
        fact: { kind: 'request.cancelled', data: {} },
        notice: 'request_cancelled',
      });
    case 'remind':
      return remind(state, command.by, now);
    case 'expire':
      if (now < state.expiresAt)
        return {
          ok: true,
          state,
          events: [],
          effects: [schedule({ kind: 'expire_request', requestId: state.id }, state.expiresAt)],
        };
      return close(state, 'expired', bySystem('schedule'), now, {
        reason: null,
        fact: { kind: 'request.expired', data: { deadline: state.expiresAt.toISOString() } },
        notice: 'request_expired',
      });
    case 'lapse':
      return close(state, 'expired', bySystem('schedule'), now, {
        reason: LAPSED,
        fact: { kind: 'request.lapsed', data: { grant: state.extension?.grantId ?? '' } },
        notice: 'request_expired',
      });
  }
}

/** The `closedReason` of an extension whose access ended before anybody decided. */
export const LAPSED = 'access_ended';

/** Reminders of one request, all together, and the least time between two: more would be noise that nobody reads. */
export const REMINDERS_MAX = 3;
export const REMINDER_PAUSE_SECONDS = 900;
/** When the clock reminds: it leaves as much time to act as it has let pass. */
const halfway = (state: AccessRequest): Date => new Date((state.createdAt.getTime() + state.expiresAt.getTime()) / 2);

function remind(state: AccessRequest, by: PersonRef | null, now: Date): Transition<AccessRequest> {
  if (by !== null && by.slackUserId !== state.requester.slackUserId) return refused({ code: 'not_the_requester' });
  // An alarm that rings late must not ask for what is about to be over.
  if (by === null && now >= state.expiresAt) return { ok: true, state, events: [], effects: [] };
  const againAt = new Date((state.remindedAt ?? state.createdAt).getTime() + REMINDER_PAUSE_SECONDS * 1000);
  if (state.reminders >= REMINDERS_MAX) return refused({ code: 'reminders_used_up', max: REMINDERS_MAX });
  if (now < againAt && by !== null) return refused({ code: 'reminded_just_now', againAt });
  const next: AccessRequest = { ...state, reminders: state.reminders + 1, remindedAt: now };
  const actor = by === null ? bySystem('schedule') : byPerson(by);
  return {
    ok: true,
    state: next,
    events: [event(next, now, actor, { kind: 'request.reminded', data: { expiresAt: state.expiresAt.toISOString() } })],
    effects: [schedule({ kind: 'render_card', requestId: state.id }, now)],
  };
}

function approve(
  state: AccessRequest,
  command: Extract<RequestCommand, { type: 'approve' }>,
  now: Date,
): Transition<AccessRequest> {
  if (command.revision !== state.revision) return refused({ code: 'request_changed', revision: state.revision });
  const before = progress(state.stages, state.decisions, command.voters);
  const index = currentStage(before);
  if (index === null) return approved(state, byPerson(command.by), now);
  const stage = state.stages[index];
  const voters = command.voters[index];
  if (!stage || !voters) return refused({ code: 'not_an_approver', from: [], unavailable: null });
  if (command.by.slackUserId === state.requester.slackUserId && !stage.selfAllowed)
    return refused({ code: 'own_request' });
  const via = voters.voters.get(command.by.slackUserId);
  if (via === undefined)
    return refused({ code: 'not_an_approver', from: stage.from, unavailable: voters.unavailable[0] ?? null });
  if (before.some((each) => each.counted.some((decision) => decision.by.slackUserId === command.by.slackUserId))) {
    return refused({ code: 'already_counted' });
  }
  const decision: Decision = {
    kind: 'approved',
    by: refOf(command.by),
    at: now,
    revision: state.revision,
    stage: index,
    via,
    reason: null,
  };
  const next: AccessRequest = { ...state, decisions: [...state.decisions, decision] };
  const said = event(next, now, byPerson(command.by), { kind: 'decision.approved', data: { stage: index, via } });
  if (currentStage(progress(next.stages, next.decisions, command.voters)) !== null) {
    return {
      ok: true,
      state: next,
      events: [said],
      effects: [schedule({ kind: 'render_card', requestId: state.id }, now)],
    };
  }
  const done = approved(next, byPerson(command.by), now);
  return done.ok ? { ...done, events: [said, ...done.events] } : done;
}

function approved(state: AccessRequest, actor: Actor, now: Date): Transition<AccessRequest> {
  const approvers = state.decisions
    .filter((decision) => decision.kind === 'approved')
    .map((decision) => decision.by.email);
  const breakGlass = state.breakGlass ? startReview(state.breakGlass, now) : null;
  const done = close({ ...state, breakGlass }, 'approved', actor, now, {
    reason: null,
    fact: { kind: 'request.approved', data: { rule: state.policyDecision.rule.name, approvers } },
    notice: 'request_approved',
  });
  if (!done.ok || breakGlass === null) return done;
  return { ...done, effects: [...done.effects, ...reviewEffects(state, breakGlass, now)] };
}

function deny(
  state: AccessRequest,
  command: Extract<RequestCommand, { type: 'deny' }>,
  now: Date,
): Transition<AccessRequest> {
  if (command.by.slackUserId === state.requester.slackUserId) return refused({ code: 'own_request' });
  if (command.via === null) {
    return refused({
      code: 'not_an_approver',
      from: state.stages.flatMap((stage) => stage.from),
      unavailable: command.unavailable[0] ?? null,
    });
  }
  const reason = command.reason.trim();
  if (reason === '') return refused({ code: 'deny_reason_missing' });
  if (command.revision !== state.revision) return refused({ code: 'request_changed', revision: state.revision });
  const decision: Decision = {
    kind: 'denied',
    by: refOf(command.by),
    at: now,
    revision: state.revision,
    stage: null,
    via: command.via,
    reason,
  };
  const done = close({ ...state, decisions: [...state.decisions, decision] }, 'denied', byPerson(command.by), now, {
    reason,
    fact: { kind: 'request.denied', data: { reason, rule: null } },
    notice: 'request_denied',
  });
  if (!done.ok) return done;
  const said = event(state, now, byPerson(command.by), { kind: 'decision.denied', data: { via: command.via, reason } });
  return { ...done, events: [said, ...done.events] };
}

function close(
  state: AccessRequest,
  status: Exclude<RequestStatus, 'pending'>,
  actor: Actor,
  now: Date,
  end: { reason: string | null; fact: AuditFact; notice: NoticeName },
): Transition<AccessRequest> {
  const closed: AccessRequest = {
    ...state,
    status,
    closedAt: now,
    closedBy: actor.type === 'person' ? actor.person : null,
    closedReason: end.reason,
  };
  return {
    ok: true,
    state: closed,
    events: [event(closed, now, actor, end.fact)],
    effects: [
      cancel({ kind: 'expire_request', requestId: state.id }),
      cancel({ kind: 'remind_approvers', requestId: state.id }),
      schedule({ kind: 'render_card', requestId: state.id }, now),
      notify(closed, end.notice, now),
    ],
  };
}

function notify(
  state: AccessRequest,
  notice: NoticeName,
  dueAt: Date,
  to: SlackUserId = state.requester.slackUserId,
): EffectChange {
  return schedule({ kind: 'notify_person', notice, to, requestId: state.id }, dueAt);
}

function event(state: AccessRequest, at: Date, actor: Actor, fact: AuditFact): NewAuditEvent {
  return { ...fact, at, actor, requestId: state.id, grantId: null };
}
