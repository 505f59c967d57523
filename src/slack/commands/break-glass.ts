import { plainMessage } from '../cards/notice.ts';
import { type Actor, type Desk, refuse } from '../desk.ts';
import type { Reach } from '../screen.ts';
import { type Command, readAsk } from './parse.ts';

/** What a ticket looks like: ABC-123. Break-glass takes one, and needs none. */
const TICKET = /^[A-Z][A-Z0-9]*-\d+$/;

/** `/elevate break-glass ROLE [DURATION] REASON…`: at once, and nothing asks again whether it is meant. */
export async function breakGlass(
  desk: Desk,
  { actor, reach, triggerId }: { readonly actor: Actor; readonly reach: Reach; readonly triggerId: string },
  { role, words }: Extract<Command, { kind: 'break_glass' }>,
): Promise<void> {
  const { commands } = desk.text;
  const ask = role === null ? null : readAsk(words, role, (word) => TICKET.test(word));
  if (ask === null || ask.reason === '') return desk.screen.tell(reach, plainMessage(commands.breakGlassHow));
  const submitted = await desk.usecases().submitRequest({
    ...actor,
    role: ask.role,
    durationSeconds: ask.durationSeconds,
    startsAt: null,
    endsBy: null,
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
