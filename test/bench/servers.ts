import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTarget, type Target, takeEverythingAway } from '../../src/sandbox/target.ts';
import { startEmbedded } from '../../src/store/embedded.ts';
import { migrate } from '../../src/store/migrate.ts';
import { withClient } from '../../src/store/with-client.ts';
import { createTeardown } from '../../src/teardown.ts';
import { startRedis } from '../support/redis-server.ts';
import { requesters } from './requesters.ts';

/** The real servers that every bench of a run shares. */
export interface Servers {
  /** A migrated database on the server that the bot's data lies on. Gone with the run. */
  newDatabase(): Promise<string>;
  /** Another PostgreSQL server, on which access is given and taken away. It keeps the time of every commit. */
  readonly target: Target;
  /** Takes away what an earlier bench has left people with there. */
  clearTarget(): Promise<void>;
  /** One more server to give access on. Gone with the run. */
  newTarget(): Promise<Target>;
  /** Runs this before the servers go. */
  atEnd(stop: () => Promise<void>): void;
  /** A Redis server of the run's own; the first who asks starts it. */
  redisUrl(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * PostgreSQL runs as it comes, with every commit on the disk: a floor that need not wait for its disk would be a floor of something
 * else.
 */
export async function startServers(): Promise<Servers> {
  const teardown = createTeardown();
  try {
    const folder = await mkdtemp(join(tmpdir(), 'elevate-bench-'));
    // PostgreSQL does not run as root: its own user must be able to walk in.
    await chmod(folder, 0o711);
    teardown.add(() => rm(folder, { recursive: true, force: true }));
    const server = await startEmbedded({
      directory: join(folder, 'bot'),
      settings: { max_connections: '200' },
    });
    teardown.add(() => server.stop());
    const target = await startTarget({
      directory: join(folder, 'target'),
      people: requesters.map((person) => person.login),
      settings: { track_commit_timestamp: 'on' },
    });
    teardown.add(() => target.stop());
    let redis: Promise<string> | undefined;
    let targets = 0;
    const newTarget = async (): Promise<Target> => {
      const added = await startTarget({
        directory: join(folder, `target-${++targets}`),
        people: requesters.map((person) => person.login),
      });
      teardown.add(() => added.stop());
      return added;
    };
    const openRedis = async (): Promise<string> => {
      const started = await startRedis();
      teardown.add(() => started.stop());
      return started.url;
    };
    return {
      target,
      newTarget,
      atEnd: (stop) => teardown.add(stop),
      newDatabase: () => newDatabase(server.url),
      clearTarget: () =>
        withClient(target.adminUrl, (client) =>
          takeEverythingAway(
            client,
            requesters.map((person) => person.login),
          ),
        ),
      redisUrl: () => {
        redis ??= openRedis();
        return redis;
      },
      stop: () => teardown.run(),
    };
  } catch (error) {
    await teardown.run().catch(() => undefined);
    throw error;
  }
}

async function newDatabase(server: string): Promise<string> {
  const name = `bench_${randomUUID().replaceAll('-', '')}`;
  await withClient(server, (client) => client.query(`CREATE DATABASE ${name}`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  await migrate(url.href);
  return url.href;
}
