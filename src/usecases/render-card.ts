import { createHash } from 'node:crypto';
import { progress } from '../domain/approval.ts';
import type { Grant } from '../domain/grant.ts';
import type { RequestId, WorkspaceId } from '../domain/ids.ts';
import type { AccessRequest } from '../domain/request.ts';
import { electorateOf } from './approvers-of.ts';
import { backoffMs, SCREEN_BACKOFF } from './backoff.ts';
import { extensionSeconds } from './extend-grant.ts';
import { type Card, done, Outage, type Performed, type Ports, type RequestView } from './ports.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies' | 'messenger'>;
interface Input {
  readonly workspace: WorkspaceId;
  readonly requestId: RequestId;
}

/** How often one run follows a state that keeps moving; the next run goes on from there. */
const ROUNDS = 10;
/** How often a card waits for its approvers to be known: editing it later would notify none of them. */
const WAITS_FOR_APPROVERS = 4;

/** What is drawn, and whether some of those who may decide could not be looked up. */
type Seen = RequestView & { readonly unsure: boolean };

/**
 * Brings the card and its thread up to the present state. One renderer per card at a time (its effect is leased), and after
 * each call it looks again, so that what was overtaken is corrected at once. Only committed state is read here.
 */
export async function renderCard(ports: Needs, input: Input, attempts: number): Promise<Performed> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const view = await viewOf(ports, input.workspace, input.requestId);
    if (!view) return done;
    const card = await drawCard(ports, view, attempts);
    const told = await tellThread(ports, card, view);
    const now = await readBoth(ports, input);
    if (!now || versions(now) !== versions(view) || told) continue;
    if (!view.unsure) return done;
    return {
      done: false,
      retryInMs: backoffMs(SCREEN_BACKOFF, attempts),
      error: 'Not all approvers could be looked up',
    };
  }
  return { done: false, retryInMs: 0, error: 'The state moved on faster than the card' };
}

async function drawCard(ports: Needs, view: Seen, attempts: number): Promise<Card> {
  const { request } = view;
  const state = shows(view);
  const card = await ports.store.reads(request.workspaceId).card(request.id);
  if (card?.ref && card.shows === state) return card;
  if (!card?.ref && view.unsure && view.approvers.length === 0 && attempts < WAITS_FOR_APPROVERS) {
    throw new Outage('transient', 'Nobody who may decide could be looked up, so the card waits');
  }
  const kept = card?.ref && (await ports.messenger.updateCard(card.ref, view)) === 'updated' ? card.ref : null;
  const drawn: Card = {
    requestId: request.id,
    workspaceId: request.workspaceId,
    // Somebody deleted the card: there is a new one, with the whole thread under it.
    ref: kept ?? (await ports.messenger.postCard(view)),
    shows: state,
    eventsTold: kept ? (card?.eventsTold ?? 0) : 0,
  };
  await saveCard(ports, drawn);
  return drawn;
}

/** Posts the lines that are missing, in order, each noted before the next. Returns whether there were any. */
async function tellThread(ports: Needs, card: Card, view: RequestView): Promise<boolean> {
  const events = await ports.store.reads(card.workspaceId).eventsOf(card.requestId);
  let number = 0;
  let { eventsTold } = card;
  const note = async (count: number): Promise<void> => {
    await saveCard(ports, { ...card, eventsTold: count });
    eventsTold = count;
  };
  for (const [index, event] of events.entries()) {
    // Readers see a gap in the numbers as a line that was lost, so only what is told counts.
    if (!ports.messenger.tells(event, view)) continue;
    number += 1;
    if (index < card.eventsTold || !card.ref) continue;
    await ports.messenger.postThreadLine(card.ref, number, event, view);
    await note(index + 1);
  }
  // Events without a line are told with the next one that has one, or here.
  if (card.ref && eventsTold < events.length) await note(events.length);
  return events.length > card.eventsTold;
}

const saveCard = (ports: Needs, card: Card): Promise<void> =>
  ports.store.transaction(card.workspaceId, (tx) => tx.saveCard(card));

const versions = ({ request, grant }: Pick<RequestView, 'request' | 'grant'>): string =>
  `${request.version}.${grant?.version ?? '-'}.`;

/** The versions, and a digest of who may decide and what counts: that changes outside of the request. */
function shows(view: RequestView): string {
  const { request, voters, deciders } = view;
  if (voters === null) return versions(view);
  const counted = progress(request, voters).map((stage) => stage.counted.map(({ by }) => by.slackUserId));
  return `${versions(view)}${createHash('sha256')
    .update(JSON.stringify([counted, deciders]))
    .digest('hex')
    .slice(0, 12)}`;
}

async function readBoth(
  ports: Pick<Ports, 'store'>,
  input: Input,
): Promise<{ request: AccessRequest; grant: Grant | null } | null> {
  const reads = ports.store.reads(input.workspace);
  const [request, grant] = await Promise.all([reads.request(input.requestId), reads.grantOfRequest(input.requestId)]);
  return request ? { request, grant } : null;
}

/** What messages about a request are drawn from, as it is now. */
export async function viewOf(
  ports: Pick<Ports, 'store' | 'directory' | 'policies'>,
  workspace: WorkspaceId,
  requestId: RequestId,
): Promise<Seen | null> {
  const both = await readBoth(ports, { workspace, requestId });
  if (!both) return null;
  const [electorate, now] = await Promise.all([electorateOf(ports, both.request), ports.store.now()]);
  return { ...both, ...electorate, extensionSeconds: extensionSeconds(ports, both.request, both.grant), now };
}
