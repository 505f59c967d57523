import type { z } from 'zod';
import { openForm } from '../commands/elevate.ts';
import { type Actor, actorOf, type Desk, linkTo, refuse, STRANGER, serve } from '../desk.ts';
import type { messageShortcut } from '../payloads.ts';
import { reachOf } from './click.ts';

/** The message shortcut: the form, with a link to the message that it was chosen on. Acknowledged already; never throws. */
export function askAbout(desk: Desk, payload: z.infer<typeof messageShortcut>): Promise<void> {
  const reach = reachOf(payload);
  return serve(desk, reach, 'a message shortcut', async () => {
    const actor: Actor | null = await actorOf(desk, payload.user.id, [payload.team?.id, payload.user.team_id]);
    if (actor === null) return refuse(desk, reach, null, STRANGER);
    const about = await linkTo(desk, { channelId: payload.channel.id, ts: payload.message_ts });
    await openForm(desk, { actor, reach, triggerId: payload.trigger_id, about });
  });
}
