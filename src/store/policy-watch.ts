import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isPolicyFile } from '../domain/policy/gather.ts';

export interface PolicyWatch {
  stop(): Promise<void>;
}

/**
 * Looks at the policy's files every so often and calls `onChange` when they changed and then held still for one look. It asks for their
 * state instead of being told: events get lost on network file systems and with the links by which Kubernetes swaps a ConfigMap.
 */
export function watchPolicy(path: string, everyMs: number, onChange: () => Promise<void>): PolicyWatch {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;
  /** null until the first look. */
  let known: string | null = null;
  let moving: string | null = null;

  async function look(): Promise<void> {
    const now = await fingerprint(path);
    if (known === null) known = now;
    else if (now !== known && now !== moving) moving = now;
    else if (now !== known) {
      known = now;
      moving = null;
      await onChange();
    } else moving = null;
  }

  function next(): void {
    if (stopped) return;
    timer = setTimeout(() => {
      running = look()
        // A look that fails is followed by another; what it would have found is still there then.
        .catch(() => undefined)
        .finally(next);
    }, everyMs);
    timer.unref();
  }

  running = look()
    .catch(() => undefined)
    .finally(next);
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

async function fingerprint(path: string): Promise<string> {
  const info = await stat(path).catch(() => null);
  if (!info) return 'nothing there';
  const names = info.isDirectory() ? (await readdir(path)).filter(isPolicyFile).sort() : [''];
  const marks = await Promise.all(
    names.map(async (name) => {
      const file = await stat(join(path, name)).catch(() => null);
      return [name, file?.size, file?.mtimeMs, file?.ino];
    }),
  );
  return JSON.stringify(marks);
}
