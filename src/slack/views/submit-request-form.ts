import { shortKey } from '../../domain/policy/short-key.ts';
import type { Refusal } from '../../domain/refusal.ts';
import { readTimes } from '../../domain/written/times.ts';
import { FIELD } from '../action-ids.ts';
import { formFor, valuesOf } from '../actions/choose-role.ts';
import { asPlain } from '../blocks.ts';
import { type Actor, type Desk, explain } from '../desk.ts';
import { blockOf, fieldOf, hasField, type SubmissionPayload } from '../payloads.ts';
import { readMemory, requestForm, requestFormWith, wordsOf } from './request-form.ts';
import type { Outcome } from './submission.ts';

/** The form was submitted. Everything is checked again by the use case; what is wrong with a field is said at the field. */
export async function submitRequestForm(desk: Desk, actor: Actor, payload: SubmissionPayload): Promise<Outcome> {
  const shown = payload.view;
  const words = desk.text.forms.ask;
  const role = fieldOf(shown, FIELD.role);
  if (role === null) return { kind: 'errors', errors: { [FIELD.role]: words.chooseRole } };
  const memory = readMemory(shown.private_metadata);
  // The role's fields have not appeared yet, or they are still those of another role.
  if (!hasField(shown, FIELD.reason) || memory.offer === null || shortKey(memory.offer.key) !== role) {
    return { kind: 'show', view: await formFor(desk, payload, shown, role) };
  }
  const values = valuesOf(shown);
  const { zone, now } = await desk.usecases().clockOf(actor);
  const read = readTimes({ duration: values.duration ?? '', start: values.start ?? '' }, zone, now);
  if (!read.ok) {
    return { kind: 'errors', errors: { [blockOf(shown, FIELD[read.part])]: asPlain(desk.text.refusal(read.refusal)) } };
  }
  const { times } = read;
  // A time of day can be meant in more than one way: what it comes to is shown once before it is sent.
  if ((times.startsAt || times.endsBy) && memory.understood !== wordsOf(values)) {
    return { kind: 'show', view: requestFormWith(memory, values, { times, zone }, desk.text) };
  }
  const submitted = await desk.usecases().submitRequest({
    ...actor,
    role,
    ...times,
    reason: fieldOf(shown, FIELD.reason) ?? '',
    ticket: fieldOf(shown, FIELD.ticket),
    origin: `view/${shown.id}`,
    channel: memory.channel,
    extend: null,
    about: await aboutOf(desk, memory.about),
    breakGlass: false,
  });
  if (submitted.ok) return { kind: 'close', said: desk.text.commands.asked(submitted.request) };
  const field = fieldFor(submitted.refusal);
  if (field !== null && hasField(shown, field)) {
    return { kind: 'errors', errors: { [blockOf(shown, field)]: asPlain(desk.text.refusal(submitted.refusal)) } };
  }
  const problem = await explain(desk, actor, submitted.refusal);
  return { kind: 'show', view: requestForm(memory, valuesOf(shown), problem, desk.text) };
}

/** Only a message of our own workspace is linked. */
async function aboutOf(desk: Desk, address: string | undefined): Promise<string | null> {
  const { url } = await desk.identity();
  return address?.startsWith(url) ? address : null;
}

/** Which field a refusal is about; null: none, it concerns the request as a whole. */
function fieldFor({ code }: Refusal): keyof typeof FIELD | null {
  switch (code) {
    case 'duration_too_long':
    case 'duration_too_short':
    case 'cap_now_lower':
    case 'end_before_start':
      return 'duration';
    case 'start_passed':
    case 'start_too_far':
      return 'start';
    case 'reason_too_short':
    case 'reason_too_long':
      return 'reason';
    case 'ticket_missing':
    case 'ticket_malformed':
    case 'ticket_too_long':
      return 'ticket';
    case 'role_unknown':
    case 'role_not_offered':
    case 'policy_denied':
      return 'role';
    default:
      return null;
  }
}
