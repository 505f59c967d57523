// What `npm ci` and `npm install` end with: everything that `npm start` and `npm test` need beside the packages themselves.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { hydrateLinks } from './hydrate-links.mjs';
import { PROJECT } from './run.mjs';

hydrateLinks(PROJECT);
const tools = ['prisma/build/index.js', 'typescript/bin/tsc'].map((tool) => path.join(PROJECT, 'node_modules', tool));
if (tools.every((tool) => existsSync(tool))) {
  await import('./build.mjs');
} else {
  // An install for production brings no compiler; dist/ comes from where it was built.
  console.log('Not built: the development dependencies are not installed. dist/ must be brought along.');
}
