import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const STOP_LIMIT_MS = 10_000;

export default async function teardown() {
  if (process.env.ELEVATE_TEST_CLUSTER) await endCluster(process.env.ELEVATE_TEST_CLUSTER);
}

/** Ends the server in a folder at once, whoever is connected, and deletes the folder. */
export async function endCluster(folder) {
  const pid = postmaster(folder);
  if (pid > 0) {
    try {
      // 'Immediate shutdown' (PostgreSQL documentation, "Shutting Down the Server"): nothing in it is needed any more.
      process.kill(pid, 'SIGQUIT');
    } catch {
      // It ended already.
    }
    const deadline = Date.now() + STOP_LIMIT_MS;
    while (postmaster(folder) > 0 && isAlive(pid) && Date.now() < deadline) await sleep(20);
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function postmaster(folder) {
  try {
    return Number(readFileSync(path.join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
  } catch {
    return 0;
  }
}
