import { readDrift, readGrant } from '../button-value.ts';
import { plainMessage } from '../cards/notice.ts';
import { type Desk, explain, openThenLook, refuse } from '../desk.ts';
import { acceptForm, ignoreForm } from '../views/drift-forms.ts';
import { noticeModal } from '../views/notice-modal.ts';
import { proofModal } from '../views/proof-modal.ts';
import { resolveForm } from '../views/resolve-form.ts';
import type { Click } from './click.ts';

/** Retry now on an alert. The alert itself tells how it goes. */
export async function retry(desk: Desk, click: Click): Promise<void> {
  const grantId = readGrant(click.value);
  if (grantId === null) return refuse(desk, click.reach, click.actor, { code: 'grant_not_found' });
  const retried = await desk.usecases().retryRevocation({ ...click.actor, grantId });
  if (!retried.ok) return refuse(desk, click.reach, click.actor, retried.refusal);
  await desk.screen.tell(click.reach, plainMessage(desk.text.watch.alert.retried));
}

export async function openResolve(desk: Desk, click: Click): Promise<void> {
  const grantId = readGrant(click.value);
  if (grantId === null) return refuse(desk, click.reach, click.actor, { code: 'grant_not_found' });
  await openThenLook(desk, click.reach, click.triggerId, async () => {
    const found = await desk.usecases().findFailing({ ...click.actor, grantId });
    if (!found.ok) return noticeModal(await explain(desk, click.actor, found.refusal), desk.text);
    return resolveForm(found.grant, desk.text);
  });
}

/** What was done on the target and what it said, for whoever can see the thread. */
export async function openProof(desk: Desk, click: Click): Promise<void> {
  const grantId = readGrant(click.value);
  if (grantId === null) return refuse(desk, click.reach, click.actor, { code: 'grant_not_found' });
  await openThenLook(desk, click.reach, click.triggerId, async () => {
    const proof = await desk.usecases().proofOf({ workspace: click.actor.workspace, grantId });
    return proof ? proofModal(proof, desk.text) : noticeModal(desk.text.watch.proof.missing, desk.text);
  });
}

export const openAccept = (desk: Desk, click: Click): Promise<void> => openDriftForm(desk, click, 'accept');
export const openIgnore = (desk: Desk, click: Click): Promise<void> => openDriftForm(desk, click, 'ignore');

async function openDriftForm(desk: Desk, click: Click, which: 'accept' | 'ignore'): Promise<void> {
  const driftId = readDrift(click.value);
  if (driftId === null) return refuse(desk, click.reach, click.actor, { code: 'drift_not_found' });
  await openThenLook(desk, click.reach, click.triggerId, async () => {
    const found = await desk.usecases().findDrift({ ...click.actor, driftId });
    if (!found.ok) return noticeModal(await explain(desk, click.actor, found.refusal), desk.text);
    return which === 'accept'
      ? acceptForm(found.drift, click.actor.user, found.now, desk.text)
      : ignoreForm(found.drift, found.now, desk.text);
  });
}

/** Take it away, after Slack has asked whether that is meant. */
export async function revokeDrift(desk: Desk, click: Click): Promise<void> {
  const driftId = readDrift(click.value);
  if (driftId === null) return refuse(desk, click.reach, click.actor, { code: 'drift_not_found' });
  const decided = await desk.usecases().decideDrift({ ...click.actor, driftId, answer: { type: 'revoke' } });
  if (!decided.ok) await refuse(desk, click.reach, click.actor, decided.refusal);
  if (click.on === 'view') await desk.homes.show(click.actor);
}
