import { readRequest } from '../button-value.ts';
import { type Desk, explain, openThenLook, refuse } from '../desk.ts';
import { noticeModal } from '../views/notice-modal.ts';
import { reviewForm } from '../views/review-form.ts';
import type { Click } from './click.ts';

/** Review…: whether this person may is looked up behind the form, and again at its submission. */
export async function openReview(desk: Desk, click: Click): Promise<void> {
  const requestId = readRequest(click.value);
  if (requestId === null) return refuse(desk, click.reach, click.actor, { code: 'request_not_found' });
  await openThenLook(desk, click.reach, click.triggerId, async () => {
    const may = await desk.usecases().checkReviewer({ ...click.actor, requestId });
    if (!may.ok) return noticeModal(await explain(desk, click.actor, may.refusal), desk.text);
    return reviewForm(may.request, desk.text);
  });
}
