import { grantId, slackUserId, type WorkspaceId } from '../domain/ids.ts';
import type { WatchReads } from '../usecases/watch-ports.ts';
import type { Db } from './database.ts';
import { Prisma } from './generated/client.ts';
import { readGrant } from './grant-rows.ts';
import { jsonText } from './rows.ts';
import { readDrift, readOpenTarget, readPause, readPosting, readSystem } from './watch-rows.ts';

/** What the watch over targets reads of one workspace. A row that cannot be read throws: nothing is taken away on a guess. */
export function createWatchReads(db: Db, workspace: WorkspaceId): WatchReads {
  const grants = async (rest: Prisma.Sql): Promise<readonly unknown[]> =>
    db.query`SELECT * FROM grants WHERE workspace_id = ${workspace} AND ${rest}`;
  const behind = (after: string | null): Prisma.Sql => (after === null ? Prisma.sql`true` : Prisma.sql`id > ${after}`);

  return {
    knownSystems: async (limit) => {
      const rows: readonly unknown[] = await db.query`
        SELECT * FROM known_systems WHERE workspace_id = ${workspace} ORDER BY last_run_at NULLS FIRST, id LIMIT ${limit}`;
      return rows.map(readSystem);
    },
    knownSystem: async (id) => {
      const rows: readonly unknown[] = await db.query`
        SELECT * FROM known_systems WHERE workspace_id = ${workspace} AND id = ${id}`;
      return rows.length === 0 ? null : readSystem(rows[0]);
    },
    drift: async (id) => {
      const rows: readonly unknown[] =
        await db.query`SELECT * FROM drifts WHERE workspace_id = ${workspace} AND id = ${id}`;
      return rows.length === 0 ? null : readDrift(rows[0]);
    },
    standingDrift: async (system) => {
      const rows: readonly unknown[] = await db.query`
        SELECT * FROM drifts WHERE workspace_id = ${workspace} AND system = ${system} AND status <> 'closed' ORDER BY first_seen_at, id`;
      return rows.map(readDrift);
    },
    grantsOn: async (accessKeys) => {
      if (accessKeys.length === 0) return [];
      const rows: readonly unknown[] = await db.query`
        SELECT g.* FROM jsonb_array_elements_text(${jsonText(accessKeys)}::jsonb) AS k(key), LATERAL (
          (SELECT * FROM grants WHERE workspace_id = ${workspace} AND access_key = k.key AND status <> 'ended')
          UNION ALL
          (SELECT * FROM grants WHERE workspace_id = ${workspace} AND access_key = k.key AND status = 'ended'
            ORDER BY ended_at DESC, id DESC LIMIT 1)
        ) g`;
      return rows.map(readGrant);
    },
    activeGrantsOnEntitlement: async (key, after, limit) =>
      (
        await grants(Prisma.sql`entitlement_key = ${key} AND status <> 'ended' AND status = 'active' AND ${behind(after)}
          ORDER BY id LIMIT ${limit}`)
      ).map(readGrant),
    grantsWithEnd: async (after, limit) =>
      (
        await grants(Prisma.sql`status IN ('provisioning', 'active') AND ${behind(after)} ORDER BY id LIMIT ${limit}`)
      ).map(readGrant),
    grantsThatMayExist: async (after, limit) => {
      const rows: readonly { id: string }[] = await db.query`
        SELECT id FROM grants
         WHERE workspace_id = ${workspace} AND status IN ('provisioning', 'active', 'revoking') AND ${behind(after)}
         ORDER BY id LIMIT ${limit}`;
      return rows.map(({ id }) => grantId(id));
    },
    holders: async (after, limit) => {
      const rows: readonly { id: string }[] = await db.query`
        SELECT DISTINCT holder_id AS id FROM grants
         WHERE workspace_id = ${workspace} AND status <> 'ended' AND status <> 'revoking' AND holder_id > ${after ?? ''}
         ORDER BY 1 LIMIT ${limit}`;
      return rows.map(({ id }) => slackUserId(id));
    },
    openTargets: async () => {
      const rows: readonly unknown[] = await db.query`
        SELECT target->>'connector' AS connector, target->>'connectorType' AS "connectorType",
               target->'connection' AS connection, count(*)::int AS grants
          FROM grants WHERE workspace_id = ${workspace} AND status <> 'ended' GROUP BY 1, 2, 3 ORDER BY 1`;
      return rows.map(readOpenTarget);
    },
    pause: async () => {
      const rows: readonly unknown[] =
        await db.query`SELECT * FROM reconciler_pauses WHERE workspace_id = ${workspace}`;
      return rows.length === 0 ? null : readPause(rows[0]);
    },
    posting: async (key) => {
      const rows: readonly unknown[] =
        await db.query`SELECT * FROM postings WHERE workspace_id = ${workspace} AND key = ${key}`;
      return rows.length === 0 ? null : readPosting(rows[0]);
    },
  };
}
