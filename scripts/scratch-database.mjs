import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbedded } from '../dist/store/embedded.js';

/** Runs `work` with the address of a PostgreSQL that is thrown away afterwards. */
export async function withScratchDatabase(work) {
  const directory = mkdtempSync(path.join(tmpdir(), 'elevate-scratch-'));
  chmodSync(directory, 0o711);
  try {
    const database = await startEmbedded({ directory, settings: { fsync: 'off' } });
    try {
      return await work(database.url);
    } finally {
      await database.stop();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
