import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { z } from 'zod';
import { withDirectoryLock } from './directory-lock.ts';
import { checkRunnable, EmbeddedProblem, findBinaries, whomToRunAs } from './embedded-binaries.ts';
import { type Cluster, initialise, runningServer, start, stop, waitForQuery } from './embedded-cluster.ts';
import { type RunAs, reachableData } from './embedded-reach.ts';
import { messageOf } from './system-error.ts';
import { withClient } from './with-client.ts';

/** How long one process waits while another initialises and starts the same directory. */
const LOCK_TIMEOUT_MS = 120_000;
const DATABASE = 'elevate';
const STATE_FILE = 'postgres.json';

export interface EmbeddedOptions {
  /** Where everything lies; made when it is not there. */
  readonly directory: string;
  /** Settings of the server, such as `{ fsync: 'off' }` for tests. */
  readonly settings?: { readonly [name: string]: string };
}

export interface Embedded {
  /** The address of the database `elevate`, as its superuser. It holds the password. */
  readonly url: string;
  /** Whether the server ran already, left by an earlier process or shared with one. */
  readonly adopted: boolean;
  /** Stops the server, unless somebody else is still connected to it. */
  stop(): Promise<void>;
}

/** What is remembered beside the cluster. */
const stateSchema = z.object({
  password: z.string().min(1),
  port: z.int().min(1).max(65_535).nullable(),
  /** Where the cluster lies, seen from the directory, so that the whole of it can be moved. */
  data: z.string().min(1).default('postgres'),
});
type State = z.infer<typeof stateSchema>;

/**
 * A PostgreSQL server of our own in a directory, for a start without DATABASE_URL, for the demo and for tests. The first start makes
 * it; a later one starts it again, or adopts it when it still runs because the process before was killed. It listens on
 * 127.0.0.1 only, with a random password that lies in the directory for its owner's eyes. Throws `EmbeddedProblem`.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const as = await whomToRunAs();
  const binaries = await findBinaries(as);
  await checkRunnable(binaries, as);
  const directory = await makeDirectory(path.resolve(options.directory), 'uid' in as);
  const stateFile = path.join(directory, STATE_FILE);
  const lockFile = path.join(directory, 'postgres.lock');

  return withDirectoryLock(lockFile, LOCK_TIMEOUT_MS, async () => {
    const state = await ensureState(stateFile, directory, as);
    const data = path.resolve(directory, state.data);
    const cluster: Cluster = { binaries, as, data, log: `${data}.log` };
    await initialise(cluster, state.password);
    const urlAt = (port: number, database = 'postgres') =>
      `postgresql://postgres:${state.password}@127.0.0.1:${port}/${database}`;
    const runningAt = await runningServer(cluster, urlAt);
    const port = runningAt ?? (await start(cluster, state.port, options.settings ?? {}));
    await waitForQuery(cluster, urlAt(port));
    if (port !== state.port) await writeState(stateFile, { ...state, port });
    await ensureDatabase(urlAt(port));
    return {
      url: urlAt(port, DATABASE),
      adopted: runningAt !== null,
      stop: () =>
        withDirectoryLock(lockFile, LOCK_TIMEOUT_MS, async () => {
          if ((await othersConnected(urlAt(port))) === 0) await stop(cluster);
        }),
    };
  });
}

/** Whether an embedded server was ever started in the directory. */
export const isEmbedded = (directory: string): Promise<boolean> =>
  stat(path.join(directory, STATE_FILE)).then(
    () => true,
    () => false,
  );

/** The user that PostgreSQL runs as must be able to walk through the directory, though not to list it. */
async function makeDirectory(directory: string, forAnotherUser: boolean): Promise<string> {
  try {
    await mkdir(directory, { recursive: true, mode: forAnotherUser ? 0o711 : 0o700 });
    const { mode } = await stat(directory);
    if (forAnotherUser && (mode & 0o001) === 0) await chmod(directory, mode | 0o011);
    return await realpath(directory);
  } catch (error) {
    throw new EmbeddedProblem(
      `The directory ${directory} for the embedded PostgreSQL cannot be used: ${messageOf(error)}. Make it writable, or set DATABASE_URL.`,
    );
  }
}

async function ensureState(file: string, directory: string, as: RunAs): Promise<State> {
  const text = await readFile(file, 'utf8').catch(() => null);
  const known = text === null ? null : readState(text);
  if (known) return known;
  const data = path.join(directory, 'postgres');
  const exists = await stat(data).then(
    () => true,
    () => false,
  );
  if (text !== null || exists) {
    throw new EmbeddedProblem(
      `${file} with the password of the embedded PostgreSQL is ${text === null ? 'missing, but its data is there' : 'damaged'}. Put it back from a backup; if the data is not needed, delete ${directory}.`,
    );
  }
  const state: State = {
    password: randomBytes(24).toString('hex'),
    port: null,
    data: await reachableData(directory, as),
  };
  await writeState(file, state);
  return state;
}

function readState(text: string): State | null {
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

async function writeState(file: string, state: State): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

async function ensureDatabase(url: string): Promise<void> {
  await withClient(quick(url), async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  });
}

/** Sessions of other processes, such as a second bot on the same directory. The server's own workers do not count. */
async function othersConnected(url: string): Promise<number> {
  try {
    return await withClient(quick(url), async (client) => {
      const { rowCount } = await client.query(
        "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
      );
      return rowCount ?? 0;
    });
  } catch {
    // Whatever does not answer has no users to protect.
    return 0;
  }
}

const quick = (url: string): pg.ClientConfig => ({
  connectionString: url,
  connectionTimeoutMillis: 5_000,
  application_name: 'elevate embedded',
});
