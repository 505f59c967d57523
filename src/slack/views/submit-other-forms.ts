import { FIELD } from '../action-ids.ts';
import { asPlain } from '../blocks.ts';
import { readDecision, readRequest } from '../button-value.ts';
import { type Actor, type Desk, explain } from '../desk.ts';
import { blockOf, fieldOf, type SubmissionPayload } from '../payloads.ts';
import { readRevoke } from './revoke-form.ts';
import { type Outcome, say } from './submission.ts';

/** The reason for a denial was given. Authority and revision are checked again by the use case. */
export async function submitDenyForm(desk: Desk, actor: Actor, { view }: SubmissionPayload): Promise<Outcome> {
  const value = readDecision(view.private_metadata);
  if (value === null) return say(await explain(desk, actor, { code: 'request_not_found' }));
  const reason = fieldOf(view, FIELD.reason) ?? '';
  const denied = await desk.usecases().denyRequest({ ...actor, ...value, reason });
  if (denied.ok) return { kind: 'close', said: desk.text.forms.deny.done };
  if (denied.refusal.code === 'deny_reason_missing') {
    return { kind: 'errors', errors: { [blockOf(view, FIELD.reason)]: asPlain(desk.text.refusal(denied.refusal)) } };
  }
  return say(await explain(desk, actor, denied.refusal));
}

/** A use of break-glass was reviewed. Authority is checked again by the use case. */
export async function submitReviewForm(desk: Desk, actor: Actor, { view }: SubmissionPayload): Promise<Outcome> {
  const requestId = readRequest(view.private_metadata);
  if (requestId === null) return say(await explain(desk, actor, { code: 'request_not_found' }));
  const verdict = fieldOf(view, FIELD.verdict) === 'justified' ? 'justified' : 'unjustified';
  const comment = fieldOf(view, FIELD.reason) ?? '';
  const reviewed = await desk.usecases().reviewRequest({ ...actor, requestId, verdict, comment });
  if (reviewed.ok) return { kind: 'close', said: desk.text.forms.review.done };
  if (reviewed.refusal.code === 'review_comment_missing') {
    return { kind: 'errors', errors: { [blockOf(view, FIELD.reason)]: asPlain(desk.text.refusal(reviewed.refusal)) } };
  }
  return say(await explain(desk, actor, reviewed.refusal));
}

/** Somebody looked at what ends, and said yes. */
export async function submitRevokeForm(desk: Desk, actor: Actor, { view }: SubmissionPayload): Promise<Outcome> {
  const grantIds = readRevoke(view.private_metadata);
  const reason = fieldOf(view, FIELD.reason) ?? '';
  const result = await desk.usecases().revokeGrants({ ...actor, grantIds, reason });
  if (!result.ok) return say(await explain(desk, actor, result.refusal));
  const done = result.revoked.length > 0 ? [desk.text.forms.revoke.mrkdwnDone(result.revoked)] : [];
  return say([...done, ...new Set(result.refusals.map((each) => desk.text.refusal(each)))].join('\n'));
}
