import { readTarget } from '../button-value.ts';
import { plainMessage } from '../cards/notice.ts';
import { type Desk, openThenLook, refuse } from '../desk.ts';
import { noticeModal } from '../views/notice-modal.ts';
import { resolveAllForm } from '../views/resolve-form.ts';
import type { Click } from './click.ts';

/** Retry all now on the alarm of a target. The alarm itself tells how it goes. */
export async function retryAll(desk: Desk, click: Click): Promise<void> {
  const target = readTarget(click.value);
  if (target === null) return refuse(desk, click.reach, click.actor, { code: 'grant_not_found' });
  const retried = await desk.usecases().retryTarget({ ...click.actor, target });
  if (!retried.ok) return refuse(desk, click.reach, click.actor, retried.refusal);
  await desk.screen.tell(click.reach, plainMessage(desk.text.watch.alarm.retried(retried.retried)));
}

export async function openResolveAll(desk: Desk, click: Click): Promise<void> {
  const target = readTarget(click.value);
  if (target === null) return refuse(desk, click.reach, click.actor, { code: 'grant_not_found' });
  await openThenLook(desk, click.reach, click.triggerId, async () => {
    const failing = await desk.usecases().countFailing({ workspace: click.actor.workspace, target });
    return failing === 0
      ? noticeModal(desk.text.watch.alarm.over, desk.text)
      : resolveAllForm(target, failing, desk.text);
  });
}
