import { chmodSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endCluster } from './jest-global-teardown.mjs';

const PREFIX = 'elevate-test-';

/** Names one folder for the PostgreSQL of this run; the first test that needs it starts the server (test/support/database.ts). */
export default async function setup() {
  await endLeftovers();
  const folder = mkdtempSync(path.join(tmpdir(), PREFIX));
  // PostgreSQL runs as another user when we are root.
  chmodSync(folder, 0o711);
  writeFileSync(path.join(folder, 'jest.pid'), String(process.pid));
  process.env.ELEVATE_TEST_CLUSTER = folder;
}

/** A run that was killed leaves its server behind. */
async function endLeftovers() {
  for (const name of readdirSync(tmpdir())) {
    const folder = path.join(tmpdir(), name);
    if (!name.startsWith(PREFIX) || isAlive(pidIn(folder))) continue;
    await endCluster(folder);
  }
}

function pidIn(folder) {
  try {
    return Number(readFileSync(path.join(folder, 'jest.pid'), 'utf8'));
  } catch {
    return process.pid;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
