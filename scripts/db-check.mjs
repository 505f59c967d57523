// Fails when prisma/schema.prisma and prisma/migrations disagree. Run after a build.

import { schemaDrift } from '../dist/store/schema-drift.js';
import { withScratchDatabase } from './scratch-database.mjs';

const sql = await withScratchDatabase(schemaDrift);
if (sql === '') {
  console.log('prisma/schema.prisma and prisma/migrations agree');
} else {
  console.error(
    `prisma/schema.prisma says more than prisma/migrations. 'npm run db:migration -- NAME' writes what is missing:\n\n${sql}`,
  );
  process.exitCode = 1;
}
