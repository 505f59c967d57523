import type { GrantId } from '../../domain/ids.ts';
import { type Refusal, refused } from '../../domain/refusal.ts';
import { secondsMore } from '../../domain/written/more.ts';
import { findField } from '../../domain/written/times.ts';
import { FIELD } from '../action-ids.ts';
import { asPlain } from '../blocks.ts';
import { readExtension } from '../button-value.ts';
import { type Actor, type Desk, explain } from '../desk.ts';
import { fieldOf, type SubmissionPayload } from '../payloads.ts';
import { type Outcome, say } from './submission.ts';

/** The form for more time was submitted. What is wrong with a field is said at the field. */
export async function submitExtendForm(desk: Desk, actor: Actor, { view }: SubmissionPayload): Promise<Outcome> {
  const meant = readExtension(view.private_metadata);
  if (meant === null) return say(await explain(desk, actor, { code: 'grant_not_found' }));
  const more = await readMore(desk, actor, meant.grantId, fieldOf(view, FIELD.duration) ?? '');
  if (!more.ok) return { kind: 'errors', errors: { [FIELD.duration]: asPlain(desk.text.refusal(more.refusal)) } };
  const asked = await desk.usecases().extendGrant({
    ...actor,
    ...meant,
    durationSeconds: more.seconds,
    reason: fieldOf(view, FIELD.reason),
    origin: `view/${view.id}`,
    channel: null,
  });
  if (asked.ok) return { kind: 'close', said: desk.text.commands.asked(asked.request) };
  const field = fieldFor(asked.refusal);
  if (field !== null) return { kind: 'errors', errors: { [field]: asPlain(desk.text.refusal(asked.refusal)) } };
  return say(await explain(desk, actor, asked.refusal));
}

/** What stands in the field: how much more, or until when. */
async function readMore(
  desk: Desk,
  actor: Actor,
  grantId: GrantId,
  typed: string,
): Promise<ReturnType<typeof secondsMore>> {
  const written = findField(typed);
  if (written === null) return refused({ code: 'duration_unreadable', written: typed });
  const [{ zone, now }, found] = await Promise.all([
    desk.usecases().clockOf(actor),
    desk.usecases().findExtension({ ...actor, grantId }),
  ]);
  if (!found.ok) return found;
  return secondsMore(written, found.extension.grant.endsAt ?? now, zone, now);
}

function fieldFor({ code }: Refusal): string | null {
  switch (code) {
    case 'duration_too_long':
    case 'duration_too_short':
    case 'cap_now_lower':
      return FIELD.duration;
    case 'reason_too_short':
    case 'reason_too_long':
      return FIELD.reason;
    default:
      return null;
  }
}
