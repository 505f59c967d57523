import type { HomeFacts } from '../../usecases/home-of.ts';
import { ACTION } from '../action-ids.ts';
import { type Block, divider, type HomeView, mrkdwn, plain, section } from '../blocks.ts';
import { requestValue } from '../button-value.ts';
import { button } from '../cards/notice.ts';
import { paragraphs } from '../cards/paragraphs.ts';
import { blocksOf } from '../commands/status.ts';
import { type Actor, type Desk, explain } from '../desk.ts';

/** The App Home: how to ask, what `/elevate status` tells, what could be asked for again, and for admins all there is. */
export async function publishHome(desk: Desk, actor: Actor): Promise<boolean> {
  const found = await desk.usecases().homeOf(actor);
  const below = found.ok
    ? [...(await blocksOf(desk, actor, found, true)), ...recent(desk, found), ...everything(desk, found)]
    : [section(await explain(desk, actor, found.refusal))];
  await desk.screen.publishHome(actor.user, homeView(desk, below));
  return found.ok && found.everything !== null;
}

function recent(desk: Desk, { recent: requests }: HomeFacts): Block[] {
  if (requests.length === 0) return [];
  const words = desk.text.commands.home;
  const rows = requests.map((request): Block => {
    const again = button(ACTION.again, words.again, words.againLabel(request), requestValue(request.id));
    return { type: 'section', text: mrkdwn(words.recentRow(request)), accessory: again };
  });
  return [section(words.recent), ...rows];
}

function everything(desk: Desk, { everything: all }: HomeFacts): Block[] {
  if (all === null) return [];
  const words = desk.text.commands.home;
  const lines = all.grants.map((grant) => words.grantRow(grant));
  if (all.total > all.grants.length) lines.push(desk.text.commands.status.more(all.total - all.grants.length));
  return [divider, section(words.everything(all.total)), ...paragraphs(lines).map(section)];
}

function homeView(desk: Desk, below: Block[]): HomeView {
  const words = desk.text.commands.home;
  const ask: Block = {
    type: 'actions',
    elements: [{ type: 'button', action_id: ACTION.ask, style: 'primary', text: plain(words.ask) }],
  };
  return { type: 'home', blocks: [section(words.intro), ask, divider, ...below] };
}
