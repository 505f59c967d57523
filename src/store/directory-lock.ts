import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from './system-error.ts';

/** The holder touches its lock this often; a lock nobody touched for the longer time was left by a dead process. */
const HEARTBEAT_MS = 500;
const STALE_AFTER_MS = 5_000;
const LOOK_AGAIN_MS = 100;

/**
 * Runs `work` while this process alone holds the lock file. It tells a dead holder by its silence, not by its process id, since
 * ids repeat in containers. Waits at most `timeoutMs`, then throws.
 */
export async function withDirectoryLock<T>(file: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const token = `${process.pid} ${randomUUID()}\n`;
  await acquire(file, token, Date.now() + timeoutMs);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => {});
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if ((await readToken(file)) === token) await rm(file, { force: true });
  }
}

async function acquire(file: string, token: string, deadline: number): Promise<void> {
  let seen: { token: string; mtimeMs: number; since: number } | null = null;
  while (!(await create(file, token))) {
    const now = Date.now();
    if (now > deadline) {
      throw new Error(
        `Another process has held ${file} for too long. If no other Elevate runs on this directory, delete the file.`,
      );
    }
    const holder = await readToken(file);
    const mtimeMs = await stat(file).then(
      (info) => info.mtimeMs,
      () => 0,
    );
    if (holder === null) seen = null;
    else if (seen === null || seen.token !== holder || seen.mtimeMs !== mtimeMs)
      seen = { token: holder, mtimeMs, since: now };
    else if (now - seen.since > STALE_AFTER_MS) await takeAwayStale(file, holder);
    await sleep(LOOK_AGAIN_MS);
  }
}

async function create(file: string, token: string): Promise<boolean> {
  try {
    await writeFile(file, token, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Moved aside first and looked at again, so that a lock which somebody else took anew in between is not lost. */
async function takeAwayStale(file: string, holder: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const moved = await readToken(aside);
  if (moved !== null && moved !== holder) await create(file, moved);
  await rm(aside, { force: true });
}

const readToken = (file: string): Promise<string | null> => readFile(file, 'utf8').catch(() => null);
