import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { createTeardown } from '../../src/teardown.ts';
import { installed as redisIsThere } from '../support/redis-server.ts';
import type { Bench, Context, Figures } from './bench.ts';
import { startBot } from './bot.ts';
import { type EmptyJobs, openEmptyJobs } from './empty-jobs.ts';
import { openOffice } from './office.ts';
import { requesters } from './requesters.ts';
import { openLine } from './send.ts';
import { median, quantile } from './stats.ts';

const ROLE = 'orders-db/read';
/** Long enough for everything that granting brings with it to be over before the end. */
const GRANT_SECONDS = 6;
/** A new request every so often: each end of access, and each job of the floor between two of them, is alone. */
const EVERY_MS = 800;
/** Where the floor has its turn: behind the end of access, and before the next request. */
const JOB_AFTER_MS = 220;
const WARM_UP = 5;
const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 25;

export const onRedis: Bench = {
  name: 'lone_revocation_redis',
  unit: 'ms',
  goal: 1.5,
  missing: () => (redisIsThere ? null : 'There is no redis-server here; on Debian: apt-get install redis-server'),
  run: (context) => measure(context, 'lone_revocation_redis', true),
};

export const onPostgres: Bench = {
  name: 'lone_revocation_postgres',
  unit: 'ms',
  goal: 1.5,
  run: (context) => measure(context, 'lone_revocation_postgres', false),
};

/**
 * How late an end of access is when nothing else happens: from the grant's own end to the commit of the REVOKE on the target, both by
 * the servers' clocks, which are this machine's. The floor is an empty job in a queue of its own on the same server, due half way
 * between two ends, from its time to its begin.
 */
async function measure({ servers: start, say }: Context, name: string, withRedis: boolean): Promise<Figures> {
  const teardown = createTeardown();
  try {
    const servers = await start();
    await servers.clearTarget();
    const office = await openOffice();
    teardown.add(() => office.stop());
    const databaseUrl = await servers.newDatabase();
    const redisUrl = withRedis ? await servers.redisUrl() : undefined;
    const bot = await startBot(office, servers, { databaseUrl, ...(redisUrl === undefined ? {} : { redisUrl }) });
    teardown.add(() => bot.stop());
    const line = openLine(bot.url);
    teardown.add(() => line.close());
    const target = await connect(servers.target.adminUrl);
    teardown.add(() => target.end());
    const own = await connect(databaseUrl);
    teardown.add(() => own.end());
    const jobs: EmptyJobs = await openEmptyJobs(redisUrl ?? databaseUrl);
    teardown.add(() => jobs.close());

    const measured: Promise<number>[] = [];
    const floor: Promise<number>[] = [];
    for (const { key, login } of requesters) {
      const [command] = await office.type([key], `/elevate ${ROLE} ${GRANT_SECONDS}s looking at a stuck order`);
      if (command === undefined) throw new Error('Slack has sent nothing');
      const startedAt = performance.now();
      await line.send(command);
      const late = lateness(own, target, login);
      late.catch(() => undefined);
      measured.push(late);
      floor.push(jobs.latenessOf(GRANT_SECONDS * 1_000 + JOB_AFTER_MS));
      await wait(Math.max(0, EVERY_MS - (performance.now() - startedAt)));
    }
    const late = (await Promise.all(measured)).slice(WARM_UP);
    const base = (await Promise.all(floor)).slice(WARM_UP);
    say(`${name}: ${late.length} lone ends of access, at most ${quantile(late, 1).toFixed(0)} ms late, none early`);
    return { measured: median(late), floor: median(base) };
  } finally {
    await teardown.run();
  }
}

/**
 * Waits until this login has the role, and then until it has not any more. The server keeps the time of its last commit, which in the
 * quiet of this bench is that of the REVOKE (PostgreSQL documentation, "Committed Transaction Information Functions"): the look
 * may come later than the event.
 */
async function lateness(own: pg.Client, target: pg.Client, login: string): Promise<number> {
  await until(`the access of ${login}`, async () => (await held(target, login)).held);
  const endsAt = await until(`the end of the access of ${login}`, () => endOf(own, login));
  await wait(Math.max(0, endsAt - Date.now() - LOOK_EVERY_MS));
  for (const giveUpAt = endsAt + PATIENCE_MS; Date.now() < giveUpAt; await wait(LOOK_EVERY_MS)) {
    const seen = await held(target, login);
    if (seen.held) continue;
    const lateMs = seen.lastCommitAt - endsAt;
    if (lateMs < 0) throw new Error(`The access of ${login} ended ${-lateMs} ms too early`);
    return lateMs;
  }
  throw new Error(`The access of ${login} did not end within ${PATIENCE_MS} ms of its time`);
}

async function held(target: pg.Client, login: string): Promise<{ held: boolean; lastCommitAt: number }> {
  const { rows } = await target.query<{ held: boolean; last: number }>(
    `SELECT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles u ON u.oid = m.member WHERE u.rolname = $1) AS held,
            (extract(epoch FROM (pg_last_committed_xact()).timestamp) * 1000)::float8 AS last`,
    [login],
  );
  return { held: rows[0]?.held ?? false, lastCommitAt: rows[0]?.last ?? 0 };
}

async function endOf(own: pg.Client, login: string): Promise<number | null> {
  const { rows } = await own.query<{ ends: number | null }>(
    `SELECT (extract(epoch FROM ends_at) * 1000)::float8 AS ends FROM grants WHERE target ->> 'subject' = $1`,
    [login],
  );
  return rows[0]?.ends ?? null;
}

async function until<T>(what: string, ask: () => Promise<T | null | false>): Promise<T> {
  for (const giveUpAt = performance.now() + PATIENCE_MS; performance.now() < giveUpAt; await wait(LOOK_EVERY_MS)) {
    const found = await ask();
    if (found !== null && found !== false) return found;
  }
  throw new Error(`Waited in vain for ${what}`);
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
