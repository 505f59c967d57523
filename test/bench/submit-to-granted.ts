import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { createTeardown, type Teardown } from '../../src/teardown.ts';
import { openBareGrants } from './bare-grants.ts';
import type { Bench, Context, Figures } from './bench.ts';
import { startBot } from './bot.ts';
import { type Office, openOffice } from './office.ts';
import { requesters } from './requesters.ts';
import { type Line, openLine } from './send.ts';
import type { Servers } from './servers.ts';
import { median } from './stats.ts';

/** Everybody asks once; the first of them to warm everything up. */
const WARM_UP_ROUNDS = 8;
const ROLE = 'orders-db/read';
/** Cards, threads and messages of one request are out before the next begins. */
const PAUSE_MS = 150;
const GRANTED_LIMIT_MS = 10_000;

/**
 * An auto-approved request, from the submitted form leaving Slack to the moment at which the grant is committed as active, which the
 * bot does only after it has read the access back on the target. The floor writes the same rows and gives the same access.
 */
export const bench: Bench = {
  name: 'submit_to_granted',
  unit: 'ms',
  goal: 3,
  async run(context) {
    const teardown = createTeardown();
    try {
      const servers = await context.servers();
      await servers.clearTarget();
      const office = await openOffice();
      teardown.add(() => office.stop());
      const databaseUrl = await servers.newDatabase();
      const bot = await startBot(office, servers, { databaseUrl });
      teardown.add(() => bot.stop());
      const granted = await listenForGranted(databaseUrl, teardown);
      return await compare(context, servers, teardown, { office, databaseUrl, botUrl: bot.url, granted });
    } finally {
      await teardown.run();
    }
  },
};

interface Scene {
  readonly office: Office;
  readonly databaseUrl: string;
  readonly botUrl: string;
  /** Resolves with the moment at which the next grant was committed as active. */
  readonly granted: () => Promise<number>;
}

async function compare({ say }: Context, servers: Servers, teardown: Teardown, scene: Scene): Promise<Figures> {
  const line = openLine(scene.botUrl);
  teardown.add(() => line.close());
  const measured: number[] = [];
  const floor: number[] = [];
  // The floor writes what the bot wrote, so the bot begins.
  await submit(scene, line, requesters[0]?.key ?? '');
  await wait(PAUSE_MS);
  const bare = await openBareGrants(scene.databaseUrl, await servers.newDatabase(), servers.target);
  teardown.add(() => bare.close());
  for (const [index, { key, login }] of requesters.slice(1).entries()) {
    const turns = [
      async () => [measured, await submit(scene, line, key)] as const,
      async () => [floor, await bare.give(login)] as const,
    ];
    if (index % 2 === 0) turns.reverse();
    for (const turn of turns) {
      const [into, ms] = await turn();
      if (index >= WARM_UP_ROUNDS) into.push(ms);
      await wait(PAUSE_MS);
    }
  }
  say(`submit_to_granted: ${measured.length} requests, and as many times the bare SQL`);
  return { measured: median(measured), floor: median(floor) };
}

async function submit({ office, botUrl, granted }: Scene, line: Line, who: string): Promise<number> {
  const form = { who, role: ROLE, duration: '1h', reason: 'looking at a stuck order' };
  const submission = await office.fill(botUrl, form);
  await wait(PAUSE_MS);
  const startedAt = performance.now();
  const [grantedAt] = await Promise.all([granted(), line.send(submission)]);
  return grantedAt - startedAt;
}

/** PostgreSQL itself says when a grant became active: a notice leaves with the commit (PostgreSQL documentation, "NOTIFY"). */
async function listenForGranted(databaseUrl: string, teardown: Teardown): Promise<() => Promise<number>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on('error', () => undefined);
  await client.connect();
  teardown.add(() => client.end());
  await client.query(`
    CREATE FUNCTION bench_granted() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_notify('bench_granted', NEW.id); RETURN NULL; END $$;
    CREATE TRIGGER bench_granted AFTER UPDATE ON grants FOR EACH ROW
      WHEN (NEW.status = 'active' AND OLD.status <> 'active') EXECUTE FUNCTION bench_granted();
    LISTEN bench_granted`);
  return () =>
    new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error('The access was not granted')), GRANTED_LIMIT_MS);
      client.once('notification', () => {
        clearTimeout(limit);
        resolve(performance.now());
      });
    });
}
