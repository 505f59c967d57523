// Writes a new migration with what the present migrations lack to make what schema.prisma says: `npm run db:migration -- add_reviews`.
// Read the SQL before it is committed, and add what Prisma does not know of, such as triggers.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { schemaDrift } from '../dist/store/schema-drift.js';
import { PROJECT } from './run.mjs';
import { withScratchDatabase } from './scratch-database.mjs';

const name = process.argv[2] ?? '';
if (!/^[a-z][a-z0-9_]{1,60}$/.test(name)) {
  console.error(
    "Name the migration in lower-case letters, digits and underscores: 'npm run db:migration -- add_reviews'",
  );
  process.exit(1);
}
const sql = await withScratchDatabase(schemaDrift);
if (sql === '') {
  console.log('Nothing to write: prisma/schema.prisma and prisma/migrations agree');
} else {
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = path.join(PROJECT, 'prisma', 'migrations', `${stamp}_${name}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'migration.sql'), `${sql}\n`);
  console.log(`Wrote ${path.relative(PROJECT, folder)}/migration.sql`);
}
