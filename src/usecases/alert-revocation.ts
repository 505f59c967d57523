import type { Grant } from '../domain/grant.ts';
import type { GrantId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import type { Policy } from '../domain/policy/types.ts';
import { lookUpGroups } from './electorate.ts';
import { done, type Performed, type Ports, type RequestView } from './ports.ts';
import { viewOf } from './render-card.ts';
import type { AlertView, Posting } from './watch-ports.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies' | 'messenger'>;
interface Input {
  readonly workspace: WorkspaceId;
  readonly grantId: GrantId;
}

/**
 * Tells the security channel of a revocation that fails, or of ended access that showed up again; says so again for as long as it stays
 * so, to ever more people as the policy says; and turns the alert into how it ended. Level-triggered, one message per grant.
 */
export async function alertRevocation(ports: Needs, input: Input): Promise<Performed> {
  const reads = ports.store.reads(input.workspace);
  const grant = await reads.grant(input.grantId);
  const view = grant ? await viewOf(ports, input.workspace, grant.requestId) : null;
  if (!grant || !view) return done;
  const posting = await reads.posting(keyOf(grant));
  const stands = grant.status === 'revoking';
  // Over before anybody was told: the thread and the audit have it.
  if (!posting && !stands) return done;
  const steps = escalationOf(ports.policies.current(), await failingSince(ports, grant, view));
  const told = posting ? await goOn(ports, grant, view, posting, steps) : await begin(ports, grant, view, steps);
  if (!stands) return done;
  const { repeatSeconds } = ports.policies.current().alerts;
  const next = steps.find((step) => step.at > view.now)?.at.getTime() ?? Number.POSITIVE_INFINITY;
  const againAt = Math.min(told.postedAt.getTime() + repeatSeconds * 1000, next);
  const retryInMs = Math.max(0, againAt - view.now.getTime());
  return { done: false, retryInMs, error: 'It still stands, and is told again' };
}

/** A step of the policy's escalation, at its time. */
interface Step {
  readonly at: Date;
  readonly groups: readonly string[];
}

const escalationOf = (policy: Policy, since: Date): readonly Step[] =>
  policy.alerts.escalate.map(({ afterSeconds, to }) => ({
    at: new Date(since.getTime() + afterSeconds * 1000),
    groups: to,
  }));

/** Since when the access is being taken away, for the last time where it had shown up again. */
async function failingSince(ports: Needs, grant: Grant, view: RequestView): Promise<Date> {
  const events = await ports.store.reads(grant.workspaceId).eventsOf(grant.requestId);
  const began = events.findLast((event) => event.kind === 'grant.revocation_started' && event.grantId === grant.id);
  return began?.at ?? view.now;
}

async function begin(ports: Needs, grant: Grant, view: RequestView, steps: readonly Step[]): Promise<Posting> {
  const channel = ports.policies.current().channels.security ?? view.request.role.channel;
  const ref = await ports.messenger.postAlert(channel, view, await alertOf(ports, view, 0, steps));
  return save(ports, {
    workspaceId: grant.workspaceId,
    key: keyOf(grant),
    ref,
    shows: showsOf(grant),
    times: 1,
    postedAt: view.now,
  });
}

async function goOn(
  ports: Needs,
  grant: Grant,
  view: RequestView,
  posting: Posting,
  steps: readonly Step[],
): Promise<Posting> {
  const alert = await alertOf(ports, view, posting.times, steps);
  const shows = showsOf(grant);
  const since = view.now.getTime() - posting.postedAt.getTime();
  // What retrying cannot mend, and what began anew after it was over, does not wait for the next turn.
  const worse = isPermanent(grant) && !posting.shows.endsWith(PERMANENT);
  const anew = posting.shows.startsWith(OVER);
  const wider = steps.some((step) => step.at > posting.postedAt && step.at <= view.now);
  const due = since >= ports.policies.current().alerts.repeatSeconds * 1000;
  const again = grant.status === 'revoking' && (worse || anew || wider || due);
  const changed = posting.shows !== shows || wider;
  if (changed && (await ports.messenger.updateAlert(posting.ref, view, alert)) === 'gone')
    return begin(ports, grant, view, steps);
  if (again) await ports.messenger.repeatAlert(posting.ref, view, alert);
  if (!again && posting.shows === shows) return posting;
  const { times, postedAt } = again ? { times: posting.times + 1, postedAt: view.now } : posting;
  return save(ports, { ...posting, shows, times, postedAt });
}

async function save(ports: Needs, posting: Posting): Promise<Posting> {
  await ports.store.transaction(posting.workspaceId, (tx) => tx.savePosting(posting));
  return posting;
}

/** The people who can do something about it, as far as they can be looked up now. */
async function alertOf(
  ports: Needs,
  { request, now }: RequestView,
  repeat: number,
  steps: readonly Step[],
): Promise<AlertView> {
  const policy = ports.policies.current();
  const owners = [...new Set([...request.role.owners, ...policy.admins])];
  const escalated = [...new Set(steps.filter((step) => step.at <= now).flatMap((step) => step.groups))];
  const groups = await lookUpGroups(ports, request.workspaceId, policy, [...owners, ...escalated]);
  const people = new Set<SlackUserId>();
  for (const group of groups.values()) if ('members' in group) for (const user of group.members) people.add(user);
  const others = [...people].filter((user) => user !== request.requester.slackUserId);
  return { repeat, owners, people: others, escalated, next: steps.find((step) => step.at > now) ?? null };
}

const OVER = 'over';
const PERMANENT = 'permanent';
const keyOf = (grant: Grant): string => `alert/${grant.id}`;
const isPermanent = (grant: Grant): boolean => grant.lastErrorKind === 'permanent';
const showsOf = (grant: Grant): string =>
  `${grant.status === 'ended' ? OVER : ''}${grant.version}${isPermanent(grant) ? PERMANENT : ''}`;
