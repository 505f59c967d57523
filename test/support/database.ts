import { createHash, randomUUID } from 'node:crypto';
import { runMigrations } from 'bullmq';
import { startEmbedded } from '../../src/store/embedded.ts';
import { migrate } from '../../src/store/migrate.ts';
import { readMigrations } from '../../src/store/migrations.ts';
import { createStore, type OpenStore, type StoreOptions } from '../../src/store/prisma-store.ts';
import { withClient } from '../../src/store/with-client.ts';

/** Nothing of a test has to survive a power cut. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '400',
  shared_buffers: '64MB',
};
/** Where the bot keeps its queue (src/jobs/postgres-backend.ts). */
const QUEUE_SCHEMA = 'elevate_queue';
/** Serialises the making of the template among the workers of a run. */
const TEMPLATE_LOCK = 7_411;

export interface FreshDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** The address of the run's PostgreSQL, as its superuser; the first who asks starts it. The run's end stops it. */
export async function testServer(): Promise<string> {
  const directory = process.env.ELEVATE_TEST_CLUSTER;
  if (!directory)
    throw new Error('ELEVATE_TEST_CLUSTER is not set: run the tests with jest, whose global setup sets it');
  const { url } = await startEmbedded({ directory, settings: SETTINGS });
  return url;
}

/** A migrated database of one test file's own. */
export function freshDatabase(): Promise<FreshDatabase> {
  return newDatabase(true);
}

/** A database with nothing in it: another system, or one to migrate. */
export function emptyDatabase(): Promise<FreshDatabase> {
  return newDatabase(false);
}

async function newDatabase(migrated: boolean): Promise<FreshDatabase> {
  const server = await testServer();
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const template = migrated ? await ensureTemplate(server) : 'template1';
  await withClient(server, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  return {
    url: databaseUrl(server, name),
    drop: async () => {
      await withClient(server, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

/** A copy of a migrated database takes a fraction of migrating one. */
async function ensureTemplate(server: string): Promise<string> {
  const migrations = await readMigrations();
  const name = `template_${createHash('sha256')
    .update(migrations.map((each) => each.checksum).join())
    .digest('hex')
    .slice(0, 16)}`;
  await withClient(server, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount) return;
    const making = `${name}_making`;
    await client.query(`DROP DATABASE IF EXISTS ${making} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${making}`);
    await migrate(databaseUrl(server, making));
    // The queue's tables as well, which every start would make.
    await withClient(databaseUrl(server, making), (queue) => runMigrations(queue, QUEUE_SCHEMA));
    await client.query(`ALTER DATABASE ${making} RENAME TO ${name}`);
  });
  return name;
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** A clock that a test moves. */
export interface TestClock {
  offsetMs(): number;
  passedMs(): number;
  /** So much time passes. */
  advance(seconds: number): void;
  /** The database's clock is set: no time passes. */
  set(bySeconds: number): void;
}

export interface StartedStore {
  readonly store: OpenStore;
  readonly clock: TestClock;
  close(): Promise<void>;
}

/** A store on a migrated database. `offset` is where its clock begins, in milliseconds. */
export async function startStore(
  url: string,
  { offset = 0, onBadRow }: { offset?: number; onBadRow?: StoreOptions['onBadRow'] } = {},
): Promise<StartedStore> {
  let offsetMs = offset;
  let passedMs = offset;
  const clock: TestClock = {
    offsetMs: () => offsetMs,
    passedMs: () => passedMs,
    advance: (seconds) => {
      offsetMs += seconds * 1000;
      passedMs += seconds * 1000;
    },
    set: (bySeconds) => {
      offsetMs += bySeconds * 1000;
    },
  };
  const store = createStore(url, { clock, ...(onBadRow ? { onBadRow } : {}) });
  return { store, clock, close: () => store.close() };
}
