import type { Refusal } from '../../domain/refusal.ts';
import { readGrant, readRequest } from '../button-value.ts';
import { plainMessage } from '../cards/notice.ts';
import { statusMessage } from '../commands/status.ts';
import { type Desk, explain, refuse } from '../desk.ts';
import type { Click } from './click.ts';

/** I'm done: the holder ends the access at once. */
export async function done(desk: Desk, click: Click): Promise<void> {
  const grantId = readGrant(click.value);
  if (grantId === null) return refuse(desk, click.reach, click.actor, { code: 'grant_not_found' });
  const ended = await desk.usecases().returnGrant({ ...click.actor, grantId });
  const { ending, neverStarted } = desk.text.noticeWords;
  await settle(desk, click, ended.ok ? (ended.grant.status === 'ended' ? neverStarted : ending) : ended.refusal);
}

/** Start: the holder begins what was approved for later. */
export async function start(desk: Desk, click: Click): Promise<void> {
  const grantId = readGrant(click.value);
  if (grantId === null) return refuse(desk, click.reach, click.actor, { code: 'grant_not_found' });
  const started = await desk.usecases().pressStart({ ...click.actor, grantId });
  await settle(desk, click, started.ok ? desk.text.noticeWords.started : started.refusal);
}

/** I'm using it: it does not end for want of use. */
export async function keep(desk: Desk, click: Click): Promise<void> {
  const grantId = readGrant(click.value);
  if (grantId === null) return refuse(desk, click.reach, click.actor, { code: 'grant_not_found' });
  const kept = await desk.usecases().keepGrant({ ...click.actor, grantId });
  await settle(desk, click, kept.ok ? desk.text.noticeWords.kept : kept.refusal);
}

/** The requester takes a request back while it waits. */
export async function cancel(desk: Desk, click: Click): Promise<void> {
  const requestId = readRequest(click.value);
  if (requestId === null) return refuse(desk, click.reach, click.actor, { code: 'request_not_found' });
  const cancelled = await desk.usecases().cancelRequest({ ...click.actor, requestId });
  await settle(desk, click, cancelled.ok ? desk.text.noticeWords.cancelled : cancelled.refusal);
}

/** The requester asks the approvers to look: the thread mentions them, and nothing else changes. */
export async function nudge(desk: Desk, click: Click): Promise<void> {
  const requestId = readRequest(click.value);
  if (requestId === null) return refuse(desk, click.reach, click.actor, { code: 'request_not_found' });
  const nudged = await desk.usecases().nudge({ ...click.actor, requestId });
  if (!nudged.ok) return refuse(desk, click.reach, click.actor, nudged.refusal);
  await desk.screen.tell(click.reach, plainMessage(desk.text.noticeWords.nudged));
}

/** Refusals after which the button has nothing left to do. */
const OVER: readonly Refusal['code'][] = ['grant_not_live', 'request_not_pending', 'start_denied', 'start_shorter'];

/** Takes the button away where it stands, and says how it went. */
async function settle(desk: Desk, click: Click, outcome: string | Refusal): Promise<void> {
  if (typeof outcome !== 'string' && !OVER.includes(outcome.code)) {
    return refuse(desk, click.reach, click.actor, outcome);
  }
  const sentence = typeof outcome === 'string' ? outcome : await explain(desk, click.actor, outcome);
  if (click.on === 'message') return desk.screen.replace(click.reach, click.place, plainMessage(sentence));
  if (click.on === 'view') return desk.homes.show(click.actor);
  const status = await desk.usecases().statusOf(click.actor);
  if (!status.ok) return refuse(desk, click.reach, click.actor, status.refusal);
  await desk.screen.replace(click.reach, null, await statusMessage(desk, click.actor, status));
}
