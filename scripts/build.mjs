// Generates the database client from prisma/schema.prisma where that has changed, and compiles src/ to dist/.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT, runTool } from './run.mjs';

const schema = readFileSync(path.join(PROJECT, 'prisma', 'schema.prisma'), 'utf8');
const { version } = JSON.parse(readFileSync(path.join(PROJECT, 'node_modules', 'prisma', 'package.json'), 'utf8'));
const made = `${version}\n${schema}`;
const stamp = path.join(PROJECT, 'src', 'store', 'generated', 'made-from.txt');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== made) {
  runTool('prisma/build/index.js', ['generate', '--no-hints']);
  writeFileSync(stamp, made);
}
runTool('typescript/bin/tsc', ['-p', 'tsconfig.build.json']);
