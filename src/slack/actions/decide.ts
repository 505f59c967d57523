import type { RequestId } from '../../domain/ids.ts';
import { readDecision } from '../button-value.ts';
import { plainMessage } from '../cards/notice.ts';
import { type Desk, explain, linkTo, openThenLook, refuse } from '../desk.ts';
import { denyForm } from '../views/deny-form.ts';
import { editForm } from '../views/edit-form.ts';
import { noticeModal } from '../views/notice-modal.ts';
import type { Click } from './click.ts';

/** Approve on a card. The card tells the result by itself, from committed state; only a refusal is answered here. */
export async function approve(desk: Desk, click: Click): Promise<void> {
  const value = readDecision(click.value);
  if (value === null) return refuse(desk, click.reach, click.actor, { code: 'request_not_found' });
  if (await superseded(desk, click, value.requestId)) return;
  const decided = await desk.usecases().approveRequest({ ...click.actor, ...value });
  if (!decided.ok) await refuse(desk, click.reach, click.actor, decided.refusal);
  // On a Home nobody sees the card change.
  if (click.on === 'view') await desk.homes.show(click.actor);
}

/** Deny on a card: asks why. Whether this person may is looked up behind the form, and again at its submission. */
export async function openDeny(desk: Desk, click: Click): Promise<void> {
  const value = readDecision(click.value);
  if (value === null) return refuse(desk, click.reach, click.actor, { code: 'request_not_found' });
  await openThenLook(desk, click.reach, click.triggerId, async () => {
    if (await superseded(desk, click, value.requestId)) return noticeModal(desk.text.card.superseded(null), desk.text);
    const may = await desk.usecases().checkDecider({ ...click.actor, requestId: value.requestId });
    if (!may.ok) return noticeModal(await explain(desk, click.actor, may.refusal), desk.text);
    return denyForm(may.request, value.revision, desk.text);
  });
}

/** Change… on a card: less time or a narrower role. Whether this person may is looked up behind the form, and again at its submission. */
export async function openEdit(desk: Desk, click: Click): Promise<void> {
  const value = readDecision(click.value);
  if (value === null) return refuse(desk, click.reach, click.actor, { code: 'request_not_found' });
  await openThenLook(desk, click.reach, click.triggerId, async () => {
    if (await superseded(desk, click, value.requestId)) return noticeModal(desk.text.card.superseded(null), desk.text);
    const found = await desk.usecases().findEdit({ ...click.actor, requestId: value.requestId });
    if (!found.ok) return noticeModal(await explain(desk, click.actor, found.refusal), desk.text);
    return editForm(found.offer, value.revision, desk.text);
  });
}

/**
 * A card may stand twice, when Slack took a post whose answer was lost. Only the one that is kept up to date may decide; the
 * other one is told from it at its first click and turned into a pointer.
 */
async function superseded(desk: Desk, click: Click, requestId: RequestId): Promise<boolean> {
  if (click.place === null) return false;
  const card = await desk.usecases().findCard({ workspace: click.actor.workspace, requestId });
  if (card === null || (card.channelId === click.place.channelId && card.ts === click.place.ts)) return false;
  const sentence = desk.text.card.superseded(await linkTo(desk, card));
  await desk.screen.replace(click.reach, click.place, plainMessage(sentence));
  return true;
}
