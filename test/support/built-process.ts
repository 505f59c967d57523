import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

let built = false;

/** Compiles src to dist once per test file; without changes that takes well under a second. */
export function buildOnce(): void {
  if (built) return;
  execFileSync(
    process.execPath,
    [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'],
    { cwd: ROOT },
  );
  built = true;
}

/** Starts a compiled script of dist as a process of its own. */
export function runBuilt(
  script: string,
  options: { readonly args?: readonly string[]; readonly env: NodeJS.ProcessEnv; readonly cwd: string },
) {
  buildOnce();
  const command = ['--enable-source-maps', join(ROOT, 'dist', script), ...(options.args ?? [])];
  const { env, cwd } = options;
  const child: ChildProcess = spawn(process.execPath, command, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const exited: Promise<number | null> = once(child, 'close').then(() => child.exitCode);
  return {
    /** The exit code, once it has ended. */
    exited,
    output: () => stdout,
    errors: () => stderr,
    signal: (name: NodeJS.Signals): void => void child.kill(name),
    async end(signal: NodeJS.Signals): Promise<number | null> {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return exited;
    },
    /** Waits until its output matches; the first group. Ends it, and rejects with what it printed, when that does not come. */
    async until(pattern: RegExp, limitMs: number): Promise<string> {
      const endsAt = Date.now() + limitMs;
      for (;;) {
        const found = pattern.exec(stdout)?.[1];
        if (found !== undefined) return found;
        if (child.exitCode !== null || Date.now() > endsAt) {
          child.kill('SIGKILL');
          throw new Error(`${script} did not come up:\n${stderr}\n${stdout}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}
