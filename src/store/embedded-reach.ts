import { randomUUID } from 'node:crypto';
import { cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** What a program is started as: nothing for ourselves. */
export type RunAs = { readonly uid: number; readonly gid: number } | Record<string, never>;

/**
 * Root starts PostgreSQL as another user, who cannot walk into folders that are root's alone, such as /root. What that user needs is
 * kept here then. Only root can write here, so nobody else can put programs or data in our way.
 */
const SHARED_HOME = '/var/lib/elevate';

/** Whether the user that PostgreSQL runs as can walk down to the folder. */
export async function canReach(folder: string, as: RunAs): Promise<boolean> {
  if (!('uid' in as)) return true;
  for (let at = folder; ; at = path.dirname(at)) {
    const { mode, uid, gid } = await stat(at);
    const bit = uid === as.uid ? 0o100 : gid === as.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** The folder of the programs itself, or a copy of it in reach. `version` names the copy; a whole one is used again. */
export async function reachablePrograms(folder: string, version: string, as: RunAs): Promise<string> {
  if (await canReach(path.join(folder, 'bin'), as)) return folder;
  const copy = path.join(SHARED_HOME, `postgresql-${version}`);
  const isThere = await stat(copy).then(
    () => true,
    () => false,
  );
  if (isThere) return copy;
  const fresh = `${copy}.${randomUUID()}`;
  await mkdir(SHARED_HOME, { recursive: true, mode: 0o755 });
  await cp(folder, fresh, { recursive: true, verbatimSymlinks: true });
  // Another process may have been faster; its copy is as good.
  await rename(fresh, copy).catch(() => rm(fresh, { recursive: true, force: true }));
  return copy;
}

/** Where the data of a new cluster goes, seen from the directory: into it, or where the user that PostgreSQL runs as can reach it. */
export async function reachableData(directory: string, as: RunAs): Promise<string> {
  if (await canReach(directory, as)) return 'postgres';
  const home = path.join(SHARED_HOME, `data-${randomUUID()}`);
  await mkdir(home, { recursive: true, mode: 0o755 });
  return path.join(home, 'postgres');
}
