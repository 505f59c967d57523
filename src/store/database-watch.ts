import { z } from 'zod';
import { workspaceId } from '../domain/ids.ts';
import type { Clock } from '../usecases/ports.ts';
import type { DatabaseIdentity, DatabaseWatch } from '../usecases/watch-ports.ts';
import type { Db } from './database.ts';
import { Prisma } from './generated/client.ts';
import { jsonText } from './rows.ts';

const identitySchema: z.ZodType<DatabaseIdentity> = z.looseObject({
  systemIdentifier: z.string().nullable(),
  timeline: z.string().nullable(),
  database: z.string(),
  table: z.string(),
});

/**
 * Who this database is: the cluster's identifier and timeline (PostgreSQL documentation, "Control Data Functions"), where our role
 * may ask for them; the database's oid; and the oid of a table, which a restored dump changes.
 */
export function createDatabaseWatch(db: Db, clock: Clock): DatabaseWatch {
  const now = () => Prisma.sql`(clock_timestamp() + ${clock.offsetMs()}::float8 * interval '1 millisecond')`;

  return {
    async look() {
      const is = await readIdentity(db);
      // The present is noted in the statement that reads the past, so that of two replicas only one finds the difference.
      const rows: readonly { identity: unknown; seen_at: Date | null; now: Date }[] = await db.query`
        WITH before AS (SELECT identity, seen_at FROM database_sightings WHERE id = 1 FOR UPDATE),
        noted AS (
          INSERT INTO database_sightings AS s (id, identity, seen_at) VALUES (1, ${jsonText(is)}::jsonb, clock_timestamp())
          ON CONFLICT (id) DO UPDATE SET identity = excluded.identity, seen_at = excluded.seen_at
        )
        SELECT (SELECT identity FROM before) AS identity, (SELECT seen_at FROM before) AS seen_at,
               date_trunc('milliseconds', clock_timestamp()) AS now`;
      const row = rows[0];
      if (!row) throw new Error('The database did not tell its time');
      const was = identitySchema.safeParse(row.identity);
      return { is, was: was.success ? was.data : null, now: row.now, seenAt: row.seen_at };
    },

    async workspaces() {
      const rows: readonly { id: string }[] = await db.query`
        SELECT workspace_id AS id FROM audit_chain_heads UNION SELECT workspace_id FROM known_systems`;
      return rows.map((row) => workspaceId(row.id));
    },

    async counts() {
      const rows: readonly CountRow[] = await db.query`
        WITH open AS (
          SELECT status, CASE status WHEN 'revoking' THEN coalesce(end_due_at, must_end_by) ELSE coalesce(ends_at, must_end_by) END AS due
          FROM grants WHERE status <> 'ended'
        )
        SELECT
          count(*) FILTER (WHERE due < ${now()})::int AS overdue,
          coalesce(extract(epoch FROM ${now()} - min(due) FILTER (WHERE due < ${now()})), 0)::float8 AS oldest,
          count(*) FILTER (WHERE status = 'scheduled')::int AS scheduled,
          count(*) FILTER (WHERE status = 'provisioning')::int AS provisioning,
          count(*) FILTER (WHERE status = 'active')::int AS active,
          count(*) FILTER (WHERE status = 'revoking')::int AS revoking,
          (SELECT count(*)::int FROM effects WHERE kind = 'watch_grant' AND done_at IS NULL) AS unverified,
          (SELECT count(*)::int FROM drifts WHERE status IN ('open', 'revoking')) AS drift,
          (SELECT count(*)::int FROM reconciler_pauses) AS pauses
        FROM open`;
      const row = rows[0];
      if (!row) throw new Error('The database did not count');
      const { scheduled, provisioning, active, revoking, unverified, drift, pauses } = row;
      const byStatus = { scheduled, provisioning, active, revoking };
      return { overdue: row.overdue, oldestOverdueSeconds: row.oldest, byStatus, unverified, drift, pauses };
    },
  };
}

interface CountRow {
  readonly overdue: number;
  readonly oldest: number;
  readonly scheduled: number;
  readonly provisioning: number;
  readonly active: number;
  readonly revoking: number;
  readonly unverified: number;
  readonly drift: number;
  readonly pauses: number;
}

async function readIdentity(db: Db): Promise<DatabaseIdentity> {
  const rows: readonly { database: string; table: string; control: boolean; wal: boolean }[] = await db.query`
    SELECT (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS database,
           'audit_events'::regclass::oid::text AS table,
           has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS control,
           has_function_privilege('pg_catalog.pg_control_checkpoint()', 'EXECUTE') AS wal`;
  const row = rows[0];
  if (!row) throw new Error('The database did not say which one it is');
  const systems: readonly { id: string }[] = row.control
    ? await db.query`SELECT system_identifier::text AS id FROM pg_control_system()`
    : [];
  const timelines: readonly { id: string }[] = row.wal
    ? await db.query`SELECT timeline_id::text AS id FROM pg_control_checkpoint()`
    : [];
  return {
    systemIdentifier: systems[0]?.id ?? null,
    timeline: timelines[0]?.id ?? null,
    database: row.database,
    table: row.table,
  };
}
