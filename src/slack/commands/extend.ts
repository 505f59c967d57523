import { secondsMore } from '../../domain/written/more.ts';
import { plainMessage } from '../cards/notice.ts';
import { type Actor, type Desk, refuse } from '../desk.ts';
import type { Reach } from '../screen.ts';
import { type Command, readAsk } from './parse.ts';

/** `/elevate extend [ROLE] [DURATION or until TIME] [REASON…]`: more time on what somebody has, in one line. */
export async function extendInOneLine(
  desk: Desk,
  { actor, reach, triggerId }: { readonly actor: Actor; readonly reach: Reach; readonly triggerId: string },
  { role, words }: Extract<Command, { kind: 'extend' }>,
): Promise<void> {
  const found = await desk.usecases().findOwnGrant({ ...actor, role, command: 'extend' });
  if (!found.ok) return refuse(desk, reach, actor, found.refusal);
  const { roleKey, endsAt, extensions } = found.grant;
  const ask = readAsk(words, roleKey, null, 'in front');
  const { zone, now } = await desk.usecases().clockOf(actor);
  const more = secondsMore(ask.times, endsAt ?? now, zone, now);
  if (!more.ok) return refuse(desk, reach, actor, more.refusal);
  const asked = await desk.usecases().extendGrant({
    ...actor,
    grantId: found.grant.id,
    // An end by the clock is counted from the end as it is now.
    seenExtensions: ask.times.until ? extensions : null,
    durationSeconds: more.seconds,
    reason: ask.reason,
    origin: `command/${triggerId}`,
    channel: reach.channel,
  });
  if (!asked.ok) return refuse(desk, reach, actor, asked.refusal);
  await desk.screen.tell(reach, plainMessage(desk.text.commands.asked(asked.request)));
}
