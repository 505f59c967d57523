import { slackUserId } from '../../domain/ids.ts';
import { plainMessage } from '../cards/notice.ts';
import { type Actor, actorOf, type Desk, explain, refuse, STRANGER, serve } from '../desk.ts';
import type { CommandPayload } from '../payloads.ts';
import type { Reach } from '../screen.ts';
import { noticeModal } from '../views/notice-modal.ts';
import { requestForm } from '../views/request-form.ts';
import { askInOneLine } from './ask-in-one-line.ts';
import { away, back } from './away.ts';
import { breakGlass } from './break-glass.ts';
import { extendInOneLine } from './extend.ts';
import { giveBack, tellPending, tellWho } from './lists.ts';
import { type Command, parseCommand } from './parse.ts';
import { openRevoke } from './revoke.ts';
import { tellStatus } from './status.ts';
import { tellWhy } from './why.ts';

/** Everything that begins with `/elevate`. It has been acknowledged already; never throws. */
export function elevate(desk: Desk, payload: CommandPayload): Promise<void> {
  const reach: Reach = {
    user: slackUserId(payload.user_id),
    channel: payload.channel_id,
    responseUrl: payload.response_url,
  };
  return serve(desk, reach, 'a command', async () => {
    const actor = await actorOf(desk, payload.user_id, [payload.team_id]);
    if (actor === null) return refuse(desk, reach, null, STRANGER);
    await run(desk, { actor, reach, triggerId: payload.trigger_id }, parseCommand(payload.text));
  });
}

interface Typed {
  readonly actor: Actor;
  readonly reach: Reach;
  readonly triggerId: string;
}

function run(desk: Desk, typed: Typed, command: Command): Promise<void> {
  const say = (sentence: string): Promise<void> => desk.screen.tell(typed.reach, plainMessage(sentence));
  switch (command.kind) {
    case 'form':
      return openForm(desk, typed);
    case 'help':
      return say(desk.text.commands.help);
    case 'status':
      return tellStatus(desk, typed.actor, typed.reach);
    case 'why':
      return tellWhy(desk, typed.actor, typed.reach, command);
    case 'revoke':
      return openRevoke(desk, typed, command);
    case 'revoke_whom':
      return say(desk.text.commands.revokeWhom);
    case 'away':
      return away(desk, typed, command);
    case 'back':
      return back(desk, typed);
    case 'pending':
      return tellPending(desk, typed);
    case 'done':
      return giveBack(desk, typed, command.role);
    case 'who':
      return tellWho(desk, typed, command.role);
    case 'break_glass':
      return breakGlass(desk, typed, command);
    case 'extend':
      return extendInOneLine(desk, typed, command);
    case 'ask':
      return askInOneLine(desk, typed, command);
    case 'unknown':
      return unknown(desk, typed, command);
  }
}

/**
 * The form opens before anything is asked, since its trigger lives three seconds. Whether there is anything to choose is looked
 * up behind it, which also has people and groups at hand when the search begins.
 */
export async function openForm(
  desk: Desk,
  { actor, reach, triggerId, about }: Typed & { readonly about?: string },
): Promise<void> {
  const empty = { duration: null, start: null, ticket: null, reason: null };
  const memory = { channel: reach.channel, about, offer: null, turn: 0, understood: null };
  const form = requestForm(memory, empty, null, desk.text);
  const opened = await desk.screen.open(triggerId, form);
  if (opened === null) return desk.screen.tell(reach, plainMessage(desk.text.commands.tooSlow));
  const offers = await desk.usecases().offerRoles({ ...actor, query: '', limit: 1 });
  if (offers.ok && offers.total > 0) return;
  const why = offers.ok ? desk.text.forms.ask.nothing : await explain(desk, actor, offers.refusal);
  await desk.screen.update(opened.id, noticeModal(why, desk.text), opened.hash);
}

/** No word of it is a role: what was probably meant, with an example. */
async function unknown(
  desk: Desk,
  { actor, reach }: Typed,
  command: Extract<Command, { kind: 'unknown' }>,
): Promise<void> {
  const { commands, refusal } = desk.text;
  const say = (sentence: string): Promise<void> => desk.screen.tell(reach, plainMessage(sentence));
  if (command.meant !== null) return say(commands.didYouMean(command.typed, command.meant));
  const first = command.typed.split(' ')[0] ?? '';
  const offered = await desk.usecases().offerRole({ ...actor, role: first });
  const why: string = offered.ok ? '' : `${refusal(offered.refusal)} `;
  await say(`${why}${commands.examples}`);
}
