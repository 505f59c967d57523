import type { Block, Message } from '../blocks.ts';
import { type Status, shownRequests, statusBlocks } from '../cards/status.ts';
import { type Actor, type Desk, linksTo, refuse } from '../desk.ts';
import type { Reach } from '../screen.ts';

export async function tellStatus(desk: Desk, actor: Actor, reach: Reach): Promise<void> {
  const found = await desk.usecases().statusOf(actor);
  if (!found.ok) return refuse(desk, reach, actor, found.refusal);
  await desk.screen.tell(reach, await statusMessage(desk, actor, found));
}

export async function statusMessage(desk: Desk, actor: Actor, status: Status): Promise<Message> {
  const { grants, pending, waitingForMe, waitingMore } = status;
  const summary = desk.text.commands.status.summary(grants.length, pending.length, waitingForMe.length, waitingMore);
  return { text: summary, blocks: await blocksOf(desk, actor, status) };
}

export const blocksOf = async (desk: Desk, actor: Actor, status: Status): Promise<Block[]> =>
  statusBlocks(status, await linksTo(desk, actor, shownRequests(status)), desk.text);
