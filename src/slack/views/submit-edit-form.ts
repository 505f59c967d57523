import type { Refusal } from '../../domain/refusal.ts';
import { typedDuration } from '../../domain/written/duration.ts';
import { FIELD } from '../action-ids.ts';
import { asPlain } from '../blocks.ts';
import { readDecision } from '../button-value.ts';
import { type Actor, type Desk, explain } from '../desk.ts';
import { fieldOf, type SubmissionPayload } from '../payloads.ts';
import { type Outcome, say } from './submission.ts';

/** An approver changed a request. Authority, revision and what the policy says are checked again by the use case. */
export async function submitEditForm(desk: Desk, actor: Actor, { view }: SubmissionPayload): Promise<Outcome> {
  const value = readDecision(view.private_metadata);
  if (value === null) return say(await explain(desk, actor, { code: 'request_not_found' }));
  const durationSeconds = typedDuration(fieldOf(view, FIELD.duration) ?? '');
  if (durationSeconds === null) {
    return { kind: 'errors', errors: { [FIELD.duration]: desk.text.forms.ask.durationUnread } };
  }
  const edited = await desk
    .usecases()
    .editRequest({ ...actor, ...value, durationSeconds, role: fieldOf(view, FIELD.narrower) });
  if (edited.ok) return { kind: 'close', said: desk.text.forms.edit.done };
  const field = fieldFor(edited.refusal);
  if (field !== null) return { kind: 'errors', errors: { [field]: asPlain(desk.text.refusal(edited.refusal)) } };
  return say(await explain(desk, actor, edited.refusal));
}

function fieldFor({ code }: Refusal): string | null {
  switch (code) {
    case 'duration_too_long':
    case 'duration_too_short':
    case 'edit_not_shorter':
    case 'edit_changes_nothing':
      return FIELD.duration;
    case 'narrower_role_held':
    case 'role_not_narrower':
      return FIELD.narrower;
    default:
      return null;
  }
}
