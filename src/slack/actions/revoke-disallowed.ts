import { plainMessage } from '../cards/notice.ts';
import { type Desk, refuse } from '../desk.ts';
import type { Click } from './click.ts';

/** An admin ends what the policy in force would no longer give; the button goes away with it. */
export async function revokeDisallowed(desk: Desk, click: Click): Promise<void> {
  const done = await desk.usecases().revokeDisallowed({ ...click.actor, reason: desk.text.policy.revokeReason });
  if (!done.ok) return refuse(desk, click.reach, click.actor, done.refusal);
  const said = desk.text.policy.revoked(click.actor.user, done.revoked.length, done.refusals.length);
  await desk.screen.replace(click.reach, click.place, plainMessage(said));
}
