import { formatDuration } from '../../domain/policy/duration.ts';
import type { RoleOffer } from '../../usecases/offer-roles.ts';
import { FIELD } from '../action-ids.ts';
import type { Modal } from '../blocks.ts';
import { actorOf, type Desk, explain, STRANGER } from '../desk.ts';
import { type ClickPayload, fieldOf, type ViewPayload } from '../payloads.ts';
import { noticeModal } from '../views/notice-modal.ts';
import { type FormMemory, type FormValues, readMemory, requestForm } from '../views/request-form.ts';

/** Somebody chose a role in the form: its own fields appear. What has been typed stays. */
export async function chooseRole(desk: Desk, payload: ClickPayload): Promise<void> {
  const shown = payload.view;
  const role = payload.actions[0]?.selected_option?.value;
  if (!shown || role === undefined) return;
  await desk.screen.update(shown.id, await formFor(desk, payload, shown, role), shown.hash);
}

/** The form as it is for this role, with what its fields hold now. */
export async function formFor(
  desk: Desk,
  payload: Pick<ClickPayload, 'user' | 'team'>,
  shown: ViewPayload,
  role: string,
): Promise<Modal> {
  const actor = await actorOf(desk, payload.user.id, [payload.team?.id, payload.user.team_id]);
  if (actor === null) return noticeModal(await explain(desk, null, STRANGER), desk.text);
  const before = readMemory(shown.private_metadata);
  const offered = await desk.usecases().offerRole({ ...actor, role });
  if (!offered.ok) {
    return requestForm(before, valuesOf(shown), await explain(desk, actor, offered.refusal), desk.text);
  }
  return requestForm(nextMemory(before, shown, offered.offer), valuesFor(before, shown), null, desk.text);
}

/**
 * Slack keeps what stands in a field whose ids stay. A duration that is only the former role's default makes room for the new
 * one's, by a new block id; one that was typed stays.
 */
function nextMemory(before: FormMemory, shown: ViewPayload, offer: RoleOffer): FormMemory {
  const changed = before.offer !== null && before.offer.key !== offer.key;
  return { ...before, offer, turn: changed && isDefault(before, shown) ? before.turn + 1 : before.turn };
}

const isDefault = (before: FormMemory, shown: ViewPayload): boolean =>
  before.offer !== null && fieldOf(shown, FIELD.duration) === formatDuration(before.offer.defaultSeconds);

const valuesFor = (before: FormMemory, shown: ViewPayload): FormValues =>
  isDefault(before, shown) ? { ...valuesOf(shown), duration: null } : valuesOf(shown);

export const valuesOf = (shown: ViewPayload): FormValues => ({
  duration: fieldOf(shown, FIELD.duration),
  start: fieldOf(shown, FIELD.start),
  ticket: fieldOf(shown, FIELD.ticket),
  reason: fieldOf(shown, FIELD.reason),
});
