import type { Grant } from '../domain/grant.ts';
import type { GrantId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { lookUpGroups } from './electorate.ts';
import { done, type Performed, type Ports, type RequestView } from './ports.ts';
import { viewOf } from './render-card.ts';
import type { AlertView, Posting } from './watch-ports.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies' | 'messenger'>;
interface Input {
  readonly workspace: WorkspaceId;
  readonly grantId: GrantId;
}

/** How long an alert stands before it is told again, with the people in charge mentioned. */
export const ALERT_REPEAT_SECONDS = 15 * 60;

/**
 * Tells the security channel of a revocation that fails, or of ended access that showed up again; says so again for as long as it stays
 * so; and turns the alert into how it ended. Level-triggered, one message per grant.
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
  const told = posting ? await goOn(ports, grant, view, posting) : await begin(ports, grant, view);
  if (!stands) return done;
  const againAt = told.postedAt.getTime() + ALERT_REPEAT_SECONDS * 1000;
  const retryInMs = Math.max(0, againAt - view.now.getTime());
  return { done: false, retryInMs, error: 'It still stands, and is told again' };
}

async function begin(ports: Needs, grant: Grant, view: RequestView): Promise<Posting> {
  const channel = ports.policies.current().channels.security ?? view.request.role.channel;
  const ref = await ports.messenger.postAlert(channel, view, await alertOf(ports, view, 0));
  return save(ports, {
    workspaceId: grant.workspaceId,
    key: keyOf(grant),
    ref,
    shows: showsOf(grant),
    times: 1,
    postedAt: view.now,
  });
}

async function goOn(ports: Needs, grant: Grant, view: RequestView, posting: Posting): Promise<Posting> {
  const alert = await alertOf(ports, view, posting.times);
  const shows = showsOf(grant);
  if (posting.shows !== shows && (await ports.messenger.updateAlert(posting.ref, view, alert)) === 'gone')
    return begin(ports, grant, view);
  const since = view.now.getTime() - posting.postedAt.getTime();
  // What retrying cannot mend, and what began anew after it was over, does not wait for the next turn.
  const worse = isPermanent(grant) && !posting.shows.endsWith(PERMANENT);
  const anew = posting.shows.startsWith(OVER);
  const again = grant.status === 'revoking' && (worse || anew || since >= ALERT_REPEAT_SECONDS * 1000);
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
async function alertOf(ports: Needs, { request }: RequestView, repeat: number): Promise<AlertView> {
  const policy = ports.policies.current();
  const owners = [...new Set([...request.role.owners, ...policy.admins])];
  const groups = await lookUpGroups(ports, request.workspaceId, policy, owners);
  const people = new Set<SlackUserId>();
  for (const group of groups.values()) if ('members' in group) for (const user of group.members) people.add(user);
  return { repeat, owners, people: [...people].filter((user) => user !== request.requester.slackUserId) };
}

const OVER = 'over';
const PERMANENT = 'permanent';
const keyOf = (grant: Grant): string => `alert/${grant.id}`;
const isPermanent = (grant: Grant): boolean => grant.lastErrorKind === 'permanent';
const showsOf = (grant: Grant): string =>
  `${grant.status === 'ended' ? OVER : ''}${grant.version}${isPermanent(grant) ? PERMANENT : ''}`;
