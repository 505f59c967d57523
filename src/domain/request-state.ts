import type { Decision, Seat, StageVoters } from './approval.ts';
import type { AuditFact, NewAuditEvent } from './audit.ts';
import { cancel, type EffectChange, type NoticeName, schedule } from './effect.ts';
import type { GrantId, RequestId, RoleKey, SlackUserId, WorkspaceId } from './ids.ts';
import type { Actor, PersonRef } from './person.ts';
import type { Facts } from './policy/facts.ts';
import type { LookupFailure } from './policy/lookup.ts';
import type { PolicyDecision, Stage } from './policy/types.ts';
import type { BreakGlassUse } from './review.ts';
import type { RequestStatus } from './status.ts';
import type { Transition } from './transition.ts';

/** What the role was when it was asked for, so that a changed policy strands neither the card nor the grant. */
export interface RoleSnapshot {
  readonly key: RoleKey;
  readonly title: string;
  readonly resource: string;
  readonly environment: string;
  readonly risk: 'low' | 'medium' | 'high';
  readonly instructions: string | null;
  readonly channel: string;
  /** Where its timeline stands; null: in the thread of its card. */
  readonly auditChannel: string | null;
  /** Channels of the policy that could not be reached when it was asked for. */
  readonly unreached: readonly UnreachedChannel[];
  /** Groups that own the resource: they may revoke. */
  readonly owners: readonly string[];
  readonly connector: string;
  readonly connectorType: string;
  readonly entitlement: unknown;
  /** Who the requester is on the target. */
  readonly subject: string;
  readonly endSessions: boolean;
  readonly provisioningWindowSeconds: number;
  /** The requester starts it, within so long after the approval; null: its time begins when it is live. */
  readonly startWithinSeconds: number | null;
  /** It ends when nobody uses it for so long; null: never. */
  readonly unusedAfterSeconds: number | null;
  /** How often people are told that it waits, by the clock, by the requester, or because nobody decided: all together. */
  readonly remindersMax: number;
}

/** A channel that the policy names and nothing can be posted to, and where what belongs there stands instead. */
export interface UnreachedChannel {
  readonly channel: string;
  readonly what: 'card' | 'timeline';
  /** What to put right. */
  readonly problem: string;
  /** null: in the thread of the card. */
  readonly instead: string | null;
}

/** Where a request stands that waits for people. */
export interface Waiting {
  /** The stage that is asked now, as an index. */
  readonly stage: number;
  readonly since: Date;
  /** When the whole request is over, however much time a stage would have. */
  readonly until: Date;
  /** When its approvers are reminded; null: they were, or are not. */
  readonly remindAt: Date | null;
  /** When others are asked too; null: they were, or there are none. */
  readonly escalateAt: Date | null;
  readonly escalatedAt: Date | null;
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

/** What an approver made of the ask before anybody approved it. */
export interface Edit {
  readonly by: PersonRef;
  readonly onBehalfOf: PersonRef | null;
  readonly at: Date;
  readonly before: AskedFor;
  readonly after: AskedFor;
}

export interface AskedFor {
  readonly role: RoleKey;
  readonly title: string;
  readonly durationSeconds: number;
}

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
  /** When it is to start by itself; null: when it is approved. */
  readonly startsAt: Date | null;
  /** When it ends at the latest, however late it begins; null: `durationSeconds` alone says. */
  readonly endsBy: Date | null;
  readonly reason: string;
  readonly ticket: string | null;
  /** The address of the Slack message that it is about. */
  readonly about: string | null;
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
  /** The first revision whose approvals count: an edit that is more than a shortening asks everybody anew. */
  readonly approvalsFrom: number;
  /** Which of `decisions` it was approved with; null: it was not approved. */
  readonly counted: readonly number[] | null;
  /** What approvers changed, oldest first. */
  readonly edits: readonly Edit[];
  readonly status: RequestStatus;
  /** null: the policy asked for nobody. What it was, once it is closed. */
  readonly waiting: Waiting | null;
  /** How often people were told that it waits, and when the last time was. */
  readonly reminders: number;
  readonly remindedAt: Date | null;
  readonly createdAt: Date;
  /** When it expires unless somebody answers in the stage that is asked now. */
  readonly expiresAt: Date;
  readonly closedAt: Date | null;
  readonly closedBy: PersonRef | null;
  readonly closedReason: string | null;
}

/** What a submission brings; the rest is the same at every birth. */
export type Draft = Omit<
  AccessRequest,
  | 'version'
  | 'revision'
  | 'status'
  | 'decisions'
  | 'approvalsFrom'
  | 'counted'
  | 'edits'
  | 'waiting'
  | 'reminders'
  | 'remindedAt'
  | 'closedAt'
  | 'closedBy'
  | 'closedReason'
>;

export const unanswered = (draft: Draft): AccessRequest => ({
  ...draft,
  version: 0,
  revision: 1,
  status: 'pending',
  decisions: [],
  approvalsFrom: 1,
  counted: null,
  edits: [],
  waiting: null,
  reminders: 0,
  remindedAt: null,
  closedAt: null,
  closedBy: null,
  closedReason: null,
});

/** What an edit makes of the ask, as the policy decides about it now. */
export interface EditedAsk {
  /** null: the same role. */
  readonly role: RoleSnapshot | null;
  readonly durationSeconds: number;
  readonly decision: PolicyDecision;
  /** Those of the decision as they can be filled now. */
  readonly stages: readonly Stage[];
  readonly facts: Facts;
  /** One entry per stage, with whoever is asked since nobody decided in time. */
  readonly voters: readonly StageVoters[];
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
      readonly seat: Seat | null;
      readonly unavailable: readonly LookupFailure[];
    }
  /** An approver shortens it, or makes it a narrower role. */
  | {
      readonly type: 'edit';
      readonly by: PersonRef;
      readonly revision: number;
      /** One entry per stage of the ask as it is. */
      readonly voters: readonly StageVoters[];
      readonly to: EditedAsk;
    }
  /** A guardrail or separation of duties refuses now what it allowed at the submission. */
  | { readonly type: 'deny_by_policy'; readonly rule: string; readonly message: string | null }
  | { readonly type: 'cancel'; readonly by: PersonRef }
  /** The requester nudges, or (`by: null`) the time for it has come. */
  | { readonly type: 'remind'; readonly by: PersonRef | null }
  /** Nobody decided in the stage's time; `people` are in the groups that are asked after it. */
  | { readonly type: 'escalate'; readonly people: readonly SlackUserId[] }
  | { readonly type: 'expire' }
  /** The access that it was to extend has ended before it was decided. */
  | { readonly type: 'lapse' }
  /** The account of whoever asked was deactivated. */
  | { readonly type: 'requester_left' };

/** The `closedReason` of an extension whose access ended before anybody decided. */
export const LAPSED = 'access_ended';
/** The `closedReason` of a request whose requester's account was deactivated. */
export const REQUESTER_LEFT = 'requester_left';

/** Ends a request: nothing that waits for it is left behind. */
export function close(
  state: AccessRequest,
  status: Exclude<RequestStatus, 'pending' | 'refused'>,
  actor: Actor,
  now: Date,
  end: { reason: string | null; fact: AuditFact; notice: NoticeName | null },
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
      cancel({ kind: 'escalate_request', requestId: state.id }),
      schedule({ kind: 'render_card', requestId: state.id }, now),
      ...(end.notice === null ? [] : [notify(closed, end.notice, now)]),
    ],
  };
}

export function notify(
  state: AccessRequest,
  notice: NoticeName,
  dueAt: Date,
  to: SlackUserId = state.requester.slackUserId,
): EffectChange {
  return schedule({ kind: 'notify_person', notice, to, requestId: state.id }, dueAt);
}

export function event(state: AccessRequest, at: Date, actor: Actor, fact: AuditFact): NewAuditEvent {
  return { ...fact, at, actor, requestId: state.id, grantId: null };
}
