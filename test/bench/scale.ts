import { setTimeout as wait } from 'node:timers/promises';
import { withClient } from '../../src/store/with-client.ts';
import type { Bench, Context, Figures } from './bench.ts';
import { startBot } from './bot.ts';
import type { Child, Usage } from './child.ts';
import { createLazy, type Lazy } from './lazy.ts';
import { gatherMany, type Multitude } from './multitude.ts';
import type { Servers } from './servers.ts';
import { median } from './stats.ts';

const MANY = 100_000;
const FEW = 100;
const STARTS = 7;
const READY_LIMIT_MS = 30_000;
/** The reconciler's first run begins half a minute after a start, and looks at everybody who holds something. */
const RECONCILED_LIMIT_MS = 180_000;
const LOOK_EVERY_MS = 250;
const SETTLE_MS = 5_000;
/** How long the processor's time is counted at rest. */
const REST_MS = 20_000;
/** The reconciler's period: what one of its runs costs is spread over so much rest. */
const PERIOD_MS = 300_000;

export const start: Bench = { name: 'scale_start', unit: 'ms', goal: 1.3, run: measureStarts };
export const memory: Bench = {
  name: 'scale_memory',
  unit: 'MB',
  goal: 1.3,
  run: async (context) => compare(await atRest(context), ({ after }) => after.rss / 1_048_576),
};
export const cpu: Bench = {
  name: 'scale_cpu',
  unit: 'ms/s',
  goal: 1.3,
  run: async (context) => compare(await atRest(context), ({ load }) => load),
};

interface Pair<T> {
  readonly many: T;
  readonly few: T;
}

const compare = (pair: Pair<Rest>, of: (rest: Rest) => number): Figures => ({
  measured: of(pair.many),
  floor: of(pair.few),
});

const pairs = new WeakMap<Servers, Lazy<Pair<Multitude>>>();
function multitudes(servers: Servers): Promise<Pair<Multitude>> {
  const pair =
    pairs.get(servers) ??
    createLazy(async () => ({ few: await gatherMany(servers, FEW), many: await gatherMany(servers, MANY) }));
  pairs.set(servers, pair);
  return pair.get();
}

/** From the begin of the process until it says that it is ready. */
async function measureStarts({ servers: open, say }: Context): Promise<Figures> {
  const servers = await open();
  const { many, few } = await multitudes(servers);
  const measured: number[] = [];
  const floor: number[] = [];
  // The first start of each finds nothing in any cache.
  for (let round = 0; round <= STARTS; round++) {
    const turns = [
      { of: many, into: measured },
      { of: few, into: floor },
    ];
    if (round % 2 === 0) turns.reverse();
    for (const { of, into } of turns) {
      const beganAt = performance.now();
      const bot = await startBot(of.office, servers, of);
      try {
        await ready(bot, beganAt);
        if (round > 0) into.push(performance.now() - beganAt);
      } finally {
        await bot.stop();
      }
    }
  }
  say(`scale_start: ${STARTS} starts each, with ${MANY} and with ${FEW} live grants`);
  return { measured: median(measured), floor: median(floor) };
}

async function ready({ url }: Child, beganAt: number): Promise<void> {
  for (;;) {
    const { ok } = await fetch(`${url}/readyz`);
    if (ok) return;
    if (performance.now() - beganAt > READY_LIMIT_MS) throw new Error('The bot did not become ready');
    await wait(5);
  }
}

interface Rest {
  readonly after: Usage;
  /** Milliseconds of the processor's time per second of rest, the reconciler's share included. */
  readonly load: number;
}

let resting: Promise<Pair<Rest>> | undefined;
/** Memory and the processor's time come from the same bots, both of them at the same time. */
function atRest(context: Context): Promise<Pair<Rest>> {
  resting ??= (async () => {
    const servers = await context.servers();
    const pair = await multitudes(servers);
    const [many, few] = await Promise.all([rest(context, servers, pair.many), rest(context, servers, pair.few)]);
    return { many, few };
  })();
  return resting;
}

async function rest({ say }: Context, servers: Servers, { office, ...where }: Multitude): Promise<Rest> {
  // The reconciler's turn from before is over: it comes half a minute after this start.
  await withClient(where.databaseUrl, async (client) => {
    await client.query('UPDATE known_systems SET last_run_at = NULL');
    await client.query(`DELETE FROM effects WHERE kind IN ('reconcile', 'check_people')`);
  });
  const bot = await startBot(office, servers, { ...where, tellsUsage: true });
  try {
    await ready(bot, performance.now());
    await wait(SETTLE_MS);
    const [first, second] = [await bot.usage(), await reconciled(where.databaseUrl).then(() => bot.usage())];
    await wait(SETTLE_MS);
    const before = await bot.usage();
    const beganAt = performance.now();
    await wait(REST_MS);
    const after = await bot.usage();
    const restMs = performance.now() - beganAt;
    const atRest = (after.cpuMs - before.cpuMs) / (restMs / 1_000);
    const [heap, reconciling] = [after.heapUsed / 1_048_576, second.cpuMs - first.cpuMs];
    say(
      `at rest: heap ${heap.toFixed(0)} MB, ${atRest.toFixed(1)} ms/s of the processor; ${reconciling.toFixed(0)} ms until the reconciler has run`,
    );
    return { after, load: atRest + (second.cpuMs - first.cpuMs) / (PERIOD_MS / 1_000) };
  } finally {
    await bot.stop();
  }
}

async function reconciled(databaseUrl: string): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    for (
      const giveUpAt = performance.now() + RECONCILED_LIMIT_MS;
      performance.now() < giveUpAt;
      await wait(LOOK_EVERY_MS)
    ) {
      const { rows } = await client.query<{ left: number }>(
        `SELECT ((SELECT count(*) FROM known_systems WHERE last_run_at IS NULL) + (SELECT count(*) FROM effects
            WHERE kind = 'reconcile' AND due_at < clock_timestamp() + interval '1 minute'))::int AS left FROM known_systems`,
      );
      if (rows[0]?.left === 0) return;
    }
    throw new Error('The reconciler did not come to an end');
  });
}
