import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkspaceId } from '../domain/ids.ts';
import type { Clock, OutboxEntry, Store, TransactionOptions, Tx } from '../usecases/ports.ts';
import { openDatabase } from './database.ts';
import { createDatabaseWatch } from './database-watch.ts';
import { BadRow, mayRunAgain } from './errors.ts';
import { createLeases } from './leases.ts';
import { createOutbox } from './outbox.ts';
import { createPeople } from './people.ts';
import { createPolicies } from './policies.ts';
import { createReads } from './reads.ts';
import type { Skipping } from './request-columns.ts';
import { readClock, runInside } from './transaction.ts';

/** How often a transaction that lost a race runs again, and the longest pause before the first of these; it doubles. */
const RUNS_AGAIN = 5;
const FIRST_PAUSE_MS = 10;

export interface StoreOptions {
  readonly clock: Clock;
  /** Hears of rows that lists had to leave out because they cannot be read. */
  readonly onBadRow?: (bad: BadRow) => void;
}

export interface OpenStore extends Store {
  /** Closes the connections; what is in flight fails. */
  close(): Promise<void>;
}

/** The store on PostgreSQL, whose schema `migrate` has brought up to date. It connects when it is first asked something. */
export function createStore(url: string, { clock, onBadRow = () => {} }: StoreOptions): OpenStore {
  const database = openDatabase(url);
  const listeners: Parameters<Store['onCommit']>[0][] = [];
  const tell = (dueAt: Date, dueNow: readonly OutboxEntry[] = []) => {
    for (const listener of listeners) listener(dueAt, dueNow);
  };
  const skipping: Skipping = (rows, read) =>
    rows.flatMap((row) => {
      try {
        return [read(row)];
      } catch (error) {
        if (!(error instanceof BadRow)) throw error;
        onBadRow(error);
        return [];
      }
    });

  return {
    async transaction<T>(
      workspace: WorkspaceId,
      work: (tx: Tx) => Promise<T>,
      options: TransactionOptions = {},
    ): Promise<T> {
      const ran = await runAgainOnConflict(() =>
        database.transaction((db) =>
          runInside(db, workspace, clock, createReads(db, workspace, skipping), skipping, work, options),
        ),
      );
      if (ran.earliestDueAt !== null) tell(ran.earliestDueAt, ran.dueNow);
      return ran.result;
    },
    reads: (workspace) => createReads(database.single, workspace, skipping),
    now: () => readClock(database.single, clock),
    onCommit: (listener) => {
      listeners.push(listener);
    },
    outbox: createOutbox({ db: database.single, clock, onFree: tell, skipping }),
    people: createPeople(database),
    policies: createPolicies(database),
    leases: createLeases(database.single, clock),
    database: createDatabaseWatch(database, clock, tell),
    close: () => database.close(),
  };
}

async function runAgainOnConflict<T>(run: () => Promise<T>): Promise<T> {
  for (let again = 0; ; again += 1) {
    try {
      return await run();
    } catch (error) {
      if (again === RUNS_AGAIN || !mayRunAgain(error)) throw error;
      await sleep(Math.random() * FIRST_PAUSE_MS * 2 ** again);
    }
  }
}
