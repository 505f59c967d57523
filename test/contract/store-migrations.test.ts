import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { migrate } from '../../src/store/migrate.ts';
import { readMigrations } from '../../src/store/migrations.ts';
import { schemaDrift } from '../../src/store/schema-drift.ts';
import { emptyDatabase, type FreshDatabase, startStore } from '../support/database.ts';

let database: FreshDatabase;
let client: pg.Client;

beforeEach(async () => {
  database = await emptyDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterEach(async () => {
  await client?.end();
  await database?.drop();
});

describe('migrate', () => {
  it('brings an empty database to the schema, once, however many start at once', async () => {
    const names = (await readMigrations()).map((migration) => migration.name);
    const applied = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url)));
    expect(applied.flat()).toEqual(names);
    const { rows } = await client.query(
      'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL ORDER BY 1',
    );
    expect(rows.map((row) => row.migration_name)).toEqual(names);
    expect(await migrate(database.url)).toEqual([]);
    const started = await startStore(database.url);
    expect(await started.store.now()).toBeInstanceOf(Date);
    await started.close();
  });

  it('refuses a database of a newer version, and says what to do', async () => {
    await migrate(database.url);
    await client.query("UPDATE _prisma_migrations SET migration_name = '29991231000000_from_the_future'");
    await expect(migrate(database.url)).rejects.toThrow(
      /newer version of Elevate .*29991231000000_from_the_future.*Start that version/,
    );
  });

  it('refuses when a migration was changed after it was applied', async () => {
    await migrate(database.url);
    await client.query("UPDATE _prisma_migrations SET checksum = repeat('0', 64)");
    await expect(migrate(database.url)).rejects.toThrow(/was changed after it was applied/);
  });

  it('refuses after a migration that did not finish', async () => {
    await migrate(database.url);
    await client.query('UPDATE _prisma_migrations SET finished_at = NULL');
    await expect(migrate(database.url)).rejects.toThrow(/did not finish.*npx prisma migrate resolve/);
  });

  it('says why a migration failed', async () => {
    await client.query('CREATE TABLE grants (id text)');
    await expect(migrate(database.url)).rejects.toThrow(/grants.*already exists|P3005|not empty/s);
  });
});

describe('schema.prisma and the migrations', () => {
  it('agree', async () => {
    expect(await schemaDrift(database.url)).toBe('');
  });

  it('leave no shadow database behind', async () => {
    await schemaDrift(database.url);
    const { rows } = await client.query("SELECT datname FROM pg_database WHERE datname LIKE 'elevate_shadow_%'");
    expect(rows).toEqual([]);
  });
});
