import type { EffectChange } from '../domain/effect.ts';
import { type WorkspaceId, workspaceId } from '../domain/ids.ts';
import type { Clock } from '../usecases/ports.ts';
import type { DatabaseWatch } from '../usecases/watch-ports.ts';
import type { Database, Db } from './database.ts';
import { finish, lastOfEachKey } from './finish.ts';
import { Prisma } from './generated/client.ts';
import { hurry, noteSighting, readSight } from './sightings.ts';

const THEIR_LOOKS = 'database_sightings';

/** The watch over our own database. `onScheduled` is told of what a look made due. */
export function createDatabaseWatch(
  database: Database,
  clock: Clock,
  onScheduled: (dueAt: Date) => void,
): DatabaseWatch {
  const db = database.single;
  const now = () => Prisma.sql`(clock_timestamp() + ${clock.offsetMs()}::float8 * interval '1 millisecond')`;

  return {
    async look(judge) {
      const dueAt = await database.transaction(async (tx) => {
        // One look after the other, and the clock is read behind the lock: an older answer would look like a clock that went back.
        await tx.query`SELECT pg_advisory_xact_lock(hashtextextended(${THEIR_LOOKS}, 0))::text`;
        const sight = await readSight(tx, clock);
        const verdict = judge(sight);
        await noteSighting(tx, sight.is, verdict.sighting);
        if (verdict.forgetsFirstRuns) await tx.execute`UPDATE known_systems SET first_run_at = NULL`;
        if (verdict.hurries) await hurry(tx, sight.now);
        let scheduled = false;
        for (const workspace of await readWorkspaces(tx)) {
          const effects = new Map<string, EffectChange>();
          lastOfEachKey(effects, verdict.effects(workspace));
          scheduled ||= effects.size > 0;
          await (await finish(tx, workspace, [], effects))?.();
        }
        return { value: scheduled ? sight.now : null, last: null };
      });
      if (dueAt) onScheduled(dueAt);
    },

    workspaces: () => readWorkspaces(db),

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

async function readWorkspaces(db: Db): Promise<readonly WorkspaceId[]> {
  const rows: readonly { id: string }[] = await db.query`
    SELECT workspace_id AS id FROM audit_chain_heads UNION SELECT workspace_id FROM known_systems ORDER BY 1`;
  return rows.map((row) => workspaceId(row.id));
}
