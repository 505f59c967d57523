import { requestId } from '../../domain/ids.ts';
import type { Block, Message } from '../blocks.ts';
import { type Status, shownRequests, statusBlocks } from '../cards/status.ts';
import { type Actor, type Desk, linkTo, refuse } from '../desk.ts';
import type { Reach } from '../screen.ts';

export async function tellStatus(desk: Desk, actor: Actor, reach: Reach): Promise<void> {
  const found = await desk.usecases().statusOf(actor);
  if (!found.ok) return refuse(desk, reach, actor, found.refusal);
  await desk.screen.tell(reach, await statusMessage(desk, actor, found));
}

export async function statusMessage(desk: Desk, actor: Actor, status: Status): Promise<Message> {
  const { grants, pending, waitingForMe } = status;
  const summary = desk.text.commands.status.summary(grants.length, pending.length, waitingForMe.length);
  return { text: summary, blocks: await blocksOf(desk, actor, status) };
}

/** `decidable`: with the buttons to decide, which need a place that outlives the moment. */
export async function blocksOf(desk: Desk, actor: Actor, status: Status, decidable = false): Promise<Block[]> {
  const links = await Promise.all(
    shownRequests(status).map(async (id) => {
      const card = await desk.usecases().findCard({ workspace: actor.workspace, requestId: requestId(id) });
      return card ? ([id, await linkTo(desk, card)] as const) : null;
    }),
  );
  return statusBlocks(status, new Map(links.filter((each) => each !== null)), desk.text, decidable);
}
