import type { Grant } from '../domain/grant.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import { canonicalJson } from '../domain/json.ts';
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
import { done, type Performed, type Ports } from './ports.ts';
import type { AlarmView, Failing, Posting } from './watch-ports.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies' | 'messenger'>;
interface Input {
  readonly workspace: WorkspaceId;
  /** As `targetKeyOf` has it. */
  readonly target: string;
}

/** From so many revocations on that fail on one target, one message tells of all of them. */
export const ONE_ALARM_FROM = 5;
/** Of those that fail, so many are named; what comes first is worth the most to somebody who should not have it. */
const NAMED = 5;
/** While it stands the message is brought up to date this often. */
const LOOK_EVERY_MS = 5_000;
/** And so often while all that is left was closed on somebody's word. */
const LOOK_AT_WORD_EVERY_MS = 30_000;

/**
 * Tells the security channel in one message of all revocations that fail on one target: brings it up to date while they come and go,
 * says so again and to ever more people as the policy says, and says when it is over: that much of it was closed on somebody's word, until
 * the target has told of it. Level-triggered, one message per target; after nothing failed any more the next one is a new message.
 */
export async function alertTarget(ports: Needs, input: Input): Promise<Performed> {
  const reads = ports.store.reads(input.workspace);
  const [failing, last, now] = [
    await reads.failingOn(input.target, NAMED),
    await reads.posting(alarmKeyOf(input.target)),
    await ports.store.now(),
  ];
  const posting = last && isStanding(last) ? last : null;
  if (failing.total === 0) return last && last.shows !== OVER ? close(ports, input, last) : done;
  const steps = escalationOf(ports.policies.current(), failing.since ?? now);
  const view = await viewOf(ports, input, failing, posting?.times ?? 0, steps, now);
  if (view === null) return done;
  const shows = showsOf(failing, await answeredRetries(ports, input.workspace, failing.grants));
  const told = posting
    ? await goOn(ports, input, posting, view, shows, steps)
    : await begin(ports, input, view, shows, toldNow(steps, NEVER, now));
  const turnMs = nextTurnMs(ports.policies.current(), told.postedAt, steps, now);
  return { done: false, retryInMs: Math.min(LOOK_EVERY_MS, turnMs), error: 'It still stands, and is told again' };
}

async function viewOf(
  ports: Needs,
  { workspace, target }: Input,
  failing: Failing,
  repeat: number,
  steps: readonly Step[],
  now: Date,
): Promise<AlarmView | null> {
  const reads = ports.store.reads(workspace);
  const named = (
    await Promise.all(
      failing.grants.map(async (grant) => {
        const request = await reads.request(grant.requestId);
        return request ? [{ grant, request }] : [];
      }),
    )
  ).flat();
  const [first] = named;
  if (!first) return null;
  const owners = named.flatMap(({ request }) => request.role.owners);
  const alert = await alertOf(ports, workspace, { owners, now, repeat, steps });
  return { target, connector: first.grant.target.connector, failing, named, alert, now };
}

/** `to`: who is told for the first time, such as after an outage of our own. */
async function begin(
  ports: Needs,
  input: Input,
  view: AlarmView,
  shows: string,
  to: readonly string[],
): Promise<Posting> {
  const { channels, defaults } = ports.policies.current();
  const places = [channels.security, ...view.named.map(({ request }) => request.role.channel), defaults.channel];
  const ref = await postInFirst(places, (channel) => ports.messenger.postAlarm(channel, view));
  const posting = {
    workspaceId: input.workspace,
    key: alarmKeyOf(input.target),
    ref,
    shows,
    times: 1,
    postedAt: view.now,
  };
  return savePosting(ports, posting, news(view, to));
}

async function goOn(
  ports: Needs,
  input: Input,
  posting: Posting,
  view: AlarmView,
  shows: string,
  steps: readonly Step[],
): Promise<Posting> {
  const to = toldNow(steps, posting.postedAt, view.now);
  const worse = view.failing.permanent > 0 && !posting.shows.endsWith(PERMANENT);
  const since = view.now.getTime() - posting.postedAt.getTime();
  const again = worse || to.length > 0 || since >= ports.policies.current().alerts.repeatSeconds * 1000;
  if (posting.shows === shows && !again) return posting;
  const updated = await orGone(() => ports.messenger.updateAlarm(posting.ref, view));
  const repeat = again && updated !== 'gone';
  const repeated = repeat ? await orGone(() => ports.messenger.repeatAlarm(posting.ref, view)) : null;
  if (updated === 'gone' || repeated === 'gone') return begin(ports, input, view, shows, to);
  const { times, postedAt } = again ? { times: posting.times + 1, postedAt: view.now } : posting;
  return savePosting(ports, { ...posting, shows, times, postedAt }, news(view, to));
}

const news = ({ connector, failing, now }: AlarmView, to: readonly string[]) =>
  escalated(to, { connector, grants: failing.total, at: now, requestId: null, grantId: null });

/** The target let go of all of it, or somebody answered for the rest. */
async function close(ports: Needs, { workspace, target }: Input, posting: Posting): Promise<Performed> {
  const onWord = await ports.store.reads(workspace).onWordOn(target);
  const shows = onWord.total === 0 ? OVER : `${ON_WORD} ${onWord.total}`;
  if (shows !== posting.shows) {
    await orGone(() => ports.messenger.closeAlarm(posting.ref, onWord, posting.shows.startsWith(ON_WORD)));
    await savePosting(ports, { ...posting, workspaceId: workspace, shows });
  }
  if (onWord.total === 0) return done;
  return { done: false, retryInMs: LOOK_AT_WORD_EVERY_MS, error: 'The target has not told yet of what was closed' };
}

/** How often somebody asked for another try of one of these and it failed: the message is drawn anew for them. */
async function answeredRetries(ports: Needs, workspace: WorkspaceId, grants: readonly Grant[]): Promise<number> {
  const reads = ports.store.reads(workspace);
  const counts = grants.map(async ({ id, requestId, lastTriedAt }) => {
    const asked = (await reads.eventsOf(requestId)).filter(
      ({ kind, grantId, at }) => kind === 'grant.retry_requested' && grantId === id && lastTriedAt && at <= lastTriedAt,
    );
    return asked.length;
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

export const alarmKeyOf = (target: string): string => `alarm/${target}`;
export const isStanding = ({ shows }: Posting): boolean => shows !== OVER && !shows.startsWith(ON_WORD);
/** How what it shows begins while all that is left was closed on somebody's word. */
const ON_WORD = 'on word';
const showsOf = ({ total, permanent, errors, grants }: Failing, retries: number): string =>
  `${total} ${retries} ${canonicalJson(errors.map(({ error }) => error))} ${grants.map(({ id }) => id).join(' ')}${permanent > 0 ? PERMANENT : ''}`;
