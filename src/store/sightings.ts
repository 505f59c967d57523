import { z } from 'zod';
import type { ClockSighting } from '../domain/clock-watch.ts';
import type { EffectKind } from '../domain/effect.ts';
import type { Clock } from '../usecases/ports.ts';
import type { DatabaseIdentity, DatabaseSight } from '../usecases/watch-ports.ts';
import type { Db } from './database.ts';
import { jsonText, storedDate } from './rows.ts';
import { readClock } from './transaction.ts';

const identitySchema: z.ZodType<DatabaseIdentity> = z.looseObject({
  systemIdentifier: z.string().nullable(),
  timeline: z.string().nullable(),
  database: z.string(),
  table: z.string(),
});

const sightingSchema = z
  .object({
    seen_at: storedDate,
    boot: z.string().nullable(),
    steady_seconds: z.number(),
    stepped_ms: z.number(),
    outside_ahead_ms: z.number().nullable(),
    looks: z.int(),
    events: z.int(),
  })
  .transform(
    (row): ClockSighting => ({
      seenAt: row.seen_at,
      boot: row.boot,
      steadySeconds: row.steady_seconds,
      steppedMs: row.stepped_ms,
      outsideAheadMs: row.outside_ahead_ms,
      looks: row.looks,
      events: row.events,
    }),
  );

/** What performs at any time what is right at that time, and decides about access: what is only put off by a clock that went back. */
const GOES_AT_ONCE: readonly EffectKind[] = ['watch_grant', 'check_people', 'reconcile'];

export async function readSight(db: Db, clock: Clock): Promise<DatabaseSight> {
  const is = await readIdentity(db);
  const kept: readonly { identity: unknown }[] = await db.query`SELECT * FROM database_sightings WHERE id = 1`;
  // Something that cannot be read is as good as none: the next look has one again.
  const was = identitySchema.safeParse(kept[0]?.identity);
  const seen = sightingSchema.safeParse(kept[0]);
  const counted: readonly { events: number; newest: Date | null }[] = await db.query`
    SELECT coalesce(sum(h.sequence), 0)::int AS events, max(e.at) AS newest FROM audit_chain_heads h
    LEFT JOIN audit_events e ON e.workspace_id = h.workspace_id AND e.sequence = h.sequence`;
  // Both of the same moment, and a clock that is put forward while the answer is on its way did not go back.
  const passedMs = clock.passedMs();
  const now = await readClock(db, clock);
  return {
    is,
    was: was.success ? was.data : null,
    seen: seen.success ? seen.data : null,
    now,
    passedMs,
    events: counted[0]?.events ?? 0,
    newestEventAt: counted[0]?.newest ?? null,
  };
}

export async function noteSighting(db: Db, identity: DatabaseIdentity, sighting: ClockSighting): Promise<void> {
  const { seenAt, boot, steadySeconds, steppedMs, outsideAheadMs, looks, events } = sighting;
  await db.execute`
    INSERT INTO database_sightings (id, identity, seen_at, boot, steady_seconds, stepped_ms, outside_ahead_ms, looks, events)
    VALUES (1, ${jsonText(identity)}::jsonb, ${seenAt.toISOString()}::timestamptz, ${boot}, ${steadySeconds}::float8,
            ${steppedMs}::float8, ${outsideAheadMs}::float8, ${looks}::int, ${events}::int)
    ON CONFLICT (id) DO UPDATE SET
      identity = excluded.identity, seen_at = excluded.seen_at, boot = excluded.boot, steady_seconds = excluded.steady_seconds,
      stepped_ms = excluded.stepped_ms, outside_ahead_ms = excluded.outside_ahead_ms, looks = excluded.looks, events = excluded.events`;
}

/** What failed and waits for its next try is due now, and so is who watches. */
export async function hurry(db: Db, now: Date): Promise<void> {
  await db.execute`
    UPDATE effects SET due_at = ${now.toISOString()}::timestamptz, handed_on_at = NULL
    WHERE done_at IS NULL AND due_at > ${now.toISOString()}::timestamptz AND (attempts > 0 OR kind = ANY (${[...GOES_AT_ONCE]}))`;
}

/**
 * Who this database is: the cluster's identifier and timeline (PostgreSQL documentation, "Control Data Functions"), where our role
 * may ask for them; the database's oid; and the oid of a table, which a restored dump changes.
 */
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
