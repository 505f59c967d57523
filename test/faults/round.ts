import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import type { Bot } from './bots.ts';
import { heal, inflict, meetPoint } from './inflict.ts';
import { judge, latenessOf, type RoundSeen, type Story } from './model.ts';
import { type ChainEnd, chainFault, storiesOf, threadsOf, unsettled } from './observe.ts';
import { ENTITLEMENT, PEOPLE, type PlannedGrant, type RoundPlan } from './plan.ts';
import { heldOn, watch } from './watch.ts';
import type { FaultWorld } from './world.ts';

/** After a SIGKILL and a restart; a queue that lost everything, or a database that was away, may cost one sweep. */
const BOUND_MS = 10_000;
const SWEEP_MS = 30_000;
/** A round that has come to no end by then never will. */
const SETTLE_LIMIT_MS = 240_000;
const COMMAND_LIMIT_MS = 20_000;
/** Longer than everything that is broken stays broken. */
const ASKS_FOR_MS = 180_000;
const PREPARES_MOST = 10;
const HEARS_NOTHING_MS = 700;

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
  const since = new Date(Date.now() + world.offsetMs());
  const before = await heldOn(world);
  const watching = watch(world, since);
  const takenByHand: string[] = [];
  const met: string[] = [];
  const mishaps: string[] = [];

  const acting = Promise.allSettled(plan.grants.map((grant) => act(world, since, grant, takenByHand)));
  const faulting = plan.faults.map(async (fault) => {
    await wait(fault.atMs);
    await inflict(world, bots, fault);
  });
  const dying = meetAll(world, bots, since, plan, met);
  const troubles = await Promise.allSettled([...faulting, dying, wait(lastActOf(plan))]);
  await heal(world, bots);
  const healedAt = Date.now() + world.offsetMs();
  for (const trouble of [...troubles, ...(await acting)])
    if (trouble.status === 'rejected') mishaps.push(`The harness failed: ${trouble.reason}`);
  mishaps.push(...(await settle(world, since)));
  await watching.stop();
  mishaps.push(...world.bots.flatMap((bot) => bot.mishaps()));

  const stories = await storiesOf(world, since);
  const seen: RoundSeen = {
    before,
    after: await heldOn(world),
    samples: watching.samples,
    stories,
    said: watching.said,
    threads: await threadsOf(world, since),
    unscheduled: [...watching.unscheduled],
    chainFault: await chainFault(world, end),
    takenByHand,
    healedAt,
    boundMs: boundOf(plan),
    clockWentBack: plan.faults.some((fault) => fault.kind === 'move_clock' && fault.seconds < 0),
    mishaps,
  };
  const violations = judge(seen);
  return {
    plan,
    violations,
    evidence: stories.filter((story) =>
      violations.some((each) => each.includes(story.login) || each.includes(story.grant)),
    ),
    met,
    grants: stories.length,
    worstLateMs: Math.max(0, ...stories.map((story) => latenessOf(story, healedAt) ?? 0)),
    boundMs: seen.boundMs,
    tookMs: performance.now() - beganAt,
  };
}

/**
 * Something that was typed in the round before may only now be understood, and become a grant of a login that is just being made anew:
 * then once more, when that is over.
 */
async function prepareQuietly(world: FaultWorld, plan: RoundPlan): Promise<void> {
  for (let attempt = 0; attempt < PREPARES_MOST; attempt += 1) {
    const since = new Date(Date.now() + world.offsetMs());
    const trouble = await settle(world, new Date(0));
    if (trouble.length > 0) throw new Error(trouble.join());
    await prepare(world, plan);
    const { rowCount } = await world.store.query('SELECT FROM requests WHERE created_at >= $1 LIMIT 1', [
      since.toISOString(),
    ]);
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

async function meetAll(
  world: FaultWorld,
  bots: readonly Bot[],
  since: Date,
  { points }: RoundPlan,
  met: string[],
): Promise<void> {
  const coming: Promise<void>[] = [];
  for (const { name, person } of points) {
    const { came, back } = await meetPoint(world, bots, name, () =>
      ask(world, since, { person, role: 'admin', seconds: 1 }, (line) => typed(world, person, line)),
    );
    if (came) met.push(name);
    coming.push(back);
  }
  await Promise.all(coming);
}

const lastActOf = ({ grants }: RoundPlan): number =>
  Math.max(...grants.map(({ atMs, thenAtMs }) => Math.max(atMs, thenAtMs)));

/** What one person does. Slack may not reach the bot: then they have not asked. */
async function act(world: FaultWorld, since: Date, grant: PlannedGrant, takenByHand: string[]): Promise<void> {
  const { person, role, atMs, follows, thenAtMs, deliveries } = grant;
  const say = (line: string, deliver = 1): Promise<unknown> => typed(world, person, line, deliver);
  await wait(atMs);
  const asked = ask(world, since, grant, (line) => say(line, deliveries));
  await wait(thenAtMs - atMs);
  if (follows === 'done') await say(`/elevate done orders-db/${role}`);
  if (follows === 'extend') await say(`/elevate extend orders-db/${role} 1s a little more`);
  if (follows === 'hand_removed') {
    takenByHand.push(`${person}/${ENTITLEMENT[role]}`);
    await world.target
      .query(`REVOKE ${ENTITLEMENT[role]} FROM ${person} GRANTED BY elevate_bot`)
      .catch(() => undefined);
  }
  await asked;
}

/** A paused process answers late or never. */
const typed = ({ workspace }: FaultWorld, person: string, line: string, deliver = 1): Promise<unknown> =>
  Promise.race([
    workspace
      .user(person)
      .command(line, { channel: 'access', deliver })
      .catch(() => null),
    wait(COMMAND_LIMIT_MS, null, { ref: false }),
  ]);

/** Asks, and asks again as somebody does who hears nothing; rejects when that goes on and on. */
async function ask(
  { store, workspace }: FaultWorld,
  since: Date,
  { person, role, seconds }: Pick<PlannedGrant, 'person' | 'role' | 'seconds'>,
  say: (line: string) => Promise<unknown>,
): Promise<void> {
  const { id } = workspace.user(person);
  const giveUpAt = performance.now() + ASKS_FOR_MS;
  while (performance.now() < giveUpAt) {
    await say(`/elevate orders-db/${role} ${seconds}s to try it under faults`);
    await wait(HEARS_NOTHING_MS);
    const asked = await store
      .query(
        "SELECT FROM requests WHERE requester_id = $1 AND role_key = $2 AND created_at >= $3 AND status <> 'refused'",
        [id, `orders-db/${role}`, since.toISOString()],
      )
      .catch(() => null);
    if (asked?.rowCount) return;
  }
  throw new Error(`${person} asked for ${role} again and again and was not heard`);
}

/** Until every access of the round has ended and everything about it was told. */
async function settle(world: FaultWorld, since: Date): Promise<string[]> {
  const giveUpAt = Date.now() + SETTLE_LIMIT_MS;
  let quiet = 0;
  let left = '';
  while (quiet < 3) {
    if (Date.now() > giveUpAt) return [`The round came to no end: ${left}`];
    left = await unsettled(world, since).catch((error: unknown) => String(error));
    quiet = left === '' ? quiet + 1 : 0;
    await wait(100);
  }
  return [];
}

/** Faults of the database can cost a lease and a sweep, and those of the queue a sweep. */
function boundOf({ faults, points }: RoundPlan): number {
  // Three times as much to do as there are processors takes three times as long.
  const busy = Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
  const slow =
    faults.some(({ kind }) => SWEPT.includes(kind)) || points.some(({ name }) => name.includes('lost on the way'));
  return Math.round((slow ? BOUND_MS + SWEEP_MS : BOUND_MS) * busy);
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
