import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';

const WAIT_MS = 10_000;

/** A Redis server of the test's own. */
export interface TestRedis {
  readonly url: string;
  /** Runs one command on a connection of its own. */
  ask(command: string, ...args: string[]): Promise<unknown>;
  /** Takes the server away without a goodbye, as a crash does. Everything in it is lost. */
  crash(): Promise<void>;
  /** Brings it back on the same port, empty. */
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

const SERVER = 'redis-server';
/** Whether there is a Redis server on this machine. */
export const installed = spawnSync(SERVER, ['--version']).status === 0;

/** Starts redis-server on a free port, without persistence. Rejects when it is not installed. */
export async function startRedis(): Promise<TestRedis> {
  if (!installed) throw new Error('There is no redis-server here; on Debian: apt-get install redis-server');
  const port = await freePort();
  const directory = await mkdtemp(path.join(tmpdir(), 'elevate-redis-'));
  let server = await launch(port, directory);
  const end = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  };
  return {
    url: `redis://127.0.0.1:${port}/0`,
    async ask(command, ...args) {
      const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 1, disconnectTimeout: 200 });
      client.on('error', () => {});
      try {
        return await client.call(command, ...args);
      } finally {
        client.disconnect();
      }
    },
    crash: end,
    async comeBack() {
      server = await launch(port, directory);
    },
    async stop() {
      await end();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function launch(port: number, directory: string): Promise<ChildProcess> {
  const settings = { port: `${port}`, bind: '127.0.0.1', dir: directory, save: '', appendonly: 'no', daemonize: 'no' };
  const server = spawn(
    SERVER,
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    {
      stdio: 'ignore',
    },
  );
  const client = new Redis(port, '127.0.0.1', {
    maxRetriesPerRequest: null,
    retryStrategy: () => 20,
    disconnectTimeout: 200,
  });
  client.on('error', () => {});
  const timer = setTimeout(() => client.disconnect(), WAIT_MS);
  try {
    await client.ping();
    return server;
  } catch (error) {
    server.kill('SIGKILL');
    throw new Error(`redis-server did not answer on port ${port} within ${WAIT_MS} ms`, { cause: error });
  } finally {
    clearTimeout(timer);
    client.disconnect();
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('No free port was given');
  return address.port;
}
