import type { AuditFact, NewAuditEvent } from './audit.ts';
import { type EffectChange, NO_URGENCY, type NoticeName, schedule } from './effect.ts';
import type { GrantId, RequestId, RoleKey, WorkspaceId } from './ids.ts';
import type { Json } from './json.ts';
import type { Actor, PersonRef } from './person.ts';
import type { Risk } from './policy/labels.ts';
import { refused } from './refusal.ts';
import type { AccessRequest } from './request.ts';
import type { GrantEndedBecause, GrantStatus } from './status.ts';
import { connectionId } from './system.ts';

/** In which order overdue ends are worked off. */
export const RISK_URGENCY: { readonly [risk in Risk]: number } = { high: 0, medium: 1, low: 2 };

export type FailureKind = 'transient' | 'permanent' | 'unknown_outcome';

/** Everything a revocation needs, kept with the grant: no later policy or renaming can strand it. */
export interface GrantTarget {
  readonly connector: string;
  readonly connectorType: string;
  /** The connection as the policy wrote it: secrets only as `${NAME}` references. */
  readonly connection: unknown;
  readonly entitlement: unknown;
  readonly subject: string;
  readonly endSessions: boolean;
  /** Which access this is on which target; null until the target was asked, which is before the first call that changes it. */
  readonly resolved: ResolvedAccess | null;
}

/** The immutable names of one access. `key` is what overlapping grants have in common. */
export interface ResolvedAccess {
  readonly targetIdentity: string;
  readonly entitlementId: string;
  readonly subjectId: string;
  readonly key: string;
}

/** What all accesses to one entitlement of one target have in common. */
export const entitlementKeyOf = (access: Pick<ResolvedAccess, 'targetIdentity' | 'entitlementId'>): string =>
  `${access.targetIdentity}/${access.entitlementId}`;

/** What all calls to one target system of a workspace have in common: they are taken in batches, and held apart from those to others. */
export const targetKeyOf = ({ workspaceId, target }: Pick<Grant, 'workspaceId' | 'target'>): string =>
  `${workspaceId}/${connectionId(target)}`;

export interface Grant {
  readonly id: GrantId;
  readonly workspaceId: WorkspaceId;
  readonly version: number;
  readonly requestId: RequestId;
  readonly holder: PersonRef;
  readonly roleKey: RoleKey;
  readonly target: GrantTarget;
  readonly status: GrantStatus;
  /** While it is scheduled: when it starts by itself; null: its holder starts it, or it has begun at once. */
  readonly startsAt: Date | null;
  /** While it is scheduled: until when its holder may start it; null: nobody has to. */
  readonly startBy: Date | null;
  /** No end is later than this, but for an extension; null: `durationSeconds` alone says. */
  readonly endsBy: Date | null;
  /** A guardrail allows only so much by now: it starts with that, or not at all; null: all of `durationSeconds`. */
  readonly offeredSeconds: number | null;
  /** It ends when nobody uses it for so long; null: never. */
  readonly unusedAfterSeconds: number | null;
  /** When it was last seen in use, or its holder said so; null: not yet. */
  readonly usedAt: Date | null;
  /** When its holder was told that it ends because nobody uses it; null: not since it was used last. */
  readonly unusedWarnedAt: Date | null;
  /** From going live to the end, extensions included. */
  readonly durationSeconds: number;
  /** How often it was extended. */
  readonly extensions: number;
  readonly createdAt: Date;
  /** The latest end there can be, whatever happens: provisioning window + duration after the approval. */
  readonly mustEndBy: Date;
  /** Until when provisioning is tried. */
  readonly provisionBy: Date;
  readonly activatedAt: Date | null;
  /** Fixed when the access went live; never later than mustEndBy. */
  readonly endsAt: Date | null;
  readonly endedBecause: GrantEndedBecause | null;
  readonly endReason: string | null;
  readonly endRequestedBy: PersonRef | null;
  /** When it should have been gone: what lateness is measured from. */
  readonly endDueAt: Date | null;
  readonly endedAt: Date | null;
  /** Failed calls since the last change of status. */
  readonly attempts: number;
  /** When the last of them failed; null: none has. */
  readonly lastTriedAt: Date | null;
  readonly lastError: string | null;
  readonly lastErrorKind: FailureKind | null;
  /** What it is worth to somebody who should not have it: after an outage the high ones end first. */
  readonly risk: Risk;
  /** What was read back when it went live, in the target's own words; null: not yet, or an older version of Elevate. */
  readonly level: Json;
  /** What our grantor's row still holds after the end, since it was there before us; null: nothing. */
  readonly leftBehind: Json;
  /** Somebody changed the access behind our back. A flag that every view shows, never a state. */
  readonly drift: GrantDrift | null;
}

export interface GrantDrift {
  readonly kind: 'removed_by_hand' | 'level_changed';
  readonly seenAt: Date;
  /** What the target says now. */
  readonly found: Json;
}

export type GrantCommand =
  /** Its time has come (`by: null`), or its holder begins it. The window is how long going live may take. */
  | { readonly type: 'start'; readonly by: PersonRef | null; readonly windowSeconds: number }
  /** A guardrail allows less than was approved: its holder is asked, and has until `startBy`. */
  | { readonly type: 'offer_shorter'; readonly capSeconds: number; readonly rule: string; readonly startBy: Date }
  /** What the target saw: the latest moment of use, null for none. */
  | { readonly type: 'observe_use'; readonly usedAt: Date | null }
  /** Its holder uses it, whatever the target saw. */
  | { readonly type: 'keep'; readonly by: PersonRef }
  /** The target was asked who is who; committed before anything else is asked or changed there. */
  | { readonly type: 'note_target'; readonly resolved: ResolvedAccess }
  | { readonly type: 'provision_retry'; readonly error: string }
  /** `level` is what was read back, `heldBefore` whether the holder had anything of it before us. */
  | { readonly type: 'activate'; readonly answer: string; readonly level: Json; readonly heldBefore: boolean }
  | { readonly type: 'provision_fail'; readonly error: string }
  /** An approved extension moves the end. */
  | { readonly type: 'extend'; readonly seconds: number; readonly by: Pick<AccessRequest, 'id'> }
  /** Tell the holder that the end is near. */
  | { readonly type: 'announce_expiry' }
  /** The end has come, by time or by somebody. */
  | {
      readonly type: 'end';
      readonly because: GrantEndedBecause;
      readonly by: PersonRef | null;
      readonly reason: string | null;
    }
  | {
      readonly type: 'revoke_failed';
      readonly error: string;
      readonly errorKind: FailureKind;
      readonly retryAt: Date;
    }
  /** Some sessions were ended, others resist: told now, since the next try counts only the rest. */
  | { readonly type: 'sessions_ended'; readonly sessions: number }
  /** Read back as gone, or as held only for siblings that are still open. */
  | {
      readonly type: 'revoked';
      readonly answer: string;
      readonly keptFor: GrantId | null;
      /** false: nothing was ever sent to the target for it, so that nothing was there to read back. */
      readonly called: boolean;
      /** Other grantors who were read back as giving the same still, which is not ours to take; empty where the target cannot tell. */
      readonly stillGivenBy: readonly string[];
      /** What was put back because it was held before us; null: nothing. */
      readonly leftBehind: Json;
      readonly sessionsEnded: number | null;
      /** Who pressed 'Mark resolved', where that is what made us look; null: it ended by itself. */
      readonly confirmedFor: PersonRef | null;
    }
  /** Read back as gone, but an older call of ours may still land: it is looked at again. */
  | { readonly type: 'removal_unproven'; readonly answer: string; readonly lookAgainAt: Date }
  /** Somebody does not want to wait for the next try. */
  | { readonly type: 'retry_now'; readonly by: PersonRef }
  /** The target cannot be asked, and somebody answers for it that the access is gone. It goes on being watched. */
  | { readonly type: 'resolve_unverified'; readonly by: PersonRef; readonly reason: string; readonly error: string }
  /** What was resolved without proof was read back as gone after all, but for what was held before us; null: nothing. */
  | { readonly type: 'confirm_gone'; readonly leftBehind: Json }
  /** Access that we had ended is there: an older call landed, somebody gave it by our grantor, or the database is an old one. */
  | { readonly type: 'reappeared'; readonly found: Json }
  | { readonly type: 'note_drift'; readonly drift: Omit<GrantDrift, 'seenAt'> }
  | { readonly type: 'clear_drift' }
  /** The database's clock went back by so much: the end moves with it, so that nobody gets more time than was approved. */
  | { readonly type: 'clock_went_back'; readonly bySeconds: number };

/** Whether access may exist on the target: what the one promise is about. */
export const mayExist = (grant: Grant): boolean => grant.status !== 'ended' && grant.status !== 'scheduled';

/** Whether a person has, or is about to have, this access: what a second request for it is refused for. */
export const isLive = (grant: Grant): boolean => grant.status !== 'ended' && grant.status !== 'revoking';

export const notLive = (state: Grant) => refused({ code: 'grant_not_live', grantId: state.id, status: state.status });
export const after = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1000);
export const earlier = (a: Date, b: Date): Date => (a < b ? a : b);
export const later = (a: Date, b: Date): Date => (a < b ? b : a);
/** The revocation at its time, in the order in which overdue ones are worked off. */
export const revocation = (state: Pick<Grant, 'id' | 'risk' | 'workspaceId' | 'target'>, dueAt: Date): EffectChange =>
  schedule({ kind: 'revoke_grant', grantId: state.id }, dueAt, RISK_URGENCY[state.risk], targetKeyOf(state));
/** To be made real on its target. */
export const provisioning = (state: Pick<Grant, 'id' | 'workspaceId' | 'target'>, at: Date): EffectChange =>
  schedule({ kind: 'provision_grant', grantId: state.id }, at, NO_URGENCY, targetKeyOf(state));
export const render = (state: Grant, at: Date): EffectChange =>
  schedule({ kind: 'render_card', requestId: state.requestId }, at);

export function notify(state: Grant, notice: NoticeName, dueAt: Date): EffectChange {
  return schedule({ kind: 'notify_person', notice, to: state.holder.slackUserId, requestId: state.requestId }, dueAt);
}

export function event(state: Grant, at: Date, actor: Actor, fact: AuditFact): NewAuditEvent {
  return { ...fact, at, actor, requestId: state.requestId, grantId: state.id };
}
