import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Runs a program of node_modules with the present node, showing what it says. A failure ends this process with its code. */
export function runTool(script, args) {
  const env = {
    ...process.env,
    // Prisma's command line fetches its schema engine even where nothing uses it. It is satisfied by any file that exists.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  };
  const { status, error } = spawnSync(process.execPath, [path.join(PROJECT, 'node_modules', script), ...args], {
    cwd: PROJECT,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
