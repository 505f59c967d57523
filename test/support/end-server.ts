import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** SIGQUIT, 'immediate shutdown' (PostgreSQL documentation, "Shutting Down the Server"): whoever is connected is cut off. */
export async function endServer(directory: string): Promise<void> {
  const file = join(directory, 'postgres', 'postmaster.pid');
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0]);
  if (!(pid > 0)) return;
  process.kill(pid, 'SIGQUIT');
  const giveUpAt = Date.now() + 15_000;
  while (isAlive(pid)) {
    if (Date.now() > giveUpAt) throw new Error(`The PostgreSQL server in ${directory} does not end`);
    await wait(10);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
