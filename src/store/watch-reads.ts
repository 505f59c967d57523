import type { HolderDigest } from '../domain/holder-digest.ts';
import { grantId, slackUserId, type WorkspaceId } from '../domain/ids.ts';
import type { WatchReads } from '../usecases/watch-ports.ts';
import type { Db } from './database.ts';
import { Prisma } from './generated/client.ts';
import { readGrant } from './grant-rows.ts';
import { jsonText } from './rows.ts';
import { readDrift, readOpenTarget, readPause, readPosting, readSystem } from './watch-rows.ts';

/** Of what a target answers to many, so many different errors are told. */
const ERRORS_NAMED = 3;

/** What the watch over targets reads of one workspace. A row that cannot be read throws: nothing is taken away on a guess. */
export function createWatchReads(db: Db, workspace: WorkspaceId): WatchReads {
  const grants = async (rest: Prisma.Sql): Promise<readonly unknown[]> =>
    db.query`SELECT * FROM grants WHERE workspace_id = ${workspace} AND ${rest}`;
  const behind = (after: string | null): Prisma.Sql => (after === null ? Prisma.sql`true` : Prisma.sql`id > ${after}`);

  const subject = Prisma.sql`(target #>> '{resolved,subjectId}')`;
  const bucket = Prisma.sql`get_byte(sha256(convert_to(${subject}, 'UTF8')), 0)`;
  const inOne = (buckets: readonly number[] | null): Prisma.Sql =>
    buckets === null ? Prisma.sql`true` : Prisma.sql`${bucket} = ANY (${[...buckets]}::int[])`;

  // The outbox knows which target an end is on.
  const failing = (target: string): Prisma.Sql => Prisma.sql`g.workspace_id = ${workspace} AND g.status = 'revoking'
    AND g.attempts > 0 AND EXISTS (SELECT FROM effects e WHERE e.key = 'revoke_grant/' || g.id AND e.target = ${target})`;

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
    notAsGranted: async (held) => {
      if (held.length === 0) return new Set();
      const rows: readonly { key: string }[] = await db.query`
        SELECT k.key FROM jsonb_to_recordset(${jsonText(held.map(({ accessKey, level }) => ({ key: accessKey, level })))}::jsonb)
               AS k(key text, level jsonb), LATERAL (
          SELECT count(*) AS open, bool_and(status = 'active' AND drift IS NULL AND (g.level IS NULL OR g.level = k.level)) AS plain
            FROM grants g WHERE workspace_id = ${workspace} AND access_key = k.key AND status <> 'ended'
        ) g WHERE g.open <> 1 OR g.plain IS NOT TRUE`;
      return new Set(rows.map(({ key }) => key));
    },
    holdersByGrants: async (key) => {
      const rows: readonly HolderDigest[] = await db.query`
        SELECT ${bucket} AS bucket, level, count(*)::int AS count, CASE WHEN bool_and(status = 'active' AND drift IS NULL) THEN
                 encode(sha256(convert_to(string_agg(${subject}, E'\\n' ORDER BY ${subject} COLLATE "C"), 'UTF8')), 'hex') END AS digest
          FROM grants WHERE workspace_id = ${workspace} AND entitlement_key = ${key} AND status <> 'ended' GROUP BY 1, 2`;
      return rows;
    },
    countActiveOn: async (key, buckets, before) => {
      const rows: readonly { count: number }[] = await db.query`
        SELECT count(*)::int AS count FROM grants WHERE workspace_id = ${workspace} AND entitlement_key = ${key}
           AND status <> 'ended' AND status = 'active' AND ${inOne(buckets)} AND activated_at < ${before.toISOString()}::timestamptz`;
      return rows[0]?.count ?? 0;
    },
    activeOnEntitlement: async (key, buckets, after, limit) => {
      const rows: readonly { id: string; subject: string }[] = await db.query`
        SELECT id, ${subject} AS subject FROM grants WHERE workspace_id = ${workspace} AND entitlement_key = ${key}
           AND status <> 'ended' AND status = 'active' AND ${inOne(buckets)} AND ${behind(after)} ORDER BY id LIMIT ${limit}`;
      return rows.map(({ id, subject }) => ({ id: grantId(id), subjectId: subject }));
    },
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
        SELECT holder_id AS id FROM grants
         WHERE workspace_id = ${workspace} AND status <> 'ended' AND status <> 'revoking' AND holder_id > ${after ?? ''}
        UNION SELECT requester_id FROM requests WHERE workspace_id = ${workspace} AND status = 'pending' AND requester_id > ${after ?? ''}
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
    failingOn: async (target, limit) => {
      const counts: readonly {
        total: number;
        permanent: number;
        since: Date | null;
        tried: Date | null;
        error: string;
        grants: number;
      }[] = await db.query`
        SELECT sum(n) OVER ()::int AS total, sum(permanent) OVER ()::int AS permanent, min(since) OVER () AS since,
               max(tried) OVER () AS tried, error, n::int AS grants
          FROM (SELECT coalesce(last_error, '') AS error, count(*) AS n, count(*) FILTER (WHERE last_error_kind = 'permanent') AS permanent,
                       min(end_due_at) AS since, max(last_tried_at) AS tried
                  FROM grants g WHERE ${failing(target)} GROUP BY 1) by_error
         ORDER BY n DESC, error LIMIT ${ERRORS_NAMED}`;
      const [first] = counts;
      const rows: readonly unknown[] =
        limit === 0 || !first
          ? []
          : await db.query`
              SELECT * FROM grants g WHERE ${failing(target)}
               ORDER BY array_position(ARRAY['high', 'medium', 'low'], risk), end_due_at, id LIMIT ${limit}`;
      return {
        total: first?.total ?? 0,
        permanent: first?.permanent ?? 0,
        since: first?.since ?? null,
        lastTriedAt: first?.tried ?? null,
        errors: counts.map(({ error, grants: count }) => ({ error, grants: count })),
        grants: rows.map(readGrant),
      };
    },
    onWordOn: async (target) => {
      const rows: readonly { total: number; connector: string | null }[] = await db.query`
        SELECT count(*)::int AS total, min(g.target->>'connector') AS connector
          FROM effects w JOIN grants g ON g.id = w.payload->>'grantId'
         WHERE w.kind = 'watch_grant' AND w.done_at IS NULL AND g.workspace_id = ${workspace}
           AND EXISTS (SELECT FROM effects e WHERE e.key = 'revoke_grant/' || g.id AND e.target = ${target})`;
      return { total: rows[0]?.total ?? 0, connector: rows[0]?.connector ?? '' };
    },
    failingIdsOn: async (target, after, limit) => {
      const rows: readonly { id: string }[] = await db.query`
        SELECT id FROM grants g WHERE ${failing(target)} AND ${behind(after)} ORDER BY id LIMIT ${limit}`;
      return rows.map(({ id }) => grantId(id));
    },
    posted: async (keys) => {
      const rows: readonly { key: string }[] = await db.query`
        SELECT key FROM postings WHERE workspace_id = ${workspace} AND key = ANY (${[...keys]})`;
      return new Set(rows.map(({ key }) => key));
    },
    endsDue: async (at, limit) => {
      const rows: readonly { count: number }[] = await db.query`
        SELECT count(*)::int AS count FROM (
          SELECT FROM effects e JOIN grants g ON g.id = e.payload ->> 'grantId' AND g.status = 'active'
           WHERE e.done_at IS NULL AND e.due_at <= ${at.toISOString()}::timestamptz AND e.kind = 'revoke_grant'
             AND e.workspace_id = ${workspace} LIMIT ${limit}
        ) due`;
      return rows[0]?.count ?? 0;
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
