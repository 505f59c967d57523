import { resolveTimes } from '../../domain/written/times.ts';
import { plainMessage } from '../cards/notice.ts';
import { type Actor, type Desk, refuse } from '../desk.ts';
import type { Reach } from '../screen.ts';
import { type Command, readAsk } from './parse.ts';

/** What a ticket looks like: ABC-123. Break-glass takes one, and needs none. */
const TICKET = /^[A-Z][A-Z0-9]*-\d+$/;

/** `/elevate break-glass ROLE [DURATION or until TIME] REASON…`: at once, and nothing asks again whether it is meant. */
export async function breakGlass(
  desk: Desk,
  { actor, reach, triggerId }: { readonly actor: Actor; readonly reach: Reach; readonly triggerId: string },
  { role, words }: Extract<Command, { kind: 'break_glass' }>,
): Promise<void> {
  const { commands } = desk.text;
  // A reason tells when it happened; only what stands in front of it is about the access.
  const ask = role === null ? null : readAsk(words, role, (word) => TICKET.test(word), 'in front');
  if (ask === null || ask.reason === '') return desk.screen.tell(reach, plainMessage(commands.breakGlassHow));
  const { start } = ask.times;
  if (start) return refuse(desk, reach, actor, { code: 'break_glass_has_no_start', written: start.text });
  const { zone, now } = await desk.usecases().clockOf(actor);
  const read = resolveTimes(ask.times, zone, now);
  if (!read.ok) return refuse(desk, reach, actor, read.refusal);
  const submitted = await desk.usecases().submitRequest({
    ...actor,
    role: ask.role,
    durationSeconds: read.times.durationSeconds,
    startsAt: null,
    endsBy: read.times.endsBy,
    reason: ask.reason,
    ticket: ask.ticket,
    origin: `command/${triggerId}`,
    channel: reach.channel,
    extend: null,
    breakGlass: true,
  });
  if (!submitted.ok) return refuse(desk, reach, actor, submitted.refusal);
  await desk.screen.tell(reach, plainMessage(commands.asked(submitted.request)));
}
