import { CRASH_POINTS } from './points.ts';

export type Queue = 'redis' | 'postgres';
export const ROLES = ['admin', 'owner', 'read', 'report'] as const;
export type RoleName = (typeof ROLES)[number];
export const ENTITLEMENT: { readonly [role in RoleName]: string } = {
  admin: 'orders_admin',
  owner: 'orders_admin',
  read: 'orders_read',
  report: 'orders_read',
};

/** What a person does once the access is there, besides waiting for its end. */
export type Follows = 'nothing' | 'done' | 'extend' | 'hand_removed';

export interface PlannedGrant {
  /** Also the login on the target. */
  readonly person: string;
  readonly role: RoleName;
  readonly seconds: number;
  /** Since the round's start, as everywhere in a plan. */
  readonly atMs: number;
  readonly follows: Follows;
  readonly thenAtMs: number;
  /** Slack delivers the command so often, at the same time. */
  readonly deliveries: 1 | 2;
}

/** What somebody holds before the round, whoever gave it. It must be there all the time and at the end. */
export interface PlannedHolding {
  readonly person: string;
  readonly entitlement: string;
  readonly by: 'bot' | 'dba';
}

/** `bot` is an index; what lasts ends after `forMs`. */
export type PlannedFault =
  | { readonly kind: 'kill' | 'cut_target' | 'cut_store'; readonly bot: number; readonly atMs: number }
  | {
      readonly kind: 'pause_process' | 'slow_store';
      readonly bot: number;
      readonly atMs: number;
      readonly forMs: number;
    }
  | {
      readonly kind: 'refuse_target' | 'slow_target' | 'silent_target' | 'refuse_slack' | 'stop_redis' | 'delay_jobs';
      readonly atMs: number;
      readonly forMs: number;
    }
  | { readonly kind: 'restart_postgres' | 'empty_redis' | 'deliver_jobs_twice'; readonly atMs: number }
  | { readonly kind: 'move_clock'; readonly atMs: number; readonly seconds: number };

/** A crash point, by its name, and who asks for something when it waits. */
export interface PlannedPoint {
  readonly name: string;
  readonly person: string;
}

export interface RoundPlan {
  readonly seed: number;
  readonly queue: Queue;
  readonly replicas: 1 | 2 | 3;
  readonly holdings: readonly PlannedHolding[];
  readonly grants: readonly PlannedGrant[];
  readonly faults: readonly PlannedFault[];
  /** One after the other. */
  readonly points: readonly PlannedPoint[];
  /** One after the other, behind everything else. */
  readonly crowds: readonly PlannedCrowd[];
}

/** Many who have something that ends at one moment, and the crash point that waits for it. */
export interface PlannedCrowd {
  readonly name: string;
  readonly grants: readonly { readonly person: string; readonly role: RoleName }[];
}

/** The crash points that a round tries to meet. */
export const namedIn = ({ points, crowds }: RoundPlan): string[] => [...points, ...crowds].map(({ name }) => name);

export const GRANTS_PER_ROUND = 20;
const POINTS_PER_ROUND = 3;
const ASKERS = 14;
/** People ask until then, and faults begin until a little later. */
const ASKS_UNTIL_MS = 2_600;
const FAULTS_UNTIL_MS = 3_400;

const names = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `p${String(from + index).padStart(2, '0')}`);
export const ASKING: readonly string[] = names(1, ASKERS);
/** Each of them asks when a crash point waits, so that there is something that meets it. */
const BAITS: readonly string[] = names(1 + ASKERS, POINTS_PER_ROUND);
export const PEOPLE: readonly string[] = [...ASKING, ...BAITS];

/** Everything that happens in a round, from its seed alone. Pure. `queues`: what there is on this machine. */
export function planRound(seed: number, queues: readonly Queue[] = ['redis', 'postgres']): RoundPlan {
  const dice = diceOf(seed);
  const queue = queues[seed % queues.length] ?? 'postgres';
  const replicas = queue === 'redis' ? 3 : 2;
  const held = holdings(dice);
  return {
    seed,
    queue,
    replicas,
    holdings: held,
    grants: grants(dice, held),
    faults: Array.from({ length: 1 + dice.below(3) }, () => fault(dice, queue, replicas)).sort(
      (a, b) => a.atMs - b.atMs,
    ),
    points: pointsOf(seed),
    crowds: [],
  };
}

/** Neighbouring seeds take turns, so that eleven in a row name every point. */
function pointsOf(seed: number): PlannedPoint[] {
  const rounds = Math.ceil(CRASH_POINTS.length / POINTS_PER_ROUND);
  return CRASH_POINTS.filter((_, index) => index % rounds === seed % rounds).map(({ name }, index) => ({
    name,
    person: BAITS[index] ?? '',
  }));
}

function grants(dice: Dice, held: readonly PlannedHolding[]): PlannedGrant[] {
  const planned: PlannedGrant[] = [];
  // Everybody once; some have a second role over the first, at times on the same entitlement.
  const second = dice.shuffled(ASKING).slice(0, GRANTS_PER_ROUND - POINTS_PER_ROUND - ASKERS);
  for (const person of [...ASKING, ...second]) {
    const has = planned.filter((each) => each.person === person).map(({ role }) => role);
    const role = dice.one(ROLES.filter((each) => !has.includes(each)));
    const atMs = dice.below(ASKS_UNTIL_MS);
    const seconds = 1 + dice.below(3);
    const follows = dice.one<Follows>(['nothing', 'nothing', 'nothing', 'nothing', 'done', 'extend', 'hand_removed']);
    // Who takes by hand what was held before, by our own grantor, has taken that too.
    const ownBefore = held.some((each) => each.person === person && each.by === 'bot');
    planned.push({
      person,
      role,
      seconds,
      atMs,
      follows: follows === 'hand_removed' && ownBefore ? 'nothing' : follows,
      thenAtMs: atMs + 400 + dice.below(seconds * 800),
      deliveries: dice.below(8) === 0 ? 2 : 1,
    });
  }
  return planned.sort((a, b) => a.atMs - b.atMs);
}

export function holdings(dice: Dice): PlannedHolding[] {
  return dice
    .shuffled(ASKING)
    .slice(0, 5)
    .map((person, index) => ({
      person,
      entitlement: dice.one(Object.values(ENTITLEMENT)),
      by: index % 2 === 0 ? 'bot' : 'dba',
    }));
}

function fault(dice: Dice, queue: Queue, replicas: number): PlannedFault {
  const atMs = 300 + dice.below(FAULTS_UNTIL_MS - 300);
  const forMs = 300 + dice.below(1_200);
  const bot = dice.below(replicas);
  const kinds: readonly PlannedFault['kind'][] = [
    'kill',
    'kill',
    'pause_process',
    'cut_target',
    'cut_store',
    'slow_store',
    'refuse_target',
    'slow_target',
    'silent_target',
    'refuse_slack',
    'restart_postgres',
    'deliver_jobs_twice',
    'delay_jobs',
    'move_clock',
    ...(queue === 'redis' ? (['empty_redis', 'empty_redis', 'stop_redis', 'stop_redis'] as const) : []),
  ];
  const kind = dice.one(kinds);
  switch (kind) {
    case 'kill':
    case 'cut_target':
    case 'cut_store':
      return { kind, bot, atMs };
    case 'pause_process':
      // Sometimes longer than a lease lasts.
      return { kind, bot, atMs, forMs: dice.below(4) === 0 ? 6_500 : forMs };
    case 'slow_store':
      return { kind, bot, atMs, forMs };
    case 'restart_postgres':
    case 'empty_redis':
    case 'deliver_jobs_twice':
      return { kind, atMs };
    case 'move_clock':
      return { kind, atMs, seconds: dice.one([1, 2, 5, -3]) };
    default:
      return { kind, atMs, forMs };
  }
}

export interface Dice {
  /** 0 … limit - 1. */
  below(limit: number): number;
  one<T>(of: readonly T[]): T;
  shuffled<T>(of: readonly T[]): T[];
}

/** Mulberry32: small, and the same everywhere. */
export function diceOf(seed: number): Dice {
  let state = (seed * 2_654_435_769) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    one(of) {
      const found = of[below(of.length)];
      if (found === undefined) throw new Error('There is nothing to choose from');
      return found;
    },
    shuffled(of) {
      const left = [...of];
      return of.map(() => left.splice(below(left.length), 1)[0]).filter((each) => each !== undefined);
    },
  };
}
