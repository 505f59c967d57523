import { readExtension } from '../button-value.ts';
import { plainMessage } from '../cards/notice.ts';
import { type Desk, explain, openThenLook, refuse } from '../desk.ts';
import { extendForm } from '../views/extend-form.ts';
import { noticeModal } from '../views/notice-modal.ts';
import type { Click } from './click.ts';

/** Extend in the notice before the end: one click asks for as much again, with the first request's reason. */
export async function extend(desk: Desk, click: Click): Promise<void> {
  const meant = readExtension(click.value);
  if (meant === null) return refuse(desk, click.reach, click.actor, { code: 'grant_not_found' });
  const asked = await desk.usecases().extendGrant({
    ...click.actor,
    ...meant,
    durationSeconds: null,
    reason: null,
    origin: `click/${click.triggerId}`,
    channel: null,
  });
  if (!asked.ok) return refuse(desk, click.reach, click.actor, asked.refusal);
  const sentence = plainMessage(desk.text.commands.asked(asked.request));
  if (click.on === 'message') return desk.screen.replace(click.reach, click.place, sentence);
  await desk.screen.tell(click.reach, sentence);
}

/** Extend… in a list: asks for how long and why. */
export async function openExtend(desk: Desk, click: Click): Promise<void> {
  const meant = readExtension(click.value);
  if (meant === null) return refuse(desk, click.reach, click.actor, { code: 'grant_not_found' });
  await openThenLook(desk, click.reach, click.triggerId, async () => {
    const found = await desk.usecases().findExtension({ ...click.actor, grantId: meant.grantId });
    if (!found.ok) return noticeModal(await explain(desk, click.actor, found.refusal), desk.text);
    return extendForm(found.extension, desk.text);
  });
}
