import type { WorkspaceId } from '../domain/ids.ts';
import type { WatchWrites } from '../usecases/watch-ports.ts';
import type { Db } from './database.ts';
import { jsonText } from './rows.ts';
import { driftRow, readDrift, systemRow } from './watch-rows.ts';

/** What the watch over targets writes, inside a transaction of one workspace. */
export function createWatchWrites(db: Db, workspace: WorkspaceId): WatchWrites {
  return {
    async knowSystems(systems) {
      if (systems.length === 0) return;
      await db.execute`
        INSERT INTO known_systems SELECT * FROM jsonb_populate_recordset(NULL::known_systems, ${jsonText(systems.map(systemRow))}::jsonb)
        ON CONFLICT DO NOTHING`;
    },
    async saveSystem(system) {
      await db.execute`
        INSERT INTO known_systems SELECT * FROM jsonb_populate_record(NULL::known_systems, ${jsonText(systemRow(system))}::jsonb)
        ON CONFLICT (workspace_id, id) DO UPDATE SET
          entitlement_key = excluded.entitlement_key, first_run_at = excluded.first_run_at, last_run_at = excluded.last_run_at,
          last_error = excluded.last_error, failing_since = excluded.failing_since, told_at = excluded.told_at, holders = excluded.holders`;
    },
    async driftForUpdate(id) {
      const rows: readonly unknown[] = await db.query`
        SELECT * FROM drifts WHERE workspace_id = ${workspace} AND id = ${id} FOR UPDATE`;
      return rows.length === 0 ? null : readDrift(rows[0]);
    },
    async saveDrift(drift) {
      await db.execute`
        INSERT INTO drifts SELECT * FROM jsonb_populate_record(NULL::drifts, ${jsonText(driftRow(drift))}::jsonb)
        ON CONFLICT (workspace_id, id) DO UPDATE SET
          system = excluded.system, kind = excluded.kind, subject = excluded.subject, ours = excluded.ours, level = excluded.level, grant_id = excluded.grant_id,
          status = excluded.status, first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at,
          shown_at = excluded.shown_at, until_at = excluded.until_at, owner = excluded.owner, decided_by = excluded.decided_by,
          last_error = excluded.last_error`;
    },
    async savePause(pause) {
      await db.execute`DELETE FROM reconciler_pauses WHERE workspace_id = ${workspace}`;
      if (pause === null) return;
      await db.execute`
        INSERT INTO reconciler_pauses (workspace_id, paused_at, paused_by, reason, until_at)
        VALUES (${workspace}, ${pause.pausedAt.toISOString()}::timestamptz, ${pause.pausedBy}, ${pause.reason},
                ${pause.untilAt?.toISOString() ?? null}::timestamptz)`;
    },
    async savePosting({ key, ref, shows, times, postedAt }) {
      await db.execute`
        INSERT INTO postings (workspace_id, key, channel_id, ts, shows, times, posted_at)
        VALUES (${workspace}, ${key}, ${ref.channelId}, ${ref.ts}, ${shows}, ${times}, ${postedAt.toISOString()}::timestamptz)
        ON CONFLICT (workspace_id, key) DO UPDATE SET
          channel_id = excluded.channel_id, ts = excluded.ts, shows = excluded.shows, times = excluded.times, posted_at = excluded.posted_at`;
    },
  };
}
