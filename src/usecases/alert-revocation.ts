import type { AuditEvent } from '../domain/audit.ts';
import { schedule } from '../domain/effect.ts';
import type { Grant } from '../domain/grant.ts';
import { targetKeyOf } from '../domain/grant-state.ts';
import type { GrantId, WorkspaceId } from '../domain/ids.ts';
import { alarmKeyOf, isStanding, ONE_ALARM_FROM } from './alert-target.ts';
import {
  alertOf,
  escalated,
  escalationOf,
  NEVER,
  nextTurnMs,
  OVER,
  PERMANENT,
  type Step,
  savePosting,
  toldNow,
} from './escalation.ts';
import { orGone, postInFirst } from './first-channel.ts';
import { done, type Performed, type Ports, type RequestView } from './ports.ts';
import { viewOf } from './render-card.ts';
import type { AlertView, HowEnded, Posting } from './watch-ports.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies' | 'messenger'>;
interface Input {
  readonly workspace: WorkspaceId;
  readonly grantId: GrantId;
}

/**
 * Tells the security channel of a revocation that fails, or of ended access that showed up again; says so again for as long as it stays
 * so, to ever more people as the policy says; and turns the alert into how it ended. Level-triggered, one message per grant; where
 * many fail on one target, `alertTarget` tells of them.
 */
export async function alertRevocation(ports: Needs, input: Input): Promise<Performed> {
  const reads = ports.store.reads(input.workspace);
  const grant = await reads.grant(input.grantId);
  const view = grant ? await viewOf(ports, input.workspace, grant.requestId) : null;
  if (!grant || !view) return done;
  const posting = await reads.posting(alertKeyOf(grant.id));
  const stands = grant.status === 'revoking';
  // Over before anybody was told: the thread and the audit have it.
  if (!posting && !stands) return done;
  if (!posting && (await isOneOfMany(ports, grant))) return joinTarget(ports, grant, view.now);
  const events = (await reads.eventsOf(grant.requestId)).filter((event) => event.grantId === grant.id);
  const steps = escalationOf(ports.policies.current(), failingSince(events, view.now));
  const told = posting
    ? await goOn(ports, grant, view, posting, steps, events)
    : await begin(ports, grant, view, steps, toldNow(steps, NEVER, view.now));
  if (!stands) return done;
  const turnMs = nextTurnMs(ports.policies.current(), told.postedAt, steps, view.now);
  const retryInMs = awaitsRetry(events, grant, view.now) ? Math.min(turnMs, RETRY_LOOK_MS) : turnMs;
  return { done: false, retryInMs, error: 'It still stands, and is told again' };
}

/** Since when the access is being taken away, for the last time where it had shown up again. */
const failingSince = (events: readonly AuditEvent[], now: Date): Date =>
  events.findLast(({ kind }) => kind === 'grant.revocation_started')?.at ?? now;

/** Closed on somebody's word, and the target has told since. */
function judged(events: readonly AuditEvent[]): Pick<AlertView, 'word'> {
  const latest = events.findLast(({ kind }) => CLOSING.includes(kind));
  if (latest?.kind === 'grant.confirmed_gone') return { word: 'right' };
  return latest?.kind === 'grant.reappeared' && latest.data.closedOnWord ? { word: 'wrong' } : {};
}
const CLOSING: readonly AuditEvent['kind'][] = [
  'grant.resolved_unverified',
  'grant.confirmed_gone',
  'grant.reappeared',
];

/** How soon the alert tells how a try went that somebody asked for, and how long it looks out for that. */
const RETRY_LOOK_MS = 1_000;
const RETRY_AWAITED_MS = 60_000;

/** Somebody pressed Retry now, and does not know yet how it went. */
function awaitsRetry(events: readonly AuditEvent[], { lastTriedAt }: Grant, now: Date): boolean {
  const asked = events.findLast(({ kind }) => kind === 'grant.retry_requested')?.at;
  if (!asked || (lastTriedAt && lastTriedAt >= asked)) return false;
  return now.getTime() - asked.getTime() < RETRY_AWAITED_MS;
}

function howEnded(events: readonly AuditEvent[], { status }: Grant): HowEnded | null {
  const ended = status === 'ended' ? events.findLast(({ kind }) => kind === 'grant.ended') : undefined;
  return ended?.kind === 'grant.ended' ? ended.data : null;
}

/** `to`: who is told for the first time, such as after an outage of our own. */
async function begin(
  ports: Needs,
  grant: Grant,
  view: RequestView,
  steps: readonly Step[],
  to: readonly string[],
): Promise<Posting> {
  const { channels, defaults } = ports.policies.current();
  const alert = await inCharge(ports, view, 0, steps);
  const places = [channels.security, view.request.role.channel, defaults.channel];
  const ref = await postInFirst(places, (channel) => ports.messenger.postAlert(channel, view, alert));
  const posting = {
    workspaceId: grant.workspaceId,
    key: alertKeyOf(grant.id),
    ref,
    shows: showsOf(grant),
    times: 1,
    postedAt: view.now,
  };
  return savePosting(ports, posting, news(grant, view, to));
}

async function goOn(
  ports: Needs,
  grant: Grant,
  view: RequestView,
  posting: Posting,
  steps: readonly Step[],
  events: readonly AuditEvent[],
): Promise<Posting> {
  const alert = {
    ...(await inCharge(ports, view, posting.times, steps, howEnded(events, grant))),
    ...judged(events),
  };
  const shows = `${showsOf(grant)}${alert.word === 'right' ? CONFIRMED : ''}`;
  const since = view.now.getTime() - posting.postedAt.getTime();
  // What retrying cannot mend, and what began anew after it was over, does not wait for the next turn.
  const worse = isPermanent(grant) && !posting.shows.endsWith(PERMANENT);
  const anew = posting.shows.startsWith(OVER);
  const to = toldNow(steps, posting.postedAt, view.now);
  const wider = to.length > 0;
  const due = since >= ports.policies.current().alerts.repeatSeconds * 1000;
  const again = grant.status === 'revoking' && (worse || anew || wider || due);
  const changed = posting.shows !== shows || wider;
  const updated = changed ? await orGone(() => ports.messenger.updateAlert(posting.ref, view, alert)) : 'updated';
  const repeat = again && updated !== 'gone';
  const repeated = repeat ? await orGone(() => ports.messenger.repeatAlert(posting.ref, view, alert)) : null;
  if (updated === 'gone' || repeated === 'gone') return begin(ports, grant, view, steps, to);
  if (!again && posting.shows === shows) return posting;
  const { times, postedAt } = again ? { times: posting.times + 1, postedAt: view.now } : posting;
  const next = { ...posting, shows, times, postedAt };
  return savePosting(ports, next, news(grant, view, to));
}

/** null: nobody else is told, or there is nothing to tell them any more. */
const news = ({ id, status, target: { connector } }: Grant, { request, now }: RequestView, to: readonly string[]) =>
  status === 'revoking' ? escalated(to, { connector, grants: 1, at: now, requestId: request.id, grantId: id }) : null;

/** Where many fail on one target, one message tells of all of them, and none begins of its own. */
async function isOneOfMany(ports: Needs, grant: Grant): Promise<boolean> {
  if (grant.attempts === 0) return false;
  const target = targetKeyOf(grant);
  const reads = ports.store.reads(grant.workspaceId);
  const posting = await reads.posting(alarmKeyOf(target));
  return (posting !== null && isStanding(posting)) || (await reads.failingOn(target, 0)).total >= ONE_ALARM_FROM;
}

async function joinTarget(ports: Needs, { workspaceId, ...grant }: Grant, now: Date): Promise<Performed> {
  const target = targetKeyOf({ workspaceId, target: grant.target });
  await ports.store.transaction(workspaceId, (tx) =>
    tx.save({ effects: [schedule({ kind: 'alert_target', workspaceId, target }, now)] }),
  );
  return done;
}

async function inCharge(
  ports: Needs,
  { request, now }: RequestView,
  repeat: number,
  steps: readonly Step[],
  ended: HowEnded | null = null,
): Promise<AlertView> {
  const { workspaceId, id, role, requester } = request;
  const about = { owners: role.owners, now, repeat, steps, except: requester.slackUserId, ended };
  const [alert, card] = await Promise.all([
    alertOf(ports, workspaceId, about),
    ports.store.reads(workspaceId).card(id, 'decision'),
  ]);
  return card?.ref ? { ...alert, card: card.ref } : alert;
}

export const alertKeyOf = (grant: GrantId): string => `alert/${grant}`;
const CONFIRMED = ' confirmed';
const isPermanent = (grant: Grant): boolean => grant.lastErrorKind === 'permanent';
const showsOf = (grant: Grant): string =>
  `${grant.status === 'ended' ? OVER : ''}${grant.version}${isPermanent(grant) ? PERMANENT : ''}`;
