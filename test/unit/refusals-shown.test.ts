import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { RefusalCode } from '../../src/domain/refusal.ts';
import { en } from '../../src/slack/text/en.ts';
import { refusals } from '../support/refusals.ts';

const TESTS = join(import.meta.dirname, '..');

/**
 * Where each refusal is seen through Slack: the scenario's folder, and a part of the sentence that it waits for. `tests`: a file beside
 * the scenarios, through signed HTTP all the same.
 */
const SHOWN: { readonly [Code in RefusalCode]: readonly [where: string, says: string] } = {
  person_may_not_use: ['lists-in-one-line', 'members of this workspace only'],
  requester_may_no_longer: ['the-requester-left', 'The person who asked may no longer have access'],
  email_changed: ['another-address', 'are not the pair that Elevate knows'],
  role_unknown: ['wrong-lines', 'Did you mean orders-db/admin'],
  role_not_offered: ['not-offered-any-more', 'No rule of the policy lets you ask for orders-db/'],
  policy_denied: ['the-policy-says-no', 'everyone else'],
  facts_unavailable: ['slack-silent-when-asking', 'The policy cannot be asked now'],
  duration_too_long: ['through-the-form', '4 hours at most'],
  duration_too_short: ['no-time-at-all', 'That is too short'],
  duration_unreadable: ['through-the-form', 'can’t read “soon”'],
  time_unreadable: ['times-in-the-form', 'friday 18:00'],
  time_missing: ['times-in-the-form', 'At what time'],
  time_past: ['times-in-the-form', 'is past'],
  two_ends: ['times-in-the-form', 'not both'],
  start_passed: ['tests/e2e/buttons-that-lie.test.ts', 'That start is past by now'],
  two_starts: ['refused-at-the-field', 'You wrote two starts'],
  end_before_start: ['refused-at-the-field', 'Write a later end'],
  start_too_far: ['times-in-the-form', 'too far ahead'],
  start_denied: ['a-guardrail-at-the-button', 'The policy no longer allows this'],
  start_shorter: ['a-guardrail-at-the-button', 'start it for that long'],
  reason_too_short: ['refused-at-the-field', '10 characters at least'],
  reason_too_long: ['tests/e2e/long-lines.test.ts', 'The reason is too long'],
  ticket_missing: ['refused-at-the-field', 'This role needs a ticket'],
  ticket_malformed: ['through-the-form', 'does not look like a ticket'],
  ticket_too_long: ['tests/e2e/long-lines.test.ts', 'number has 200 characters at most'],
  already_requested: ['extended-after-approval', 'asked for this already'],
  stage_cannot_be_filled: ['fallback-that-cannot-either', 'which the policy falls back to'],
  channel_unreachable: ['the-channel-cannot-be-reached', 'Nobody would see this request'],
  subject_unresolved: ['no-name-on-the-target', 'could not work out who you are on the target'],
  request_not_found: ['tests/e2e/buttons-that-lie.test.ts', 'That request is not known here'],
  request_not_pending: ['decided-already', 'There is nothing left to decide'],
  request_changed: ['changed-to-a-narrower-role', 'has changed since you looked'],
  own_request: ['nobody-approves-themselves', 'Nobody decides on their own request'],
  needed_later: ['needed-in-a-later-stage', 'You are needed for stage 2'],
  delegation_over: ['a-delegation-ends-by-itself', 'whose time away is over'],
  not_an_approver: ['not-an-approver', 'to decide'],
  already_counted: ['two-distinct-people', 'Your approval is counted already'],
  delegated_by_requester: ['never-to-the-requester', 'You act for the person who asked'],
  away_until_unread: ['wrong-lines', 'Until when'],
  away_in_the_past: ['the-policy-hands-nothing-over', 'That moment is past'],
  away_too_long: ['the-policy-hands-nothing-over', 'too long to be away'],
  away_to_oneself: ['the-policy-hands-nothing-over', 'Name somebody else'],
  may_not_hand_over: ['the-policy-hands-nothing-over', 'The policy lets none of your groups hand over approvals'],
  delegate_may_not_decide: ['the-policy-hands-nothing-over', 'may not decide'],
  not_away: ['back-early', 'You are not away'],
  edit_changes_nothing: ['changes-that-are-refused', 'asked for already'],
  edit_not_shorter: ['changes-that-are-refused', 'at most'],
  role_not_narrower: ['tests/e2e/buttons-that-lie.test.ts', 'Choose a role from the list'],
  edit_denied: ['a-change-that-the-policy-forbids', 'nothing was changed'],
  narrower_role_held: ['refused-in-forms-of-approvers', 'The person who asked has orders-db/read already'],
  guardrail_now_denies: ['a-guardrail-meanwhile', 'The policy no longer allows this'],
  cap_now_lower: ['a-guardrail-meanwhile', 'The policy now allows'],
  deny_reason_missing: ['refused-in-forms-of-approvers', 'Say why'],
  not_the_requester: ['tests/e2e/buttons-that-lie.test.ts', 'Only the person whose access this is can do that'],
  grant_not_found: ['tests/e2e/buttons-that-lie.test.ts', 'That access is not known here'],
  nothing_to_revoke: ['revoked-by-an-owner', 'They have no live access that matches'],
  grant_not_live: ['which-of-them', 'That cannot be done now'],
  reminders_used_up: ['reminders-budgeted', 'as often as the policy allows'],
  reminded_just_now: ['reminded', 'only just been told'],
  nothing_to_review: ['tests/e2e/buttons-that-lie.test.ts', 'There is nothing to review here'],
  reviewed_already: ['break-glass', 'closed already by'],
  own_review: ['break-glass', 'Nobody reviews their own'],
  not_a_reviewer: ['slack-silent-about-who-may', 'to review'],
  review_comment_missing: ['refused-in-forms-of-approvers', 'Say what you found'],
  extensions_used_up: ['extensions-used-up', 'already'],
  already_extended: ['extended-meanwhile', 'This access was extended since you looked'],
  extension_has_no_start: ['extended-until-a-time', 'More time follows on the end that there is'],
  extension_not_later: ['extended-until-a-time', 'anyway'],
  break_glass_has_no_start: ['break-glass-until-a-time', 'Break-glass begins at once'],
  nothing_failing: ['tests/e2e/stepping-in.test.ts', 'Nothing here waits to be taken away any more'],
  still_there: ['resolved-but-still-there', 'The target says that it is still there'],
  holder_may_not_resolve: ['tests/e2e/stepping-in.test.ts', 'Somebody else in charge has to'],
  resolve_reason_missing: ['home-resolves', 'The target cannot be asked now'],
  drift_not_found: ['tests/e2e/buttons-that-lie.test.ts', 'That is not known here any more'],
  drift_closed: ['home-shows-drift', 'That is settled: the target no longer shows it'],
  drift_not_ours: ['tests/e2e/buttons-that-lie.test.ts', 'Elevate never takes away what others gave'],
  drift_decided: ['tests/e2e/drift-buttons.test.ts', 'has accepted it already'],
  may_not_decide_drift: ['tests/e2e/drift-buttons.test.ts', 'to decide, and you are not one of them now'],
  own_drift: ['tests/e2e/drift-buttons.test.ts', 'nobody says of their own that it may stay'],
  drift_owner_unfit: ['tests/e2e/drift-buttons.test.ts', 'Whoever has this access cannot answer for it'],
  review_date_invalid: ['home-shows-drift', 'Pick a day that is ahead of us, and within a year'],
  no_live_access: ['lists-in-one-line', 'no live access'],
  which_access: ['which-of-them', 'You have more than one access. Say which one'],
  may_not_look: ['lists-in-one-line', 'You are not one of them'],
  may_not_revoke: ['revoked-by-an-owner', 'You may not end this access'],
};

/** What the test's file holds, in one line and without what YAML and regular expressions need. */
function wordsOf(where: string): string {
  const file = where.startsWith('tests/')
    ? join(TESTS, where.slice('tests/'.length))
    : join(TESTS, 'scenarios', where, 'scenario.yaml');
  return existsSync(file) ? readFileSync(file, 'utf8').toLowerCase() : '';
}

describe('every refusal that somebody can meet is met in a scenario', () => {
  const shown = Object.values(refusals).map((no) => [no.code, no, ...SHOWN[no.code]] as const);
  it.each(shown)('%s', (_, no, where, says) => {
    expect(en.refusal(no).toLowerCase()).toContain(says.toLowerCase());
    expect(wordsOf(where)).toContain(says.toLowerCase());
  });
});
