import type { GrantId, RequestId } from './ids.ts';
import type { PersonRef, Standing } from './person.ts';
import type { LookupFailure } from './policy/lookup.ts';
import type { Undecided } from './policy/undecided.ts';
import type { GrantStatus, RequestStatus } from './status.ts';

/** Why the answer is no. Each code becomes one sentence, with what to do next, in slack/text. */
export type Refusal =
  | { readonly code: 'person_may_not_use'; readonly standing: Exclude<Standing, 'member'> }
  /** The approver is fine; the one who asked has left the workspace or lost their standing. */
  | { readonly code: 'requester_may_no_longer'; readonly standing: Exclude<Standing, 'member'> }
  | { readonly code: 'email_changed'; readonly email: string }
  | { readonly code: 'role_unknown'; readonly role: string; readonly suggestions: readonly string[] }
  /** No rule would give this person the role now, however they asked. */
  | { readonly code: 'role_not_offered'; readonly role: string }
  | { readonly code: 'policy_denied'; readonly role: string; readonly rule: string; readonly message: string | null }
  /** The answer hangs on something that could not be looked up. */
  | ({ readonly code: 'facts_unavailable' } & Undecided)
  | { readonly code: 'duration_too_long'; readonly maxSeconds: number; readonly askedSeconds: number }
  | { readonly code: 'duration_too_short'; readonly minSeconds: number }
  /** `written`: somebody's own words. */
  | { readonly code: 'duration_unreadable'; readonly written: string }
  | { readonly code: 'time_unreadable'; readonly written: string }
  | { readonly code: 'time_missing'; readonly written: string }
  | { readonly code: 'time_past'; readonly written: string; readonly at: Date }
  | { readonly code: 'two_ends'; readonly duration: string; readonly until: string }
  /** It was ahead when the form opened. */
  | { readonly code: 'start_passed' }
  | { readonly code: 'two_starts' }
  | { readonly code: 'end_before_start' }
  /** At the press of Start: a guardrail refuses by now, or allows only so much. */
  | { readonly code: 'start_denied'; readonly rule: string; readonly message: string | null }
  | { readonly code: 'start_shorter'; readonly capSeconds: number; readonly rule: string }
  | { readonly code: 'start_too_far'; readonly maxSeconds: number }
  | { readonly code: 'reason_too_short'; readonly minLength: number }
  | { readonly code: 'reason_too_long'; readonly maxLength: number }
  | { readonly code: 'ticket_missing' }
  | { readonly code: 'ticket_malformed'; readonly pattern: string; readonly example: string | null }
  | { readonly code: 'ticket_too_long'; readonly maxLength: number }
  | {
      readonly code: 'already_requested';
      readonly requestId: RequestId;
      readonly status: 'pending' | 'scheduled' | 'live';
    }
  | {
      readonly code: 'stage_cannot_be_filled';
      readonly from: readonly string[];
      /** Who is asked where those of `from` cannot, and cannot either; empty: the policy names nobody. */
      readonly fallback: readonly string[];
      readonly missing: number;
      readonly unavailable: LookupFailure | null;
    }
  /** Nobody would see the request; `problem` says what to put right. */
  | { readonly code: 'channel_unreachable'; readonly problem: string }
  | { readonly code: 'subject_unresolved'; readonly detail: string }
  | { readonly code: 'request_not_found' }
  | { readonly code: 'request_not_pending'; readonly status: RequestStatus; readonly by: PersonRef | null }
  | { readonly code: 'request_changed'; readonly revision: number }
  | { readonly code: 'own_request' }
  | { readonly code: 'not_an_approver'; readonly from: readonly string[]; readonly unavailable: LookupFailure | null }
  /** They decided in the place of `of`, whose time away is over. */
  | { readonly code: 'delegation_over'; readonly of: PersonRef; readonly from: readonly string[] }
  | { readonly code: 'already_counted' }
  /** A later stage (its index, and whom it asks) could not be filled without them; those of `now` can decide instead. */
  | {
      readonly code: 'needed_later';
      readonly stage: number;
      readonly from: readonly string[];
      readonly now: readonly string[];
    }
  /** They would decide in the place of the one who asks. */
  | { readonly code: 'delegated_by_requester' }
  /** `typed` is what stood behind `until`. */
  | { readonly code: 'away_until_unread'; readonly typed: string }
  | { readonly code: 'away_in_the_past' }
  | { readonly code: 'away_too_long'; readonly maxSeconds: number }
  | { readonly code: 'away_to_oneself' }
  /** `unavailable`, here and below: some of the groups could not be looked up, so that it may be otherwise. */
  | { readonly code: 'may_not_hand_over'; readonly unavailable: LookupFailure | null }
  | { readonly code: 'delegate_may_not_decide'; readonly standing: Exclude<Standing, 'member'> }
  | { readonly code: 'not_away' }
  | { readonly code: 'edit_changes_nothing' }
  | { readonly code: 'edit_not_shorter'; readonly maxSeconds: number }
  | { readonly code: 'role_not_narrower'; readonly role: string }
  /** The policy does not give the requester what an approver would make of their ask. */
  | { readonly code: 'edit_denied'; readonly role: string; readonly rule: string; readonly message: string | null }
  /** The requester has the narrower role already, or waits for it. */
  | { readonly code: 'narrower_role_held'; readonly role: string }
  | { readonly code: 'guardrail_now_denies'; readonly rule: string; readonly message: string | null }
  | { readonly code: 'cap_now_lower'; readonly capSeconds: number; readonly rule: string }
  | { readonly code: 'deny_reason_missing' }
  | { readonly code: 'not_the_requester' }
  | { readonly code: 'grant_not_found' }
  | { readonly code: 'nothing_to_revoke' }
  | { readonly code: 'grant_not_live'; readonly grantId: GrantId; readonly status: GrantStatus }
  /** Somebody steps in where nothing waits to be taken away any more. */
  | { readonly code: 'nothing_failing' }
  /** What the target shows: the level in its own words, or how many sessions still use it. */
  | { readonly code: 'still_there'; readonly found: string | number }
  | { readonly code: 'holder_may_not_resolve' }
  | { readonly code: 'resolve_reason_missing'; readonly detail: string }
  | { readonly code: 'drift_not_found' }
  | { readonly code: 'drift_closed' }
  | { readonly code: 'drift_not_ours'; readonly grantor: string }
  /** Somebody answered before; `by` null: the reconciler is taking it away, since nobody did. */
  | {
      readonly code: 'drift_decided';
      readonly status: 'accepted' | 'ignored' | 'revoking';
      readonly by: PersonRef | null;
    }
  | {
      readonly code: 'may_not_decide_drift';
      readonly owners: readonly string[];
      readonly unavailable: LookupFailure | null;
    }
  /** The access is their own. */
  | { readonly code: 'own_drift'; readonly owners: readonly string[] }
  /** Whom somebody named to answer for accepted access: whoever has it, or who is no member. */
  | { readonly code: 'drift_owner_unfit'; readonly why: 'holder' | Exclude<Standing, 'member'> }
  | { readonly code: 'review_date_invalid' }
  | { readonly code: 'reminders_used_up'; readonly max: number }
  | { readonly code: 'reminded_just_now'; readonly againAt: Date }
  | { readonly code: 'nothing_to_review' }
  | { readonly code: 'reviewed_already'; readonly verdict: 'justified' | 'unjustified'; readonly by: PersonRef | null }
  | { readonly code: 'own_review' }
  | { readonly code: 'not_a_reviewer'; readonly from: readonly string[]; readonly unavailable: LookupFailure | null }
  | { readonly code: 'review_comment_missing' }
  | { readonly code: 'extensions_used_up'; readonly max: number }
  | { readonly code: 'already_extended' }
  /** More time follows on the end that there is. `written`: the start that somebody wrote. */
  | { readonly code: 'extension_has_no_start'; readonly written: string }
  /** The end that was asked for is not behind the one that stands. */
  | { readonly code: 'extension_not_later'; readonly endsAt: Date }
  /** `written`: the start that somebody wrote. */
  | { readonly code: 'break_glass_has_no_start'; readonly written: string }
  | { readonly code: 'no_live_access' }
  | { readonly code: 'which_access'; readonly roles: readonly string[]; readonly command: 'extend' | 'done' }
  | { readonly code: 'may_not_look'; readonly owners: readonly string[]; readonly unavailable: LookupFailure | null }
  | { readonly code: 'may_not_revoke'; readonly owners: readonly string[]; readonly unavailable: LookupFailure | null };

export type RefusalCode = Refusal['code'];
export const refused = (refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } => ({
  ok: false,
  refusal,
});
