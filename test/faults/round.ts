import { setTimeout as wait } from 'node:timers/promises';
import { ask, type Stage, typed } from './ask.ts';
import type { Bot } from './bots.ts';
import { busy } from './busy.ts';
import { endTogether } from './crowd.ts';
import { heal, inflict, meetPoint } from './inflict.ts';
import { judge, latenessOf, type RoundSeen, type Story } from './model.ts';
import { type ChainEnd, chainFault, storiesOf, threadsOf, unsettled } from './observe.ts';
import { ENTITLEMENT, PEOPLE, type PlannedGrant, type RoundPlan } from './plan.ts';
import { CRASH_POINTS } from './points.ts';
import { beginOf, REQUEST_SINCE } from './since.ts';
import { heldOn, type Watch, watch } from './watch.ts';
import type { FaultWorld } from './world.ts';

/** After a SIGKILL and a restart; a queue that lost everything, or a database that was away, may cost one sweep. */
const BOUND_MS = 10_000;
const SWEEP_MS = 30_000;
/** A round that has come to no end by then never will. */
const SETTLE_LIMIT_MS = 240_000;
const PREPARES_MOST = 10;

export interface RoundResult {
  readonly plan: RoundPlan;
  readonly violations: readonly string[];
  /** The stories that the violations are about. */
  readonly evidence: readonly Story[];
  /** Crash points that were met. */
  readonly met: readonly string[];
  readonly grants: number;
  readonly worstLateMs: number;
  readonly boundMs: number;
  readonly tookMs: number;
}

/** Plays one round on a world that is whole, leaves it whole, and judges what was seen. `end`: the audit's chain, judged so far. */
export async function playRound(world: FaultWorld, plan: RoundPlan, end: ChainEnd): Promise<RoundResult> {
  const beganAt = performance.now();
  const bots = world.bots.slice(0, plan.replicas);
  await Promise.all(world.bots.slice(plan.replicas).map((bot) => bot.kill()));
  await heal(world, bots);
  await prepareQuietly(world, plan);
  const stage: Stage = { world, begin: await beginOf(world), asked: [] };
  const before = await heldOn(world);
  const watching = watch(world, stage.begin);
  try {
    const played = await playOut(stage, plan, bots);
    await watching.stop();
    const seen = await seenOf(stage, plan, end, { before, watching, played });
    const violations = judge(seen);
    return {
      plan,
      violations,
      evidence: seen.stories.filter((story) =>
        violations.some((each) => each.includes(story.login) || each.includes(story.grant)),
      ),
      met: played.met,
      grants: seen.stories.length,
      worstLateMs: Math.max(0, ...seen.stories.map((story) => latenessOf(story, seen.wholeAt) ?? 0)),
      boundMs: seen.boundMs,
      tookMs: performance.now() - beganAt,
    };
  } finally {
    watching.giveUp();
  }
}

interface Played {
  readonly takenByHand: readonly string[];
  readonly met: readonly string[];
  readonly wholeAt: readonly number[];
  readonly mishaps: readonly string[];
}

/** What happens in a round, until everything has ended and was told. */
async function playOut(stage: Stage, plan: RoundPlan, bots: readonly Bot[]): Promise<Played> {
  const { world, begin } = stage;
  const takenByHand: string[] = [];
  const met: string[] = [];
  const wholeAt: number[] = [];
  const acting = Promise.allSettled(plan.grants.map((grant) => act(stage, grant, takenByHand)));
  const faulting = plan.faults.map(async (fault) => {
    await wait(fault.atMs);
    await inflict(world, bots, fault);
  });
  const dying = meetAll(stage, bots, plan, met, wholeAt);
  const troubles = await Promise.allSettled([...faulting, dying, wait(lastActOf(plan))]);
  await heal(world, bots);
  wholeAt.push(Date.now() + world.offsetMs());
  const mishaps = [...troubles, ...(await acting)].flatMap((trouble) =>
    trouble.status === 'rejected' ? [`The harness failed: ${trouble.reason}`] : [],
  );
  mishaps.push(...(await settle(world, begin)), ...world.bots.flatMap((bot) => bot.mishaps()));
  return { takenByHand, met, wholeAt, mishaps };
}

async function seenOf(
  { world, begin, asked }: Stage,
  plan: RoundPlan,
  end: ChainEnd,
  { before, watching, played }: { before: readonly string[]; watching: Watch; played: Played },
): Promise<RoundSeen> {
  return {
    ...played,
    before,
    after: await heldOn(world),
    samples: watching.samples,
    stories: await storiesOf(world, begin),
    asked,
    said: watching.said,
    threads: await threadsOf(world, begin),
    unscheduled: [...watching.unscheduled],
    chainFault: await chainFault(world, end),
    boundMs: boundOf(plan),
    clockWentBack: plan.faults.some((fault) => fault.kind === 'move_clock' && fault.seconds < 0),
  };
}

/**
 * Something that was typed in the round before may only now be understood, and become a grant of a login that is just being made anew:
 * then once more, when that is over.
 */
async function prepareQuietly(world: FaultWorld, plan: RoundPlan): Promise<void> {
  for (let attempt = 0; attempt < PREPARES_MOST; attempt += 1) {
    const begin = await beginOf(world);
    const trouble = await settle(world, 0);
    if (trouble.length > 0) throw new Error(trouble.join());
    await prepare(world, plan);
    const { rowCount } = await world.store.query(`SELECT FROM requests WHERE ${REQUEST_SINCE} LIMIT 1`, [begin]);
    if (rowCount === 0) return;
  }
  throw new Error('People go on asking between two rounds');
}

/** Everybody's login anew: with the ids of an earlier round, whatever it left behind could still do something. */
async function prepare({ target, workspace }: FaultWorld, { holdings }: RoundPlan): Promise<void> {
  workspace.clearFaults();
  for (const person of PEOPLE) {
    await target.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${person}'`);
  }
  await target.query(PEOPLE.map((person) => `DROP ROLE ${person}; CREATE ROLE ${person} LOGIN`).join('; '));
  for (const { person, entitlement, by } of holdings) {
    const grantor = by === 'bot' ? 'elevate_bot' : 'dba';
    await target.query(
      `GRANT ${entitlement} TO ${person} WITH ADMIN FALSE, INHERIT TRUE, SET TRUE GRANTED BY ${grantor}`,
    );
  }
}

/** Meets the round's crash points, one after the other, and notes when everything was whole again behind a crowd. */
async function meetAll(
  stage: Stage,
  bots: readonly Bot[],
  { points, crowds }: RoundPlan,
  met: string[],
  wholeAt: number[],
): Promise<void> {
  const coming: Promise<void>[] = [];
  for (const { name, person } of points) {
    const point = CRASH_POINTS.find((each) => each.name === name);
    if (!point) throw new Error(`There is no crash point called ${name}`);
    const bait = { person, role: 'admin', seconds: 1 } as const;
    const { came, back } = await meetPoint(stage.world, bots, point, () => ask(stage, bait));
    if (came) met.push(name);
    coming.push(back);
  }
  await Promise.all(coming);
  for (const crowd of crowds) {
    const ended = await endTogether(stage, bots, crowd);
    if (ended.came) met.push(crowd.name);
    wholeAt.push(ended.wholeAt);
  }
}

const lastActOf = ({ grants }: RoundPlan): number =>
  Math.max(0, ...grants.map(({ atMs, thenAtMs }) => Math.max(atMs, thenAtMs)));

/** What one person does. Slack may not reach the bot: then they have not asked. */
async function act(stage: Stage, grant: PlannedGrant, takenByHand: string[]): Promise<void> {
  const { person, role, atMs, follows, thenAtMs, deliveries } = grant;
  await wait(atMs);
  const asked = ask(stage, grant, deliveries);
  await wait(thenAtMs - atMs);
  if (follows === 'done') await typed(stage, person, `/elevate done orders-db/${role}`);
  if (follows === 'extend') await typed(stage, person, `/elevate extend orders-db/${role} 1s a little more`);
  if (follows === 'hand_removed') {
    takenByHand.push(`${person}/${ENTITLEMENT[role]}`);
    await stage.world.target
      .query(`REVOKE ${ENTITLEMENT[role]} FROM ${person} GRANTED BY elevate_bot`)
      .catch(() => undefined);
  }
  await asked;
}

/** Until every access of the round has ended and everything about it was told. */
async function settle(world: FaultWorld, begin: number): Promise<string[]> {
  const giveUpAt = Date.now() + SETTLE_LIMIT_MS;
  let quiet = 0;
  let left = '';
  while (quiet < 3) {
    if (Date.now() > giveUpAt) return [`The round came to no end: ${left}`];
    left = await unsettled(world, begin).catch((error: unknown) => String(error));
    quiet = left === '' ? quiet + 1 : 0;
    await wait(100);
  }
  return [];
}

/** Faults of the database can cost a lease and a sweep, and those of the queue a sweep. */
function boundOf({ faults, points }: RoundPlan): number {
  const slow =
    faults.some(({ kind }) => SWEPT.includes(kind)) || points.some(({ name }) => name.includes('lost on the way'));
  return Math.round((slow ? BOUND_MS + SWEEP_MS : BOUND_MS) * busy());
}
const SWEPT = [
  'empty_redis',
  'stop_redis',
  'restart_postgres',
  'cut_store',
  'slow_store',
  'pause_process',
  'delay_jobs',
];
