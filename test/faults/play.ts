import { groupBy } from '../../src/domain/group-by.ts';
import type { Story } from './model.ts';
import { chainBegin } from './observe.ts';
import { namedIn, type Queue, type RoundPlan } from './plan.ts';
import { playRound, type RoundResult } from './round.ts';
import { type FaultWorld, startFaultWorld } from './world.ts';

export interface Rounds {
  /** The bot as one file (`bundleBot`). */
  readonly bundle: string;
  readonly plans: readonly RoundPlan[];
  /** How many worlds at once. */
  readonly parallel: number;
  readonly tell: (line: string) => void;
  /** No round begins after that, as performance.now() has it. */
  readonly until?: number;
}

export interface Summary {
  readonly rounds: number;
  readonly grants: number;
  readonly failed: readonly RoundResult[];
  /** Crash points that the plans name and no round met. */
  readonly unmet: readonly string[];
  readonly worstLateMs: number;
}

/** Plays a round for each plan, some worlds side by side; a world whose round went wrong is not used again. */
export async function playRounds({
  bundle,
  plans,
  parallel,
  tell,
  until = Number.POSITIVE_INFINITY,
}: Rounds): Promise<Summary> {
  const results: RoundResult[] = [];
  const left = groupBy(plans, ({ queue }) => queue);
  const queues = [...left.keys()];

  async function work(first: Queue): Promise<void> {
    // Its own kind of queue first, then what the others have left.
    for (const queue of [first, ...queues.filter((each) => each !== first)]) await playAll(queue);
  }

  async function playAll(queue: Queue): Promise<void> {
    const mine = left.get(queue) ?? [];
    let world: FaultWorld | null = null;
    let end = chainBegin();
    try {
      while (performance.now() < until) {
        const plan = mine.shift();
        if (plan === undefined) break;
        world ??= await startFaultWorld(queue, bundle);
        const result = await playRound(world, plan, end).catch((error: unknown) => withoutEnd(plan, error));
        results.push(result);
        tell(lineOf(result));
        if (result.violations.length === 0) continue;
        await world.stop();
        world = null;
        end = chainBegin();
      }
    } finally {
      await world?.stop();
    }
  }

  await Promise.all(Array.from({ length: parallel }, (_, index) => work(queues[index % queues.length] ?? 'postgres')));
  const met = new Set(results.flatMap((result) => result.met));
  return {
    rounds: results.length,
    grants: results.reduce((sum, { grants }) => sum + grants, 0),
    failed: results.filter(({ violations }) => violations.length > 0),
    unmet: [...new Set(plans.flatMap(namedIn))].filter((name) => !met.has(name)),
    worstLateMs: Math.max(0, ...results.map(({ worstLateMs }) => worstLateMs)),
  };
}

/** A round that could not be played to its end proves nothing, and says why. */
const withoutEnd = (plan: RoundPlan, error: unknown): RoundResult => ({
  plan,
  violations: [`The round could not be played: ${error instanceof Error ? error.stack : error}`],
  evidence: [],
  met: [],
  grants: 0,
  worstLateMs: 0,
  boundMs: 0,
  tookMs: 0,
});

function lineOf({ plan, violations, evidence, met, grants, worstLateMs, boundMs, tookMs }: RoundResult): string {
  const faults = plan.faults.map(({ kind, atMs }) => `${kind}@${atMs}`).join(' ') || 'many ends at once';
  const head = `seed ${plan.seed} ${plan.queue} ×${plan.replicas}: ${grants} grants, ${met.length}/${namedIn(plan).length} points, ${faults}; late ${worstLateMs} of ${boundMs} ms; ${(tookMs / 1000).toFixed(1)} s`;
  if (violations.length === 0) return `ok    ${head}`;
  const together = plan.crowds.length > 0 ? ' --together' : '';
  const again = `  again: npm run test:faults -- --rounds 1 --seed ${plan.seed}${together}`;
  return [
    `WRONG ${head}`,
    `  ${JSON.stringify(plan.faults)}`,
    ...violations.map((each) => `  ${each}`),
    ...evidence.map((each) => `  ${storyOf(each)}`),
    again,
  ].join('\n');
}

const storyOf = ({ grant, login, entitlement, events }: Story): string =>
  `${grant} ${entitlement} of ${login}: ${events
    .map(({ kind, at, data }) => `${new Date(at).toISOString().slice(14, 23)} ${kind} ${JSON.stringify(data)}`)
    .join(' · ')}`;
