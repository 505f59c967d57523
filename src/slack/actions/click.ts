import { slackUserId } from '../../domain/ids.ts';
import { type Actor, actorOf, type Desk, refuse, STRANGER, serve } from '../desk.ts';
import type { ClickPayload } from '../payloads.ts';
import type { Place, Reach } from '../screen.ts';

/** A pressed button, as far as any handler cares. */
export interface Click {
  readonly actor: Actor;
  readonly reach: Reach;
  readonly triggerId: string;
  readonly value: string;
  /** The message that the button stands on; null: a view, or an ephemeral message. */
  readonly place: Place | null;
  readonly on: 'message' | 'ephemeral' | 'view';
}

/** Runs the handler of a button for whoever pressed it. It has been acknowledged already; never throws. */
export function onClick(
  desk: Desk,
  payload: ClickPayload,
  what: string,
  handler: (desk: Desk, click: Click) => Promise<void>,
): Promise<void> {
  const reach = reachOf(payload);
  return serve(desk, reach, what, async () => {
    const actor = await actorOf(desk, payload.user.id, [payload.team?.id, payload.user.team_id]);
    if (actor === null) return refuse(desk, reach, null, STRANGER);
    const { container, actions } = payload;
    const ephemeral = container.is_ephemeral === true;
    const place =
      container.type === 'message' && !ephemeral && container.channel_id && container.message_ts
        ? { channelId: container.channel_id, ts: container.message_ts }
        : null;
    await handler(desk, {
      actor,
      reach,
      triggerId: payload.trigger_id,
      value: actions[0]?.value ?? '',
      place,
      on: place ? 'message' : ephemeral ? 'ephemeral' : 'view',
    });
  });
}

export const reachOf = (payload: Pick<ClickPayload, 'user' | 'channel' | 'response_url'>): Reach => ({
  user: slackUserId(payload.user.id),
  channel: payload.channel?.id ?? null,
  responseUrl: payload.response_url ?? null,
});
