import { defineConfig } from 'prisma/config';

// The database address is given at run time (config.ts); generating the client needs none.
export default defineConfig({ schema: 'prisma/schema.prisma' });
