import { isPgPool, PostgresConnection } from 'bullmq';
import { openPool, type PoolSettings } from '../open-pool.ts';

/**
 * BullMQ's connection to PostgreSQL, for tables that are there and for as long as the process lives.
 *
 * BullMQ's own (6.7) looks for them when it connects, and remembers a failure of that look for ever. A worker then asks again and again
 * without a moment between, so that one connection that breaks at the start stops the whole process: nothing else ever gets its turn.
 * It also waits without a limit on a connection that leads nowhere. One connection of the pool is for listening.
 */
export class SteadyConnection extends PostgresConnection {
  constructor(settings: PoolSettings) {
    super(poolOf(settings));
  }

  override async waitUntilReady(): Promise<void> {}

  override async close(): Promise<void> {
    if (this.isClosing) return this.isClosing;
    await super.close();
    await this.pool.end();
  }
}

/** node-postgres' pool by the type that BullMQ knows it by. */
function poolOf(settings: PoolSettings): PostgresConnection['pool'] {
  const pool: unknown = openPool(settings);
  if (isPgPool(pool)) return pool;
  throw new TypeError('BullMQ does not take a pool of node-postgres');
}
