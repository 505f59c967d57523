import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { type Binaries, EmbeddedProblem } from './embedded-binaries.ts';
import type { RunAs } from './embedded-reach.ts';
import { codeOf, messageOf } from './system-error.ts';

const run = promisify(execFile);

/** How long a server may take to recover after it was cut off, to start, and to stop. */
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_SECONDS = 30;
const QUERY_TIMEOUT_MS = 2_000;
const LOOK_AGAIN_MS = 50;
const PORT_TRIES = 5;
/** The last lines of the server's log that an error quotes. */
const LOG_LINES = 8;

export interface Cluster {
  readonly binaries: Binaries;
  readonly as: RunAs;
  /** PostgreSQL's data directory. */
  readonly data: string;
  readonly log: string;
}

/**
 * Makes the cluster unless it is there. It is made under another name and renamed when complete, so that a process killed half-way
 * leaves nothing that looks like a database.
 */
export async function initialise(cluster: Cluster, password: string): Promise<void> {
  const { data, as, binaries } = cluster;
  const version = await readFile(path.join(data, 'PG_VERSION'), 'utf8').catch(() => null);
  if (version !== null) return refuseOtherVersion(cluster, version.trim());
  const parent = path.dirname(data);
  const prefix = `${path.basename(data)}.new-`;
  for (const name of await readdir(parent)) {
    if (name.startsWith(prefix)) await rm(path.join(parent, name), { recursive: true, force: true });
  }
  const fresh = path.join(parent, prefix + randomUUID());
  const passwordFile = `${fresh}.password`;
  await mkdir(fresh, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if ('uid' in as) await Promise.all([fresh, passwordFile].map((file) => chown(file, as.uid, as.gid)));
  try {
    const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
    const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
    await run(binaries.initdb, [`--pgdata=${fresh}`, ...access, ...locale], { ...as, cwd: '/', env: environment() });
    await rename(fresh, data);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw new EmbeddedProblem(`The embedded PostgreSQL could not be made in ${data}: ${messageOf(error)}`);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function refuseOtherVersion(cluster: Cluster, version: string): Promise<void> {
  const { stdout } = await run(cluster.binaries.postgres, ['--version'], { ...cluster.as, cwd: '/' });
  const ours = /(\d+)[.\d]*\s*$/.exec(stdout)?.[1];
  if (ours !== version) {
    throw new EmbeddedProblem(
      `${cluster.data} was made by PostgreSQL ${version}, and this version of Elevate brings ${ours}. Move it with pg_upgrade or pg_dump, or set DATABASE_URL.`,
    );
  }
}

/** The port of the server that already runs on this data, once it answers; null: none runs. */
export async function runningServer(cluster: Cluster, urlAt: (port: number) => string): Promise<number | null> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const found = await readPidFile(cluster);
    if (found === null) return null;
    if (found.port !== null && (await answers(urlAt(found.port), cluster.data))) return found.port;
    if (!(await isPostgres(found.pid))) {
      // The process died without taking its file away, and in a container somebody else may have its number by now.
      await rm(path.join(cluster.data, 'postmaster.pid'), { force: true });
      return null;
    }
    if (Date.now() > deadline) {
      throw new EmbeddedProblem(
        `A PostgreSQL server (process ${found.pid}) runs on ${cluster.data}, but does not answer. End it, then start again.${await lastLines(cluster)}`,
      );
    }
    await sleep(LOOK_AGAIN_MS);
  }
}

/** Starts the server on the port it had, or on a free one, and returns the port. */
export async function start(
  cluster: Cluster,
  rememberedPort: number | null,
  settings: { readonly [name: string]: string },
): Promise<number> {
  const own = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings };
  const flags = Object.entries(own).map(([name, value]) => `-c ${name}='${value}'`);
  let problem = '';
  for (let attempt = 0; attempt < PORT_TRIES; attempt += 1) {
    const port =
      attempt === 0 && rememberedPort !== null && (await isFree(rememberedPort)) ? rememberedPort : await freePort();
    try {
      await prepareLog(cluster);
      // pg_ctl gives the server a session of its own, so that Ctrl-C on the bot does not reach it before the bot has drained.
      const wait = ['-w', '-t', String(READY_TIMEOUT_MS / 1000)];
      const options = ['-D', cluster.data, '-l', cluster.log, '-o', `-p ${port} ${flags.join(' ')}`];
      await run(cluster.binaries.pgCtl, ['start', ...wait, ...options], {
        ...cluster.as,
        cwd: '/',
        env: environment(),
      });
      return port;
    } catch (error) {
      problem = `${messageOf(error)}${await lastLines(cluster)}`;
      if (!/Address already in use|could not create any TCP/.test(problem)) break;
    }
  }
  throw new EmbeddedProblem(`The embedded PostgreSQL in ${cluster.data} does not start: ${problem}`);
}

/** Asks until a query is answered: 'ready' in the log comes before that after an unclean stop. */
export async function waitForQuery(cluster: Cluster, url: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await answers(url, cluster.data))) {
    if (Date.now() > deadline) {
      throw new EmbeddedProblem(
        `The embedded PostgreSQL in ${cluster.data} was started but does not answer.${await lastLines(cluster)}`,
      );
    }
    await sleep(LOOK_AGAIN_MS);
  }
}

/** Ends the server, cutting off whoever is connected. Not running is success. */
export async function stop(cluster: Cluster): Promise<void> {
  if ((await readPidFile(cluster)) === null) return;
  const options = ['-D', cluster.data, '-m', 'fast', '-w', '-t', String(STOP_TIMEOUT_SECONDS)];
  try {
    await run(cluster.binaries.pgCtl, ['stop', ...options], { ...cluster.as, cwd: '/', env: environment() });
  } catch (error) {
    if ((await readPidFile(cluster)) === null) return;
    throw new EmbeddedProblem(`The embedded PostgreSQL in ${cluster.data} does not stop: ${messageOf(error)}`);
  }
}

/** postmaster.pid: the process id in line 1, the port in line 4 (PostgreSQL documentation, "Database File Layout"). */
async function readPidFile(cluster: Cluster): Promise<{ pid: number; port: number | null } | null> {
  const text = await readFile(path.join(cluster.data, 'postmaster.pid'), 'utf8').catch(() => null);
  if (text === null) return null;
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 0) return { pid: 0, port: null };
  return { pid, port: Number.isInteger(port) && port > 0 ? port : null };
}

async function isPostgres(pid: number): Promise<boolean> {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
  }
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => null);
  // Where there is no /proc, a living process counts as the server: waiting is safe, starting a second one is not.
  return name === null ? process.platform !== 'linux' : name.trim() === 'postgres';
}

/** Whether the server at the address answers a query and is the one on this data. */
async function answers(url: string, data: string): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: QUERY_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ data: string }>("SELECT current_setting('data_directory') AS data");
    return path.resolve(rows[0]?.data ?? '') === data;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** The log belongs to whom the server runs as, and begins anew with each start. */
async function prepareLog({ log, as }: Cluster): Promise<void> {
  await writeFile(log, '', { mode: 0o600 });
  await chmod(log, 0o600);
  if ('uid' in as) await chown(log, as.uid, as.gid);
}

async function lastLines(cluster: Cluster): Promise<string> {
  const text = await readFile(cluster.log, 'utf8').catch(() => '');
  const lines = text.trim().split('\n').slice(-LOG_LINES).join('\n');
  return lines === '' ? '' : `\nIts log ends with:\n${lines}`;
}

/** Only what the programs need: PGDATA, PGPORT and the like of the machine must not steer our server. */
const environment = (): NodeJS.ProcessEnv => ({ PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' });
