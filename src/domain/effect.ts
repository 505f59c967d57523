import type { GrantId, RequestId, SlackUserId, WorkspaceId } from './ids.ts';

/**
 * What must happen next. An effect has a key; scheduling a key again moves it and makes it pending again, so there is never
 * more than one of a kind for its subject. Every performer is level-triggered: it reads the present state and is harmless twice.
 */
export type Effect =
  /** Bring the card and its thread up to the present state. */
  | { readonly kind: 'render_card'; readonly requestId: RequestId }
  /** Expire the request if it still waits. */
  | { readonly kind: 'expire_request'; readonly requestId: RequestId }
  /** Remind those who can decide a request that waits. */
  | { readonly kind: 'remind_approvers'; readonly requestId: RequestId }
  /** Ask the others whom the policy names, since nobody decided in time. */
  | { readonly kind: 'escalate_request'; readonly requestId: RequestId }
  /** Tell the security channel that break-glass was used, and again when its review is overdue. */
  | { readonly kind: 'alert_break_glass'; readonly requestId: RequestId }
  /** Write to everybody whom a use of break-glass concerns, and again to those who could not be looked up before. */
  | { readonly kind: 'tell_break_glass'; readonly requestId: RequestId }
  /** Remind whoever may review a use of break-glass. */
  | { readonly kind: 'remind_review'; readonly requestId: RequestId }
  /** Start a grant whose time has come; or let it lapse, if its holder was to start it and did not. */
  | { readonly kind: 'start_grant'; readonly grantId: GrantId }
  /** Look whether anybody uses the access. */
  | { readonly kind: 'check_use'; readonly grantId: GrantId }
  /** Make the access real on its target and read it back. */
  | { readonly kind: 'provision_grant'; readonly grantId: GrantId }
  /** Take the access away and read that back. Pending from the approval until the grant has ended. */
  | { readonly kind: 'revoke_grant'; readonly grantId: GrantId }
  /** Tell a target that ends access by itself that it ends later now. */
  | { readonly kind: 'renew_expiry'; readonly grantId: GrantId }
  /** Tell the thread and the holder that the end is near. */
  | { readonly kind: 'announce_expiry'; readonly grantId: GrantId }
  /** A direct message to one person about one step. */
  | {
      readonly kind: 'notify_person';
      readonly notice: NoticeName;
      readonly to: SlackUserId;
      readonly requestId: RequestId;
    }
  /** Tell the security channel that a revocation failed or ended access showed up again; once more after a while; and how it ended. */
  | { readonly kind: 'alert_revocation'; readonly grantId: GrantId }
  /** The same in one message for all that fail on one target, see `targetKeyOf`, for as long as any of them does. */
  | { readonly kind: 'alert_target'; readonly workspaceId: WorkspaceId; readonly target: string }
  /** Look whether access that was resolved without proof is gone, until the target says so. */
  | { readonly kind: 'watch_grant'; readonly grantId: GrantId }
  /** Compare what the targets say with what was granted; for ever, every few minutes. */
  | { readonly kind: 'reconcile'; readonly workspaceId: WorkspaceId }
  /** Look whether everybody who has access is still in the workspace, behind this one; for ever. */
  | { readonly kind: 'check_people'; readonly workspaceId: WorkspaceId; readonly after: SlackUserId | null }
  /** Bring the drift card of one entitlement up to the present state. `system` is its id, see `KnownSystem`. */
  | { readonly kind: 'render_drift'; readonly workspaceId: WorkspaceId; readonly system: string }
  /** Tell somebody that they decide in the place of one who is away. */
  | { readonly kind: 'announce_delegation'; readonly workspaceId: WorkspaceId; readonly person: SlackUserId }
  /** Note that somebody's time away is over, and bring the cards up to date that name who decides in their place. */
  | { readonly kind: 'end_delegation'; readonly workspaceId: WorkspaceId; readonly person: SlackUserId }
  /**
   * Say in the security channel that nothing can be kept in a channel, or that it takes everything again (`problem` is null). `otherwise`:
   * where to say it when there is no security channel, or that one is the one.
   */
  | {
      readonly kind: 'announce_channel';
      readonly workspaceId: WorkspaceId;
      readonly channel: string;
      readonly what: 'cards' | 'timelines';
      readonly problem: string | null;
      readonly otherwise: string | null;
    }
  /** Say in a channel that many grants have ended, in one message for all of them. */
  | { readonly kind: 'announce_ends'; readonly workspaceId: WorkspaceId; readonly channel: string }
  /** Say in the security channel that the reconciler is paused, and again for as long as it is. */
  | { readonly kind: 'announce_pause'; readonly workspaceId: WorkspaceId }
  /** Say in the security channel what of a target the reconciler cannot look at, or that it can again. */
  | { readonly kind: 'announce_blind'; readonly workspaceId: WorkspaceId; readonly connector: string }
  /** Write into the audit what happened to our own database; where its clock went back, move the ends of access behind `after` with it. */
  | {
      readonly kind: 'note_trouble';
      readonly workspaceId: WorkspaceId;
      readonly trouble: Trouble;
      /** Tells one of a kind from the next, such as the moment it was seen. */
      readonly id: string;
      readonly after: GrantId | null;
    }
  /** Say in the security channel what happened to our own database. */
  | {
      readonly kind: 'announce_trouble';
      readonly workspaceId: WorkspaceId;
      readonly trouble: Trouble;
      /** Tells one of a kind from the next, such as the moment it was seen. */
      readonly id: string;
    };

/** What can happen to the database or its clock. Seconds are how far the clock went. */
export type Trouble =
  | {
      readonly what: 'database_restored';
      readonly was: string;
      readonly is: string;
      /** The latest of what it knows; null: it knows nothing. */
      readonly knowsUntil: Date | null;
    }
  | {
      readonly what: 'clock_went_back';
      readonly seconds: number;
      /** false: at least so far, and by no more than nobody looked. */
      readonly exact: boolean;
      readonly grantsMoved: number;
    }
  | { readonly what: 'clock_jumped_ahead'; readonly seconds: number };

export type EffectKind = Effect['kind'];

/** The steps that somebody hears of by direct message. */
export type NoticeName =
  | 'request_submitted'
  | 'request_escalated'
  | 'request_approved'
  | 'request_denied'
  | 'request_expired'
  | 'request_cancelled'
  | 'request_edited'
  | 'break_glass_used'
  | 'review_closed'
  | 'review_overdue'
  | 'start_shorter'
  | 'access_not_started'
  | 'access_live'
  | 'access_unused'
  | 'access_failed'
  | 'access_ending'
  | 'access_ended'
  | 'access_reappeared'
  | 'access_removed'
  | 'revocation_failing';

export type EffectChange =
  | {
      readonly change: 'schedule';
      readonly effect: Effect;
      readonly dueAt: Date;
      /** Which of several overdue ones comes first: the lower. Unless given, `NO_URGENCY`. */
      readonly urgency?: number;
      /** Which target system it calls, see `targetKeyOf`; absent: none. */
      readonly target?: string;
    }
  | { readonly change: 'cancel'; readonly effect: Effect };

/** What everything has that is not an end of access. */
export const NO_URGENCY = 5;

export const schedule = (effect: Effect, dueAt: Date, urgency?: number, target?: string): EffectChange => ({
  change: 'schedule',
  effect,
  dueAt,
  ...(urgency === undefined ? {} : { urgency }),
  ...(target === undefined ? {} : { target }),
});
export const cancel = (effect: Effect): EffectChange => ({ change: 'cancel', effect });

/** The name under which the outbox keeps an effect. */
export function effectKey(effect: Effect): string {
  switch (effect.kind) {
    case 'render_card':
    case 'expire_request':
    case 'alert_break_glass':
    case 'tell_break_glass':
    case 'remind_review':
    case 'remind_approvers':
    case 'escalate_request':
      return `${effect.kind}/${effect.requestId}`;
    case 'start_grant':
    case 'check_use':
    case 'provision_grant':
    case 'revoke_grant':
    case 'renew_expiry':
    case 'announce_expiry':
    case 'alert_revocation':
    case 'watch_grant':
      return `${effect.kind}/${effect.grantId}`;
    case 'reconcile':
    case 'check_people':
    case 'announce_pause':
      return `${effect.kind}/${effect.workspaceId}`;
    case 'announce_delegation':
    case 'end_delegation':
      return `${effect.kind}/${effect.workspaceId}/${effect.person}`;
    case 'alert_target':
      return `${effect.kind}/${effect.target}`;
    case 'render_drift':
      return `${effect.kind}/${effect.workspaceId}/${effect.system}`;
    case 'announce_blind':
      return `${effect.kind}/${effect.workspaceId}/${effect.connector}`;
    case 'announce_ends':
    case 'announce_channel':
      return `${effect.kind}/${effect.workspaceId}/${effect.channel}`;
    case 'note_trouble':
    case 'announce_trouble':
      return `${effect.kind}/${effect.workspaceId}/${effect.trouble.what}/${effect.id}`;
    case 'notify_person':
      return `${effect.kind}/${effect.requestId}/${effect.notice}/${effect.to}`;
  }
}
