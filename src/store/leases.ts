import type { Clock } from '../usecases/ports.ts';
import type { Leases } from '../usecases/watch-ports.ts';
import type { Db } from './database.ts';
import { Prisma } from './generated/client.ts';

/**
 * How long the outcome of a call can stay unknown: after the last of the looks (CONNECTORS.md: 1, 10 and 60 minutes) the access is
 * as it was read back, and an older call no longer counts.
 */
const UNSETTLED_FOR_MINUTES = 60;

/** Leases in our own database, for targets that have no locks. */
export function createLeases(db: Db, clock: Clock): Leases {
  const now = () => Prisma.sql`(clock_timestamp() + ${clock.offsetMs()}::float8 * interval '1 millisecond')`;
  const later = (milliseconds: number) =>
    Prisma.sql`clock_timestamp() + ${milliseconds}::float8 * interval '1 millisecond'`;

  return {
    async take(key, milliseconds) {
      const rows: readonly { fence: string; unsettled_since: Date | null }[] = await db.query`
        INSERT INTO target_leases AS l (key, fence, lease_until) VALUES (${key}, 1, ${later(milliseconds)})
        ON CONFLICT (key) DO UPDATE SET
          fence = l.fence + 1, lease_until = excluded.lease_until,
          unsettled_since = CASE WHEN l.unsettled_since > ${now()} - ${UNSETTLED_FOR_MINUTES}::int * interval '1 minute' THEN l.unsettled_since END
        WHERE l.lease_until < clock_timestamp()
        RETURNING fence::text AS fence, unsettled_since`;
      const row = rows[0];
      return row ? { key, fence: row.fence, unsettledSince: row.unsettled_since } : null;
    },

    async beginCall({ key, fence }, milliseconds) {
      const count = await db.execute`
        UPDATE target_leases SET unsettled_since = ${now()}, lease_until = greatest(lease_until, ${later(milliseconds)})
        WHERE key = ${key} AND fence = ${fence}::bigint AND lease_until >= clock_timestamp()`;
      return count > 0;
    },

    async settleCall({ key, fence, unsettledSince }) {
      await db.execute`
        UPDATE target_leases SET unsettled_since = ${unsettledSince?.toISOString() ?? null}::timestamptz
        WHERE key = ${key} AND fence = ${fence}::bigint`;
    },

    async release({ key, fence }) {
      await db.execute`
        UPDATE target_leases SET lease_until = '-infinity' WHERE key = ${key} AND fence = ${fence}::bigint`;
    },
  };
}
