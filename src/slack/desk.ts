import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { requestId, type SlackUserId, slackUserId, type WorkspaceId } from '../domain/ids.ts';
import type { Refusal } from '../domain/refusal.ts';
import { type CardRef, Outage } from '../usecases/ports.ts';
import { esc, type Message, type Modal } from './blocks.ts';
import { plainMessage } from './cards/notice.ts';
import type { LinkOf } from './cards/rows.ts';
import type { Homes } from './home/homes.ts';
import { permalink, type SlackIdentity } from './identity.ts';
import { LOOK_FIRST_MS } from './limits.ts';
import type { Reach, Screen } from './screen.ts';
import type { Text } from './text/en.ts';
import type { SlackUsecases } from './usecases.ts';
import { noticeModal, waitModal } from './views/notice-modal.ts';
import { within } from './within.ts';

/** What every handler works with. */
export interface Desk {
  readonly usecases: () => SlackUsecases;
  readonly screen: Screen;
  readonly homes: Homes;
  readonly identity: () => Promise<SlackIdentity>;
  readonly text: Text;
  readonly log: Logger;
}

/** Who acts, in our workspace. */
export interface Actor {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
}

export const STRANGER: Refusal = { code: 'person_may_not_use', standing: 'stranger' };

/** null: the payload names another workspace than ours, as clicks from shared channels do. */
export async function actorOf(
  desk: Desk,
  user: string,
  teams: readonly (string | null | undefined)[],
): Promise<Actor | null> {
  const { teamId } = await desk.identity();
  const foreign = teams.some((team) => typeof team === 'string' && team !== teamId);
  return foreign ? null : { workspace: teamId, user: slackUserId(user) };
}

/** A refusal in mrkdwn, with a link to the request that it is about. */
export async function explain(desk: Desk, actor: Actor | null, refusal: Refusal): Promise<string> {
  const sentence = desk.text.refusal(refusal);
  if (refusal.code !== 'already_requested' || actor === null) return sentence;
  const card = await desk.usecases().findCard({ workspace: actor.workspace, requestId: refusal.requestId });
  return card ? `${sentence}${desk.text.commands.link(await linkTo(desk, card))}` : sentence;
}

export async function refuse(desk: Desk, reach: Reach, actor: Actor | null, refusal: Refusal): Promise<void> {
  await desk.screen.tell(reach, plainMessage(await explain(desk, actor, refusal)));
}

export const linkTo = async (desk: Desk, card: CardRef): Promise<string> => permalink(await desk.identity(), card);

/** Links to the cards of these requests, as mrkdwn behind a line. */
export async function linksTo(desk: Desk, actor: Actor, requests: readonly string[]): Promise<LinkOf> {
  const found = await Promise.all(
    requests.map(async (id) => {
      const card = await desk.usecases().findCard({ workspace: actor.workspace, requestId: requestId(id) });
      return card ? ([id, desk.text.commands.status.openCard(await linkTo(desk, card))] as const) : null;
    }),
  );
  const links = new Map(found.filter((each) => each !== null));
  return (id) => links.get(id) ?? '';
}

/** What somebody is told when a handler throws, in plain text. An outage says what it was; a bug gives a reference that is also in the log. */
export function sentenceFor(desk: Desk, error: unknown, what: string): string {
  if (error instanceof Outage) {
    desk.log.warn({ err: error, what }, 'A person could not be served');
    return desk.text.commands.failed(error.message, error.kind === 'permanent');
  }
  const reference = randomUUID().slice(0, 8);
  desk.log.error({ err: error, what, reference }, 'A handler failed; this is a bug');
  return desk.text.commands.broken(reference);
}

/** Runs a handler and tells the person privately if it throws. Never throws. */
export async function serve(desk: Desk, reach: Reach, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const message = plainMessage(esc(sentenceFor(desk, error, what)));
    await desk.screen.tell(reach, message).catch((untold: unknown) => {
      desk.log.warn({ err: untold, what }, 'Nor could the person be told');
    });
  }
}

export type Shown = { readonly view: Modal } | { readonly tell: Message };

/** Opens a form that says 'one moment' and fills it in: for a click or a line that certainly leads to a form. */
export async function openThenLook(
  desk: Desk,
  reach: Reach,
  triggerId: string,
  look: () => Promise<Modal>,
): Promise<void> {
  const opened = await desk.screen.open(triggerId, waitModal(desk.text));
  if (opened === null) return desk.screen.tell(reach, plainMessage(desk.text.commands.tooSlow));
  await fillIn(desk, opened.id, look());
}

async function fillIn(desk: Desk, viewId: string, looking: Promise<Modal>): Promise<void> {
  const view = await looking.catch((error: unknown) =>
    noticeModal(esc(sentenceFor(desk, error, 'a lookup for a form')), desk.text),
  );
  await desk.screen.update(viewId, view);
}

/**
 * Looks something up and opens the form for it, or answers privately. A trigger lives three seconds only: what takes longer than
 * half of that gets a form that says 'one moment', which is filled in afterwards.
 */
export async function openWith(desk: Desk, reach: Reach, triggerId: string, look: () => Promise<Shown>): Promise<void> {
  const looking = look();
  const first = await within(looking, LOOK_FIRST_MS);
  if (first.inTime) return show(desk, reach, triggerId, first.answer);
  const opened = await desk.screen.open(triggerId, waitModal(desk.text));
  if (opened === null) {
    const shown = await looking;
    return desk.screen.tell(reach, 'tell' in shown ? shown.tell : plainMessage(desk.text.commands.tooSlow));
  }
  const view = looking.then((shown) => ('view' in shown ? shown.view : noticeModal(shown.tell.text, desk.text)));
  await fillIn(desk, opened.id, view);
}

async function show(desk: Desk, reach: Reach, triggerId: string, shown: Shown): Promise<void> {
  if ('tell' in shown) return desk.screen.tell(reach, shown.tell);
  const opened = await desk.screen.open(triggerId, shown.view);
  if (opened === null) await desk.screen.tell(reach, plainMessage(desk.text.commands.tooSlow));
}
