/**
 * What the one promise means for what was seen of a round. Pure: a list of what was broken, in sentences; empty: nothing was.
 * All times are milliseconds since the epoch on the bot's own clock, unless they say otherwise.
 */
export interface RoundSeen {
  /** `login/entitlement/grantor/options` of every membership. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** What the target said again and again, oldest first. */
  readonly samples: readonly Sample[];
  readonly stories: readonly Story[];
  readonly said: readonly Said[];
  readonly threads: readonly Thread[];
  /** Grants that had not ended and had no revocation scheduled, found in one snapshot of the database. */
  readonly unscheduled: readonly string[];
  /** What is wrong with the audit's chain; null: nothing. */
  readonly chainFault: string | null;
  /** `login/entitlement` of accesses that a person took away by hand on the target. */
  readonly takenByHand: readonly string[];
  /** `login/entitlement` of everything that was asked for and heard, once for each time. */
  readonly asked: readonly string[];
  /** When everything was whole again: every process up and ready, every server there. Oldest first; the last is for good. */
  readonly wholeAt: readonly number[];
  /** How long after that, or after its time, access may still be there. */
  readonly boundMs: number;
  /** Whether the clock went back in the round: then nothing is said of what was before and after in it. */
  readonly clockWentBack: boolean;
  /** What else must not happen: a process that ends by itself, a round that comes to no end. */
  readonly mishaps: readonly string[];
}

/** One look at the target. */
export interface Sample {
  readonly from: number;
  readonly until: number;
  /** `login/entitlement/grantor` of every membership. */
  readonly held: ReadonlySet<string>;
}

/** One grant, as the audit tells it. */
export interface Story {
  readonly grant: string;
  readonly login: string;
  readonly entitlement: string;
  readonly events: readonly StoryEvent[];
}

export interface StoryEvent {
  readonly kind: string;
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A sentence that stood in Slack, with what was committed when it came. */
export interface Said {
  readonly text: string;
  /** The audit event that makes it true. */
  readonly needs: string;
  /** The kinds committed about it by then. */
  readonly committed: readonly string[];
}

export interface Thread {
  readonly grant: string;
  readonly lines: readonly { readonly number: number; readonly text: string }[];
}

export const OUR_GRANTOR = 'elevate_bot';

export function judge(seen: RoundSeen): string[] {
  return [
    ...seen.mishaps,
    ...leftAndLost(seen),
    ...lostMeanwhile(seen),
    ...(seen.clockWentBack ? [] : [...heldWithoutGrant(seen), ...endedEarly(seen)]),
    ...unjudged(seen),
    ...seen.stories.flatMap((story) => outOfOrder(story)),
    ...seen.stories.flatMap((story) => tooLate(story, seen)),
    ...(seen.chainFault === null ? [] : [`The audit's chain is broken: ${seen.chainFault}`]),
    ...seen.unscheduled.map((grant) => `${grant} had not ended, and nothing was scheduled to take it away`),
    ...untrue(seen),
    ...seen.threads.flatMap((thread) => untold(thread, seen)),
  ];
}

function leftAndLost({ before, after }: RoundSeen): string[] {
  return [
    ...after.filter((each) => !before.includes(each)).map((each) => `${each} is held after everything has ended`),
    ...before.filter((each) => !after.includes(each)).map((each) => `${each} was held before, and is lost`),
  ];
}

/** What was held before stays held the whole time. */
function lostMeanwhile({ before, samples }: RoundSeen): string[] {
  const always = before.map((each) => each.split('/').slice(0, 3).join('/'));
  return always
    .filter((each) => samples.some(({ held }) => !held.has(each)))
    .map((each) => `${each} was held before, and was missing for a while`);
}

function heldWithoutGrant({ before, samples, stories }: RoundSeen): string[] {
  const found = new Set<string>();
  const always = new Set(before.map((each) => each.split('/').slice(0, 3).join('/')));
  for (const { from, until, held } of samples) {
    for (const each of held) {
      if (always.has(each)) continue;
      const [login, entitlement, grantor] = each.split('/');
      const covered = stories.some(
        (story) =>
          grantor === OUR_GRANTOR &&
          story.login === login &&
          story.entitlement === entitlement &&
          (timeOf(story, 'grant.provisioning_started') ?? Number.POSITIVE_INFINITY) <= until &&
          (timeOf(story, 'grant.ended') ?? Number.POSITIVE_INFINITY) >= from,
      );
      if (!covered) found.add(`${each} was held while no grant gave it`);
    }
  }
  return [...found];
}

/** Between going live and its end, nothing of ours takes it away: not a sibling that ends, not a clock. */
function endedEarly({ samples, stories, takenByHand }: RoundSeen): string[] {
  return stories.flatMap((story) => {
    const live = timeOf(story, 'grant.activated');
    if (live === null) return [];
    const access = `${story.login}/${story.entitlement}`;
    const ends = endOf(story);
    const started = story.events.find(({ kind }) => kind === 'grant.revocation_started');
    const early =
      started?.data.because === 'expired' && started.at < ends
        ? [`${story.grant} was ended ${ends - started.at} ms before its time`]
        : [];
    if (takenByHand.includes(access)) return early;
    const until = Math.min(ends, started?.at ?? Number.POSITIVE_INFINITY);
    const key = `${access}/${OUR_GRANTOR}`;
    const missing = samples.find((each) => each.from > live && each.until < until && !each.held.has(key));
    return missing
      ? [...early, `${story.grant} was live, and ${key} was missing ${until - missing.from} ms before its end`]
      : early;
  });
}

/** Everything that was heard has a story, or nothing is known about it. */
function unjudged({ asked, stories }: RoundSeen): string[] {
  const told = stories.map(({ login, entitlement }) => `${login}/${entitlement}`);
  return [...new Set(asked)].flatMap((each) => {
    const [times, known] = [asked, told].map((all) => all.filter((other) => other === each).length);
    return (known ?? 0) < (times ?? 0) ? [`${each} was granted ${times} times, and ${known} stories tell of it`] : [];
  });
}

const BEFORE_LIVE = ['grant.provisioning_retried'];
const WHILE_LIVE = [
  'grant.extended',
  'grant.expiry_announced',
  'grant.drift_found',
  'grant.drift_cleared',
  'grant.end_moved',
];
const WHILE_GOING = ['grant.revocation_failed', 'alarm.escalated', 'grant.sessions_ended', 'grant.removal_unproven'];
/** What may follow on what. `begin` and `end` are the story's own ends. */
const FOLLOWS: { readonly [kind: string]: readonly string[] } = {
  begin: ['grant.created'],
  'grant.created': [
    ...BEFORE_LIVE,
    'grant.end_moved',
    'grant.provisioning_started',
    'grant.provisioning_failed',
    'grant.revocation_started',
  ],
  'grant.provisioning_retried': [
    'grant.end_moved',
    'grant.provisioning_started',
    'grant.activated',
    'grant.provisioning_failed',
    'grant.revocation_started',
  ],
  'grant.provisioning_started': [
    ...BEFORE_LIVE,
    'grant.end_moved',
    'grant.activated',
    'grant.provisioning_failed',
    'grant.revocation_started',
  ],
  'grant.provisioning_failed': ['grant.revocation_started'],
  'grant.activated': [...WHILE_LIVE, 'grant.revocation_started'],
  ...Object.fromEntries(WHILE_LIVE.map((kind) => [kind, [...WHILE_LIVE, 'grant.revocation_started']])),
  'grant.end_moved': [
    ...BEFORE_LIVE,
    ...WHILE_LIVE,
    'grant.provisioning_started',
    'grant.activated',
    'grant.provisioning_failed',
    'grant.revocation_started',
  ],
  'grant.revocation_started': [...WHILE_GOING, 'grant.ended'],
  ...Object.fromEntries(WHILE_GOING.map((kind) => [kind, [...WHILE_GOING, 'grant.ended']])),
  'grant.ended': ['end'],
};

/** The whole story, once and in order. */
function outOfOrder(story: Story): string[] {
  const kinds = ['begin', ...story.events.map(({ kind }) => kind), 'end'];
  const broken = kinds.slice(1).flatMap((kind, index) => {
    const before = kinds[index] ?? 'begin';
    return FOLLOWS[before]?.includes(kind) ? [] : [`${story.grant}: its story has ${kind} behind ${before}`];
  });
  const times = story.events.map(({ kind }) => kind).filter((kind) => ONCE.includes(kind));
  const twice = times.filter((kind, index) => times.indexOf(kind) !== index);
  return [...broken, ...twice.map((kind) => `${story.grant}: its story has ${kind} twice`)];
}
const ONCE = [
  'grant.created',
  'grant.provisioning_started',
  'grant.activated',
  'grant.revocation_started',
  'grant.ended',
];

function tooLate(story: Story, { wholeAt, boundMs }: RoundSeen): string[] {
  const gone = timeOf(story, 'grant.ended');
  const lateMs = latenessOf(story, wholeAt);
  if (gone === null || lateMs === null || lateMs <= boundMs) return [];
  return [`${story.grant} ended ${lateMs} ms late, and ${boundMs} are allowed`];
}

/** Milliseconds between when it should have been gone, nothing being broken, and when it was; null: it has not ended. */
export function latenessOf(story: Story, wholeAt: readonly number[]): number | null {
  const gone = timeOf(story, 'grant.ended');
  const started = story.events.find(({ kind }) => kind === 'grant.revocation_started');
  if (gone === null || !started) return null;
  const due = started.data.because === 'expired' ? endOf(story) : started.at;
  // What was broken when it was due may be broken until then.
  return Math.max(0, gone - (wholeAt.find((at) => at >= due) ?? due));
}

function untrue({ said }: RoundSeen): string[] {
  return said
    .filter(({ needs, committed }) => !committed.includes(needs))
    .map(({ text, needs }) => `“${text.slice(0, 120)}” was said while no ${needs} was committed`);
}

/** Lines that must stand in the thread of a story in which this happened. */
const TOLD: readonly (readonly [kind: string, line: RegExp])[] = [
  ['grant.activated', /Granted and read back/],
  ['grant.ended', /Ended/],
];

function untold(thread: Thread, { stories }: RoundSeen): string[] {
  const story = stories.find(({ grant }) => grant === thread.grant);
  const numbers = [...new Set(thread.lines.map(({ number }) => number))].sort((a, b) => a - b);
  const gap = numbers.some((number, index) => number !== index + 1);
  const missing = TOLD.filter(
    ([kind, line]) =>
      story?.events.some((event) => event.kind === kind) && !thread.lines.some(({ text }) => line.test(text)),
  );
  return [
    ...(gap ? [`${thread.grant}: its thread has the lines ${numbers.join(', ')}`] : []),
    ...missing.map(([kind]) => `${thread.grant}: its thread does not tell ${kind}`),
  ];
}

const timeOf = (story: Story, wanted: string): number | null =>
  story.events.find(({ kind }) => kind === wanted)?.at ?? null;

/** The end as it was last set. */
function endOf(story: Story): number {
  const set = story.events.findLast(({ data }) => typeof data.endsAt === 'string');
  return typeof set?.data.endsAt === 'string' ? Date.parse(set.data.endsAt) : Number.POSITIVE_INFINITY;
}
