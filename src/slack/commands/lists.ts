import { type Block, cut, type Message, section } from '../blocks.ts';
import { plainMessage } from '../cards/notice.ts';
import { type Actor, type Desk, refuse } from '../desk.ts';
import { SECTION_TEXT_MAX } from '../limits.ts';
import type { Reach } from '../screen.ts';
import { blocksOf } from './status.ts';

interface Typed {
  readonly actor: Actor;
  readonly reach: Reach;
}

/** `/elevate pending`: what waits, for this person and by them. */
export async function tellPending(desk: Desk, { actor, reach }: Typed): Promise<void> {
  const found = await desk.usecases().statusOf(actor);
  if (!found.ok) return refuse(desk, reach, actor, found.refusal);
  const { pending, waitingForMe, waitingMore } = found;
  if (pending.length + waitingForMe.length === 0) {
    return desk.screen.tell(reach, plainMessage(desk.text.commands.nothingPending));
  }
  const text = desk.text.commands.status.pendingSummary(pending.length, waitingForMe.length, waitingMore);
  await desk.screen.tell(reach, { text, blocks: await blocksOf(desk, actor, { ...found, grants: [] }) });
}

/** `/elevate done [ROLE]`: gives back what somebody has. */
export async function giveBack(desk: Desk, { actor, reach }: Typed, role: string | null): Promise<void> {
  const found = await desk.usecases().findOwnGrant({ ...actor, role, command: 'done' });
  if (!found.ok) return refuse(desk, reach, actor, found.refusal);
  const ended = await desk.usecases().returnGrant({ ...actor, grantId: found.grant.id });
  if (!ended.ok) return refuse(desk, reach, actor, ended.refusal);
  const { ending, neverStarted } = desk.text.noticeWords;
  await desk.screen.tell(reach, plainMessage(ended.grant.status === 'ended' ? neverStarted : ending));
}

/** `/elevate who ROLE`: who has it now. */
export async function tellWho(desk: Desk, { actor, reach }: Typed, role: string | null): Promise<void> {
  const words = desk.text.commands.who;
  if (role === null) return desk.screen.tell(reach, plainMessage(words.how));
  const found = await desk.usecases().whoHas({ ...actor, role });
  if (!found.ok) return refuse(desk, reach, actor, found.refusal);
  if (found.grants.length === 0) return desk.screen.tell(reach, plainMessage(words.nobody(found.role)));
  const lines = found.grants.map((grant) => words.holder(grant));
  const blocks: Block[] = [section(words.title(found.role)), section(cut(lines.join('\n'), SECTION_TEXT_MAX))];
  const message: Message = { text: words.summary(found.role, lines.length), blocks };
  await desk.screen.tell(reach, message);
}
