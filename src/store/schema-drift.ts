import { migrationList, readMigrations, readSchema } from './migrations.ts';
import { withEngine } from './schema-engine.ts';

/**
 * What a next migration would have to do so that the migrations make what schema.prisma says: SQL, empty when they agree. It
 * applies the migrations to a shadow database beside the one given, so the user must be allowed to create databases. Triggers
 * and functions are not in schema.prisma and not compared.
 */
export async function schemaDrift(url: string): Promise<string> {
  const schema = await readSchema();
  const list = await migrationList(await readMigrations());
  return withEngine(url, schema, async (engine) => {
    const { stdout } = await engine.diff({
      from: { tag: 'migrations', ...list },
      to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: schema }] },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    });
    const sql = (stdout ?? '').trim();
    return sql === '-- This is an empty migration.' ? '' : sql;
  });
}
