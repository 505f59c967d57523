import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

const START_LIMIT_MS = 30_000;
/** Of what a program says, the part that a failure shows. */
const TAIL = 4_000;

export interface Child {
  /** Where it listens, such as http://127.0.0.1:3000. */
  readonly url: string;
  readonly pid: number;
  /** What it uses, after its garbage was collected. Only of a bot that was started so. */
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

export interface Usage {
  /** Of all its threads, since its start. */
  readonly cpuMs: number;
  /** Bytes. */
  readonly rss: number;
  readonly heapUsed: number;
}

/** Runs a program with the present node in a process of its own, until its output says `"url":"http…"`. Both apps of a bench begin here. */
export async function startChild(
  script: string,
  options: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Child> {
  const child = spawn(process.execPath, ['--enable-source-maps', ...options, script], {
    env: { PATH: process.env.PATH, ...env },
    // A folder without an .env file, so that a developer's own settings stay out.
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let said = '';
  let url: string | undefined;
  const hear = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-TAIL);
    url ??= /"url":"(http[^"]+)"/.exec(said)?.[1];
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const exited = once(child, 'close');
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  };
  const giveUpAt = performance.now() + START_LIMIT_MS;
  while (url === undefined) {
    if (child.exitCode !== null || performance.now() > giveUpAt) {
      await stop();
      throw new Error(`${script} did not come up:\n${said}`);
    }
    await wait(20);
  }
  const usage = async (): Promise<Usage> => {
    const answered = once(child, 'message');
    child.send('usage');
    const [told] = (await answered) as [Usage];
    return told;
  };
  return { url, pid: child.pid ?? 0, usage, stop };
}
