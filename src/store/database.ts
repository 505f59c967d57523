import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { openPool } from '../open-pool.ts';
import { statementName } from '../statement-name.ts';
import { asStoreError } from './errors.ts';
import { Prisma, PrismaClient } from './generated/client.ts';

/**
 * SQL on one connection or on whichever is free. Values in the templates become parameters; `Prisma.sql` makes parts that are put
 * into others. Throws `Outage` where the database failed us, and what PostgreSQL said otherwise.
 */
export interface Db {
  /** The rows of a statement, as PostgreSQL's types come out in JavaScript: whoever reads them checks them. */
  query<Row = unknown>(strings: TemplateStringsArray, ...values: unknown[]): Promise<readonly Row[]>;
  /** How many rows the statement touched. */
  execute(strings: TemplateStringsArray, ...values: unknown[]): Promise<number>;
}

/** What the work of a transaction came to. */
export interface Worked<T> {
  readonly value: T;
  /** A last statement, which leaves together with the COMMIT: when it fails, PostgreSQL takes that COMMIT for a ROLLBACK. */
  readonly last: (() => Promise<unknown>) | null;
}

export interface Database {
  /**
   * Runs `work` in one transaction at READ COMMITTED: it sees what others commit meanwhile, and relies on locks. It speaks to
   * PostgreSQL without Prisma's client in between, which costs 0.3 ms of processor time for each statement and 0.8 ms for each
   * interactive transaction: several times what the statements themselves cost, on the way from a request to its access.
   */
  transaction<T>(work: (db: Db) => Promise<Worked<T>>): Promise<T>;
  /** Single statements: reads outside of a transaction, leases, probes. */
  readonly single: Db;
  /** Prisma's models, for the tables where nothing has to be locked or fast. */
  readonly models: PrismaClient;
  close(): Promise<void>;
}

/** Connections for transactions, and for single statements. Two pools, so that a hundred clicks which wait for one row starve no lease. */
const TRANSACTION_CONNECTIONS = 10;
const SINGLE_CONNECTIONS = 6;
/** How long somebody waits for a free connection or a new one. */
const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 60_000;
const IDLE_IN_TRANSACTION_MS = 15_000;
const LOCK_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 15_000;
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 3_000;

export function openDatabase(url: string): Database {
  const transactions = open(url, TRANSACTION_CONNECTIONS, true);
  const singles = open(url, SINGLE_CONNECTIONS, false);
  const models = new PrismaClient({ adapter: new PrismaPg(singles) });
  return {
    transaction: (work) => runTransaction(transactions, work),
    single: dbOn(singles),
    models,
    async close() {
      await models.$disconnect();
      await Promise.all([transactions.end(), singles.end()]);
    },
  };
}

function open(url: string, max: number, pipeline: boolean): pg.Pool {
  return openPool({
    connectionString: url,
    pipeline,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    application_name: 'elevate',
    // Prisma's adapter writes times without their zone, so the session's zone must be the one it means.
    options: '-c TimeZone=UTC',
  });
}

async function runTransaction<T>(pool: pg.Pool, work: (db: Db) => Promise<Worked<T>>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw asStoreError(error);
  });
  /** Why the connection is not to be used again. */
  let broken: Error | boolean = false;
  try {
    const { value, last } = await work(dbOn(client, begin(client)));
    await commit(client, last);
    return value;
  } catch (error) {
    broken = await client.query('ROLLBACK').then(
      () => false,
      () => (error instanceof Error ? error : true),
    );
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Leaves together with the first statement. That one, and with it all others, waits for the answer to this one too. */
function begin(client: pg.PoolClient): Promise<unknown> {
  const begun = client.query('BEGIN').catch((error: unknown) => {
    throw asStoreError(error);
  });
  begun.catch(() => {});
  return begun;
}

/** A connection that is lost here leaves open whether it was committed. A transaction that had failed unheard rolls back at COMMIT. */
async function commit(client: pg.PoolClient, last: Worked<unknown>['last']): Promise<void> {
  const lastDone = last?.();
  lastDone?.catch(() => {});
  let command: string;
  try {
    command = (await client.query('COMMIT')).command;
  } catch (error) {
    throw asStoreError(error, true);
  }
  await lastDone;
  if (command === 'COMMIT') return;
  throw new Error('The transaction was rolled back: an error of one of its statements was not heard');
}

/** `begun`: what has to have worked before any answer counts. */
function dbOn(connection: pg.Pool | pg.PoolClient, begun: Promise<unknown> = Promise.resolve()): Db {
  const run = async (strings: TemplateStringsArray, values: readonly unknown[]): Promise<pg.QueryResult> => {
    const { text, values: parameters } = Prisma.sql(strings, ...values);
    try {
      const [result] = await Promise.all([
        connection.query({ name: statementName(text), text, values: parameters }),
        begun,
      ]);
      return result;
    } catch (error) {
      throw asStoreError(error);
    }
  };
  return {
    query: async (strings, ...values) => (await run(strings, values)).rows,
    execute: async (strings, ...values) => (await run(strings, values)).rowCount ?? 0,
  };
}
