import { PostgresConnection } from 'bullmq';

/**
 * BullMQ's connection to PostgreSQL, for tables that are there.
 *
 * BullMQ's own (6.7) looks for them when it connects, and remembers a failure of that look for ever. A worker then asks again and again
 * without a moment between, so that one connection that breaks at the start stops the whole process: nothing else ever gets its turn.
 */
export class SteadyConnection extends PostgresConnection {
  override async waitUntilReady(): Promise<void> {}
}
