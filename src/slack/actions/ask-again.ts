import { formatDuration } from '../../domain/policy/duration.ts';
import { readRequest } from '../button-value.ts';
import { type Desk, explain, openThenLook, refuse } from '../desk.ts';
import { noticeModal } from '../views/notice-modal.ts';
import { requestForm } from '../views/request-form.ts';
import type { Click } from './click.ts';

/** Ask again: the form with everything that the earlier request said, to be looked over and sent. */
export async function askAgain(desk: Desk, click: Click): Promise<void> {
  const requestId = readRequest(click.value);
  if (requestId === null) return refuse(desk, click.reach, click.actor, { code: 'request_not_found' });
  await openThenLook(desk, click.reach, click.triggerId, async () => {
    const found = await desk.usecases().findOwnRequest({ ...click.actor, requestId });
    if (!found.ok) return noticeModal(await explain(desk, click.actor, found.refusal), desk.text);
    const { role, durationSeconds, ticket, reason } = found.request;
    const offered = await desk.usecases().offerRole({ ...click.actor, role: role.key, durationSeconds });
    if (!offered.ok) return noticeModal(await explain(desk, click.actor, offered.refusal), desk.text);
    const duration = formatDuration(Math.min(durationSeconds, offered.offer.maxSeconds));
    const memory = { channel: null, offer: offered.offer, turn: 0, understood: null };
    return requestForm(memory, { duration, start: null, ticket, reason }, null, desk.text);
  });
}
