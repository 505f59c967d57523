import pg from 'pg';
import { asStoreError } from './errors.ts';
import { type Migration, migrationList, readMigrations } from './migrations.ts';
import { withEngine } from './schema-engine.ts';

/** Names Elevate's migrations among the advisory locks of a database: 'elevate' in ASCII, cut to 32 bits. */
const MIGRATION_LOCK = 0x656c6576;
/** How long one process waits while another migrates. */
const LOCK_TIMEOUT_MS = 120_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** For a first look, which takes milliseconds where anything answers. */
const LOOK_TIMEOUT_MS = 10_000;

/** Why a database cannot be used by this version; the message says what to do. */
export class MigrationProblem extends Error {
  override readonly name = 'MigrationProblem';
}

/**
 * Brings the database to this version's schema and returns the names of what was applied; nothing to do costs one query.
 * Several processes may call it at once: one migrates under an advisory lock on a connection of its own, the others wait. The
 * lock needs a real session, so the address must not lead through a pooler in transaction mode.
 */
export async function migrate(url: string): Promise<readonly string[]> {
  const migrations = await readMigrations();
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: LOOK_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'elevate migrate',
  });
  // A connection that breaks while nothing is being asked would otherwise end the process; the next query tells of it.
  client.on('error', () => {});
  await client.connect();
  try {
    if (await isUpToDate(client, migrations)) return [];
    await client.query(`SET lock_timeout = ${LOCK_TIMEOUT_MS}`);
    const lock = { text: 'SELECT pg_advisory_lock($1)', values: [MIGRATION_LOCK], query_timeout: 2 * LOCK_TIMEOUT_MS };
    await client.query(lock);
    if ((await pending(client, migrations)).length === 0) return [];
    const list = await migrationList(migrations);
    return await withEngine(url, null, async (engine) => {
      const filters = { externalTables: [], externalEnums: [] };
      return (await engine.applyMigrations({ migrationsList: list, filters })).appliedMigrationNames;
    });
  } catch (error) {
    throw asStoreError(error);
  } finally {
    // The end of the session frees the lock.
    await client.end();
  }
}

/** A problem may be another process's migration half-way through, so it counts only once the lock is ours. */
async function isUpToDate(client: pg.Client, migrations: readonly Migration[]): Promise<boolean> {
  try {
    return (await pending(client, migrations)).length === 0;
  } catch (error) {
    if (error instanceof MigrationProblem) return false;
    throw error;
  }
}

/** What is still to be applied. Throws when the database is not one that this version can bring up to date. */
async function pending(client: pg.Client, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  const table = await client.query<{ there: boolean }>("SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there");
  if (!table.rows[0]?.there) return migrations;
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished_at: Date | null }>(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  );
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of rows) {
    const migration = known.get(row.migration_name);
    if (!migration) {
      throw new MigrationProblem(
        `The database was migrated by a newer version of Elevate (it has ${row.migration_name}). Start that version, or restore a backup from before it.`,
      );
    }
    if (row.finished_at === null) {
      throw new MigrationProblem(
        `The migration ${row.migration_name} did not finish. Look at its row in _prisma_migrations for why, put that right, and mark it with 'npx prisma migrate resolve'.`,
      );
    }
    if (row.checksum !== migration.checksum) {
      throw new MigrationProblem(
        `The migration ${row.migration_name} was changed after it was applied. Put back its file as it was, and make a new migration for what changed.`,
      );
    }
  }
  const applied = new Set(rows.map((row) => row.migration_name));
  return migrations.filter((migration) => !applied.has(migration.name));
}
