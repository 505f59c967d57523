import { fork } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type Embedded, startEmbedded } from '../../src/store/embedded.ts';
import { endCluster } from '../support/jest-global-teardown.mjs';

const settings = { fsync: 'off' };
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'elevate-embedded-'));
  await chmod(directory, 0o711);
});

afterEach(() => endCluster(directory));

const start = (): Promise<Embedded> => startEmbedded({ directory, settings });

async function ask(url: string, text: string) {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows[0];
  } finally {
    await client.end();
  }
}

const postmaster = async (): Promise<number> =>
  Number((await readFile(path.join(directory, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);

async function until(what: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await what())) {
    if (Date.now() > deadline) throw new Error('It did not happen within 15 s');
    await sleep(20);
  }
}

describe('the embedded PostgreSQL', () => {
  it('is made, answers as UTF-8, stops, and comes back on its port with its data', async () => {
    const first = await start();
    expect(first.adopted).toBe(false);
    expect(
      await ask(
        first.url,
        "SELECT current_database() AS db, current_setting('server_encoding') AS encoding, current_setting('listen_addresses') AS on",
      ),
    ).toEqual({
      db: 'elevate',
      encoding: 'UTF8',
      on: '127.0.0.1',
    });
    await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS n');
    await first.stop();
    await expect(ask(first.url, 'SELECT 1')).rejects.toThrow();
    const second = await start();
    expect(second).toMatchObject({ url: first.url, adopted: false });
    expect(await ask(second.url, 'SELECT n FROM kept')).toEqual({ n: 42 });
    await second.stop();
  });

  it('wants its password, which only its owner can read', async () => {
    const { url } = await start();
    const wrong = new URL(url);
    wrong.password = 'guessed';
    await expect(ask(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    expect((await stat(path.join(directory, 'postgres.json'))).mode & 0o077).toBe(0);
  });

  it('is adopted when the process that started it is gone', async () => {
    const { url } = await start();
    const pid = await postmaster();
    expect(await start()).toMatchObject({ url, adopted: true });
    expect(await postmaster()).toBe(pid);
  });

  it('recovers what was committed after it was killed itself', async () => {
    const { url } = await start();
    await ask(url, 'CREATE TABLE kept AS SELECT 7 AS n');
    const pid = await postmaster();
    process.kill(pid, 'SIGKILL');
    await until(() =>
      ask(url, 'SELECT 1').then(
        () => false,
        () => true,
      ),
    );
    const again = await start();
    expect(await ask(again.url, 'SELECT n FROM kept')).toEqual({ n: 7 });
  });

  it('is not held up by a pid file whose number somebody else has now', async () => {
    const first = await start();
    await first.stop();
    await writeFile(
      path.join(directory, 'postgres', 'postmaster.pid'),
      `${process.pid}\n/nowhere\n0\n1\n\n127.0.0.1\n0\nready\n`,
    );
    const second = await start();
    expect(await ask(second.url, 'SELECT 1 AS one')).toEqual({ one: 1 });
  });

  it('is one server when several start at once', async () => {
    const all = await Promise.all([start(), start(), start()]);
    expect(new Set(all.map((each) => each.url)).size).toBe(1);
    expect(all.filter((each) => !each.adopted)).toHaveLength(1);
  });

  it('goes on for others who are connected, and stops for the last', async () => {
    const mine = await start();
    const other = new pg.Client({ connectionString: mine.url });
    other.on('error', () => {});
    await other.connect();
    await mine.stop();
    expect((await other.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await other.end();
    await until(async () => {
      await mine.stop();
      return ask(mine.url, 'SELECT 1').then(
        () => false,
        () => true,
      );
    });
  });

  it('takes another port when its own is taken meanwhile', async () => {
    const first = await start();
    await first.stop();
    const port = Number(new URL(first.url).port);
    const { createServer } = await import('node:net');
    const squatter = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));
    try {
      const second = await start();
      expect(Number(new URL(second.url).port)).not.toBe(port);
      expect(await ask(second.url, 'SELECT 1 AS one')).toEqual({ one: 1 });
    } finally {
      squatter.close();
    }
  });

  it('begins anew where a process died while it made the cluster, and takes its lock', async () => {
    const holder = fork(new URL('../support/hold-lock.mjs', import.meta.url).pathname, [
      path.join(directory, 'postgres.lock'),
    ]);
    await new Promise((resolve) => holder.once('message', resolve));
    holder.kill('SIGKILL');
    const { url } = await start();
    expect(await ask(url, 'SELECT 1 AS one')).toEqual({ one: 1 });
  });

  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot('keeps its data in reach of the user that root starts it as', async () => {
    const closed = path.join(directory, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const inside = path.join(closed, 'data');
    const first = await startEmbedded({ directory: inside, settings });
    const { data } = JSON.parse(await readFile(path.join(inside, 'postgres.json'), 'utf8'));
    try {
      expect(data).toMatch(/^\/var\/lib\/elevate\/data-/);
      await ask(first.url, 'CREATE TABLE kept AS SELECT 1 AS n');
      await first.stop();
      const again = await startEmbedded({ directory: inside, settings });
      expect(await ask(again.url, 'SELECT n FROM kept')).toEqual({ n: 1 });
      await again.stop();
    } finally {
      await endCluster(path.dirname(data));
    }
  });

  it('says what to do when its password is lost, its data is of another version, or its directory cannot be', async () => {
    const first = await start();
    await first.stop();
    await writeFile(path.join(directory, 'postgres', 'PG_VERSION'), '12\n');
    await expect(start()).rejects.toThrow(
      /was made by PostgreSQL 12, and this version of Elevate brings 18.*DATABASE_URL/,
    );
    await rm(path.join(directory, 'postgres.json'));
    await expect(start()).rejects.toThrow(/postgres\.json .* is missing, but its data is there/);
    await writeFile(path.join(directory, 'a file'), '');
    await expect(startEmbedded({ directory: path.join(directory, 'a file', 'data') })).rejects.toThrow(
      /cannot be used: ENOTDIR.*DATABASE_URL/s,
    );
  });
});
