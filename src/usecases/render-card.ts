import { createHash } from 'node:crypto';
import { progress } from '../domain/approval.ts';
import type { AuditEvent } from '../domain/audit.ts';
import type { Grant } from '../domain/grant.ts';
import type { RequestId, WorkspaceId } from '../domain/ids.ts';
import type { AccessRequest } from '../domain/request.ts';
import { noteChannel } from './announce-channel.ts';
import { electorateOf } from './approvers-of.ts';
import { backoffMs, SCREEN_BACKOFF } from './backoff.ts';
import { extensionSeconds } from './extend-grant.ts';
import { moveRecord } from './move-record.ts';
import { refreshNotices } from './notices.ts';
import { asOutage } from './outage.ts';
import {
  type Card,
  type CardPlace,
  type CardRef,
  done,
  Outage,
  type Performed,
  type Ports,
  type RequestView,
  type ThreadKind,
} from './ports.ts';
import { saveCard, tellThread } from './tell-thread.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies' | 'messenger'>;
interface Input {
  readonly workspace: WorkspaceId;
  readonly requestId: RequestId;
}

/** How often one run follows a state that keeps moving; the next run goes on from there. */
const ROUNDS = 10;
/** How often a card waits for its approvers to be known: editing it later would notify none of them. */
const WAITS_FOR_APPROVERS = 4;

/**
 * Brings the card and its timeline up to the present state, in one message or, with an audit channel, in two. One renderer per request
 * at a time (its effect is leased), and after each call it looks again, so that what was overtaken is corrected at once. Only committed
 * state is read here.
 */
export async function renderCard(ports: Needs, input: Input, attempts: number): Promise<Performed> {
  for (let round = 0; round < ROUNDS; round += 1) {
    // The lines are drawn from the view, so it must not be older than they are.
    const events = await ports.store.reads(input.workspace).eventsOf(input.requestId);
    const view = await viewOf(ports, input.workspace, input.requestId);
    if (!view) return done;
    const told = await drawPlaces(ports, view, events, attempts);
    const now = await readBoth(ports, input);
    if (!now || versions(now) !== versions(view) || told) continue;
    await refreshNotices(ports, view, () => viewOf(ports, input.workspace, input.requestId));
    if (!view.unsure) return done;
    return {
      done: false,
      retryInMs: backoffMs(SCREEN_BACKOFF, attempts),
      error: 'Not all approvers could be looked up',
    };
  }
  return { done: false, retryInMs: 0, error: 'The state moved on faster than the card' };
}

/** Returns whether lines were told. A channel that fails does not keep the other one from being up to date. */
async function drawPlaces(
  ports: Needs,
  view: RequestView,
  events: readonly AuditEvent[],
  attempts: number,
): Promise<boolean> {
  const apart = view.request.role.auditChannel !== null;
  const failed: unknown[] = [];
  let told = false;
  for (const place of apart ? (['decision', 'audit'] as const) : (['decision'] as const)) {
    try {
      const card = await drawCard(ports, view, place, attempts);
      const lines = await tellThread(ports, card, view, events, kindOf(place, apart));
      told ||= lines;
      if (lines || attempts > 0) await noteChannel(ports, view.request, place, null);
    } catch (error) {
      const { ofChannel, message } = asOutage(error);
      // Slack is wrong about a channel now and then; what fails twice in a row is no accident.
      const gone = ofChannel && attempts > 0;
      const moved = gone && place === 'audit' && (await moveRecord(ports, view.request, message));
      if (gone) await noteChannel(ports, view.request, place, moved ? null : message);
      if (moved) told = true;
      else failed.push(error);
    }
  }
  if (failed.length > 0) throw failed[0];
  return told;
}

const kindOf = (place: CardPlace, apart: boolean): ThreadKind =>
  place === 'audit' ? 'record' : apart ? 'calls' : 'timeline';

async function drawCard(ports: Needs, view: RequestView, place: CardPlace, attempts: number): Promise<Card> {
  const { request } = view;
  const { card, other } = await findCards(ports, request, place);
  // Each of the two leads to the other, as soon as that one stands.
  const state = `${shows(view)}${other === null ? '' : '+'}`;
  if (card?.ref && card.shows === state) return card;
  const unknown = view.unsure && view.approvers.length === 0 && attempts < WAITS_FOR_APPROVERS;
  if (!card?.ref && unknown && place === 'decision') {
    throw new Outage('transient', 'Nobody who may decide could be looked up, so the card waits');
  }
  const again = (card?.posted ?? 0) > 1;
  if (card?.ref && (await ports.messenger.updateCard(card.ref, view, { place, other, again })) === 'updated') {
    const drawn = { ...card, shows: state };
    await saveCard(ports, drawn);
    return drawn;
  }
  // Or somebody deleted the card: there is a new one, with the whole thread under it.
  const none: Card = {
    requestId: request.id,
    place,
    workspaceId: request.workspaceId,
    ref: null,
    shows: null,
    eventsTold: 0,
    lineBegun: null,
    posted: card?.posted ?? 0,
  };
  const drawn = { ...none, ref: await postCard(ports, view, none, other), shows: state, posted: none.posted + 1 };
  await saveCard(ports, drawn);
  return drawn;
}

/**
 * Posts a new card. A head of a timeline is noted before, so that after a crash between its posting and our hearing of it the next one
 * says that there may be two; of two cards for decisions the first click on the wrong one does.
 */
async function postCard(ports: Needs, view: RequestView, none: Card, other: CardRef | null): Promise<CardRef> {
  const { place, posted } = none;
  if (place === 'audit') await saveCard(ports, { ...none, posted: posted + 1 });
  try {
    return await ports.messenger.postCard(view, { place, other, again: posted > 0 });
  } catch (error) {
    if (place === 'audit' && asOutage(error).kind !== 'unknown_outcome') await saveCard(ports, none);
    throw error;
  }
}

async function findCards(
  ports: Needs,
  { id, role, workspaceId }: AccessRequest,
  place: CardPlace,
): Promise<{ card: Card | null; other: CardRef | null }> {
  const reads = ports.store.reads(workspaceId);
  const [card, other] = await Promise.all([
    reads.card(id, place),
    role.auditChannel === null ? null : reads.card(id, place === 'audit' ? 'decision' : 'audit'),
  ]);
  return { card, other: other?.ref ?? null };
}

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
): Promise<RequestView | null> {
  const both = await readBoth(ports, { workspace, requestId });
  if (!both) return null;
  const [electorate, now] = await Promise.all([electorateOf(ports, both.request), ports.store.now()]);
  return { ...both, ...electorate, extensionSeconds: extensionSeconds(ports, both.request, both.grant), now };
}
