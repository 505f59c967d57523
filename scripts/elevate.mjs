// `npm run -s elevate -- ARGS`: the command line of this checkout, compiled first where a source is newer than what was compiled.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { PROJECT } from './run.mjs';

const newest = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .reduce((latest, entry) => Math.max(latest, statSync(path.join(entry.parentPath, entry.name)).mtimeMs), 0);
const built = statSync(path.join(PROJECT, 'dist', '.tsbuildinfo'), { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (newest(path.join(PROJECT, 'src')) > built) {
  // What compiling says must not stand among what the command says.
  const build = spawnSync(process.execPath, [path.join(PROJECT, 'scripts', 'build.mjs')], { encoding: 'utf8' });
  if (build.status !== 0) {
    process.stderr.write(build.stdout + build.stderr);
    process.exit(build.status ?? 1);
  }
}
// Paths on the command line are meant from where it was typed, which npm remembers.
const { status } = spawnSync(
  process.execPath,
  ['--enable-source-maps', path.join(PROJECT, 'dist', 'cli.js'), ...process.argv.slice(2)],
  { stdio: 'inherit', cwd: process.env.INIT_CWD ?? process.cwd() },
);
process.exit(status ?? 1);
