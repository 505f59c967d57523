import type pg from 'pg';
import { createTeardown } from '../../src/teardown.ts';
import { installed as redisIsThere } from '../support/redis-server.ts';
import type { Bench, Context, Figures } from './bench.ts';
import { startBot } from './bot.ts';
import { type Crowd, gather } from './crowd.ts';
import { createLazy, type Lazy } from './lazy.ts';
import { openClient } from './open-client.ts';
import { openLine } from './send.ts';
import type { Servers } from './servers.ts';
import { median } from './stats.ts';
import { checkStorm } from './storm-check.ts';
import { bareStorm, readStorm } from './storm-floor.ts';

/** Grants on one target that are due in the same second. */
export const STORM = 10_000;
const ROUNDS = 3;
/** Time to move the ends, before they come. */
const LEAD_MS = 6_000;
const LIMIT_MS = 300_000;

export const onRedis: Bench = {
  name: 'storm_redis',
  unit: 's',
  goal: 5,
  missing: () => (redisIsThere ? null : 'There is no redis-server here; on Debian: apt-get install redis-server'),
  run: (context) => measure(context, 'storm_redis', true),
};

export const onPostgres: Bench = {
  name: 'storm_postgres',
  unit: 's',
  goal: 5,
  run: (context) => measure(context, 'storm_postgres', false),
};

const crowds = new WeakMap<Servers, Lazy<Crowd>>();
/** The same people for every storm of a run. */
export function crowdOf(servers: Servers): Promise<Crowd> {
  const crowd = crowds.get(servers) ?? createLazy(() => gather(servers, STORM));
  crowds.set(servers, crowd);
  return crowd.get();
}

/**
 * How long it takes from the second in which ten thousand grants end until the last of them is gone from the target and committed as
 * ended with its audit. The floor takes the same away and writes the same rows, in batches of the same size.
 */
async function measure({ servers: start, say }: Context, name: string, withRedis: boolean): Promise<Figures> {
  const servers = await start();
  const crowd = await crowdOf(servers);
  const redisUrl = withRedis ? await servers.redisUrl() : undefined;
  const measured: number[] = [];
  const floor: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const storm = await startStorm(crowd, servers, redisUrl);
    try {
      measured.push(await (await storm.breaksOut()).over());
    } finally {
      await storm.stop();
    }
    const rows = await readStorm(storm.databaseUrl);
    await crowd.giveAll();
    const bare = await crowd.copy();
    await crowd.endAt(bare, new Date());
    floor.push(await bareStorm(rows, bare, crowd.target));
    if ((await crowd.holders()) > 0) throw new Error('The floor has not taken everything away');
    say(`${name}, round ${round}: ${measured.at(-1)?.toFixed(2)} s, the bare statements ${floor.at(-1)?.toFixed(2)} s`);
  }
  return { measured: median(measured), floor: median(floor) };
}

export interface Storm {
  readonly databaseUrl: string;
  readonly botUrl: string;
  readonly botPid: number;
  /** Lets all of the grants end soon. Resolves when the bot has learned of it. */
  breaksOut(): Promise<Outbreak>;
  stop(): Promise<void>;
}

export interface Outbreak {
  /** When all of the grants are due, in milliseconds since 1970. */
  readonly endsAt: number;
  /**
   * Waits until the last grant is gone from the target and committed as ended. Resolves with the seconds since they were due. Rejects
   * when something is left, was early, or is not as it should be in the audit.
   */
  over(): Promise<number>;
}

/** A bot that is up, on a copy of the crowd's database. */
export async function startStorm(crowd: Crowd, servers: Servers, redisUrl?: string): Promise<Storm> {
  const teardown = createTeardown();
  await crowd.giveAll();
  const databaseUrl = await crowd.copy();
  const bot = await startBot(crowd.office, servers, {
    databaseUrl,
    targetUrl: crowd.target.botUrl,
    ...(redisUrl === undefined ? {} : { redisUrl }),
  });
  teardown.add(() => bot.stop());
  const line = openLine(bot.url);
  teardown.add(() => line.close());
  // After a commit the bot looks at what is due soon, so it learns in time of the ends that were moved behind its back.
  const somebodyAsks = async (): Promise<void> => {
    const [command] = await crowd.office.type(['r50'], '/elevate orders-db/read 1h looking at a stuck order');
    if (command) await line.send(command);
  };
  return {
    databaseUrl,
    botUrl: bot.url,
    botPid: bot.pid,
    async breaksOut() {
      const endsAt = Math.ceil((Date.now() + LEAD_MS) / 1_000) * 1_000;
      await crowd.endAt(databaseUrl, new Date(endsAt));
      const client = await openClient(databaseUrl);
      teardown.add(() => client.end());
      await client.query(TELL);
      const last = ended(client, crowd.size);
      last.catch(() => undefined);
      await somebodyAsks();
      if (Date.now() > endsAt) throw new Error('The grants ended before the bot could know of it');
      return {
        endsAt,
        async over() {
          const seconds = ((await last) - endsAt) / 1_000;
          await checkStorm(client, crowd, endsAt);
          return seconds;
        },
      };
    },
    stop: () => teardown.run(),
  };
}

/** PostgreSQL tells of every commit with ends in it (PostgreSQL documentation, "NOTIFY"): to look again and again would be a load of its own. */
const TELL = `
  CREATE FUNCTION bench_ended() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN PERFORM pg_notify('bench_ended', ended.count::text || ' ' || random())
    FROM (SELECT count(*) FROM added WHERE kind = 'grant.ended') ended WHERE ended.count > 0; RETURN NULL; END $$;
  CREATE TRIGGER bench_ended AFTER INSERT ON audit_events REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION bench_ended();
  LISTEN bench_ended`;

/** Resolves with the moment at which so many ends are committed, in milliseconds since 1970. */
function ended(client: pg.Client, count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let seen = 0;
    const limit = setTimeout(() => reject(new Error(`Only ${seen} grants have ended`)), LIMIT_MS);
    client.on('notification', ({ payload }) => {
      seen += Number.parseInt(payload ?? '', 10);
      if (seen < count) return;
      clearTimeout(limit);
      resolve(Date.now());
    });
  });
}
