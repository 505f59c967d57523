import { join } from 'node:path';
import { ROOT, runBuilt } from './built-process.ts';

const START_LIMIT_MS = 60_000;

export interface DemoProcess {
  readonly url: string;
  end(signal: NodeJS.Signals): Promise<unknown>;
}

/** Starts the demo as `npm run demo` does, with its data in the folder, and waits for the address that it prints. */
export async function startDemo(folder: string): Promise<DemoProcess> {
  const running = runBuilt(join('sandbox', 'demo.js'), { args: [folder], env: process.env, cwd: ROOT });
  return { url: await running.until(/Elevate's demo: (http:\S+)/, START_LIMIT_MS), end: running.end };
}
