import { describe } from '@jest/globals';
import { createPostgresBackend, runMigrations, withBackend } from 'bullmq';
import pg from 'pg';
import { queueContract } from './queue-contract.ts';
import { watchQueues } from './queue-jobs.ts';

const { Queue } = withBackend(createPostgresBackend);
const SCHEMA = 'elevate_queue';

describe('the queue on PostgreSQL', () => {
  queueContract({
    canBeAway: false,
    async start(databaseUrl) {
      const client = new pg.Client({ connectionString: databaseUrl });
      await client.connect();
      await runMigrations(client, SCHEMA);
      const connection = { connectionString: databaseUrl, schema: SCHEMA, max: 1, application_name: 'watching' };
      const { close, ...queues } = watchQueues((name) => new Queue(name, { connection }));
      return {
        ...queues,
        backend: { databaseUrl },
        async empty() {
          await client.query(`DELETE FROM ${SCHEMA}.job`);
        },
        // Its connections break, as at a failover: for queries, and those on which the workers listen.
        async lose() {
          await client.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name LIKE 'elevate-%'`,
          );
        },
        async comeBack() {},
        async stop() {
          await close();
          await client.end();
        },
      };
    },
  });
});
