import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MigrationList } from '@prisma/schema-engine-wasm/schema_engine_bg';

/** prisma/ lies beside both src/ and dist/. */
const PRISMA_FOLDER = fileURLToPath(new URL('../../prisma/', import.meta.url));

export interface Migration {
  /** The folder's name, such as 20261122050000_first; names sort in the order of applying. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the SQL in hex, as Prisma writes it into `_prisma_migrations`. */
  readonly checksum: string;
}

/** The migrations that this version of Elevate brings, oldest first. */
export async function readMigrations(): Promise<readonly Migration[]> {
  const folder = path.join(PRISMA_FOLDER, 'migrations');
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(path.join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

export const readSchema = (): Promise<string> => readFile(path.join(PRISMA_FOLDER, 'schema.prisma'), 'utf8');

/** The migrations in the form in which the engine takes them. */
export async function migrationList(migrations: readonly Migration[]): Promise<MigrationList> {
  const folder = path.join(PRISMA_FOLDER, 'migrations');
  return {
    baseDir: folder,
    lockfile: {
      path: 'migration_lock.toml',
      content: await readFile(path.join(folder, 'migration_lock.toml'), 'utf8'),
    },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  };
}
