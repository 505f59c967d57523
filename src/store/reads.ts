import { groupBy } from '../domain/group-by.ts';
import { type GrantId, grantId, requestId, type SlackUserId, type WorkspaceId } from '../domain/ids.ts';
import type { History, Reads } from '../usecases/ports.ts';
import { readEvent } from './audit-rows.ts';
import { readCard, readNote, readNotice } from './card-rows.ts';
import type { Db } from './database.ts';
import { readDelegations } from './delegations.ts';
import { Prisma } from './generated/client.ts';
import { readGrant } from './grant-rows.ts';
import { createHomeReads } from './home-reads.ts';
import { requestColumns, type Skipping } from './request-columns.ts';
import { readRequest } from './request-rows.ts';
import { storableText } from './rows.ts';
import { createWatchReads } from './watch-reads.ts';
import { waveOf } from './wave-rows.ts';

/**
 * Reads of one workspace. Lists about one person or one access throw `BadRow` rather than leave a row out, since limits and the
 * end of overlapping access are decided from them.
 */
export function createReads(db: Db, workspace: WorkspaceId, skipping: Skipping): Reads {
  const requests = async (where: Prisma.Sql): Promise<readonly unknown[]> =>
    db.query`SELECT ${requestColumns} FROM requests r WHERE r.workspace_id = ${workspace} AND ${where}`;
  const grants = async (where: Prisma.Sql): Promise<readonly unknown[]> =>
    db.query`SELECT * FROM grants WHERE workspace_id = ${workspace} AND ${where}`;
  const one = <T>(rows: readonly unknown[], read: (row: unknown) => T): T | null =>
    rows.length === 0 ? null : read(rows[0]);

  return {
    ...createWatchReads(db, workspace),
    ...createHomeReads(db, workspace, skipping),
    request: async (id) => one(await requests(Prisma.sql`r.id = ${id}`), readRequest),
    requestByOrigin: async (origin) => one(await requests(Prisma.sql`r.origin = ${storableText(origin)}`), readRequest),
    pendingRequestsOf: async (person) =>
      (await requests(Prisma.sql`r.requester_id = ${person} AND r.status = 'pending' ORDER BY r.created_at, r.id`)).map(
        readRequest,
      ),
    pendingRequests: async (limit) =>
      skipping(
        await requests(Prisma.sql`r.status = 'pending' ORDER BY r.created_at, r.id LIMIT ${limit}`),
        readRequest,
      ),
    pendingPage: async (after, limit) =>
      skipping(
        await requests(Prisma.sql`r.status = 'pending' AND r.id > ${after ?? ''} ORDER BY r.id LIMIT ${limit}`),
        readRequest,
      ),
    grant: async (id) => one(await grants(Prisma.sql`id = ${id}`), readGrant),
    grantOfRequest: async (id) => one(await grants(Prisma.sql`request_id = ${id}`), readGrant),
    openGrantsOf: async (person) =>
      (await grants(Prisma.sql`holder_id = ${person} AND status <> 'ended' ORDER BY created_at, id`)).map(readGrant),
    openGrantsOfRole: async (role, limit) =>
      skipping(
        await grants(Prisma.sql`role_key = ${role} AND status <> 'ended' ORDER BY created_at, id LIMIT ${limit}`),
        readGrant,
      ),
    recentRequestsOf: async (person, limit) =>
      skipping(
        await requests(
          Prisma.sql`r.requester_id = ${person} AND r.status <> 'refused' ORDER BY r.created_at DESC, r.id LIMIT ${limit}`,
        ),
        readRequest,
      ),
    refusalsOf: async (person, since) => {
      const rows: readonly { refusals: number }[] = await db.query`
        SELECT count(*)::int AS refusals FROM requests
        WHERE workspace_id = ${workspace} AND requester_id = ${person} AND status = 'refused'
          AND created_at > ${since.toISOString()}::timestamptz`;
      return rows[0]?.refusals ?? 0;
    },
    openGrantsOn: async (accessKey) =>
      (await grants(Prisma.sql`access_key = ${accessKey} AND status <> 'ended' ORDER BY created_at, id`)).map(
        readGrant,
      ),
    isOpenElsewhere: async (accessKey) => {
      // Workspace by workspace, which is how both indexes begin.
      const rows = await db.query`
        SELECT FROM audit_chain_heads w WHERE w.workspace_id <> ${workspace} AND (
          EXISTS (SELECT FROM grants g WHERE g.workspace_id = w.workspace_id AND g.access_key = ${accessKey} AND g.status <> 'ended')
          OR EXISTS (SELECT FROM access_notes n WHERE n.workspace_id = w.workspace_id AND n.access_key = ${accessKey})) LIMIT 1`;
      return rows.length > 0;
    },
    openIdsOn: async (accessKeys) => {
      const rows: readonly { id: string; access_key: string }[] = await db.query`
        SELECT id, access_key FROM grants
        WHERE workspace_id = ${workspace} AND access_key = ANY (${[...accessKeys]}) AND status <> 'ended'`;
      const byKey = groupBy(rows, (row) => row.access_key);
      return new Map([...byKey].map(([key, open]) => [key, open.map(({ id }) => grantId(id))]));
    },
    pendingExtensionsOf: async (grants) => {
      const rows: readonly { id: string }[] = await db.query`
        SELECT id FROM requests
        WHERE workspace_id = ${workspace} AND status = 'pending' AND extension ->> 'grantId' = ANY (${[...grants]}) ORDER BY id`;
      return rows.map((row) => requestId(row.id));
    },
    historyOf: (person, since, except) => historyOf(db, workspace, person, since, except ?? null),
    delegations: () => readDelegations(db, workspace),
    channelsOf: async (requests) => {
      const rows: readonly { id: string; channel: string }[] = await db.query`
        SELECT id, role ->> 'channel' AS channel FROM requests WHERE workspace_id = ${workspace} AND id = ANY (${[...requests]})`;
      return new Map(rows.map((row) => [requestId(row.id), row.channel]));
    },
    wave: (topic) => waveOf(db, workspace, topic),
    card: async (id, place) => {
      const rows = await db.query`
        SELECT * FROM cards WHERE workspace_id = ${workspace} AND request_id = ${id} AND place = ${place}`;
      return one(rows, readCard);
    },
    openNotices: async (id) => {
      const rows: readonly unknown[] = await db.query`
        SELECT * FROM open_notices WHERE workspace_id = ${workspace} AND request_id = ${id} ORDER BY ts`;
      return rows.map(readNotice);
    },
    note: async (accessKey) => {
      const rows =
        await db.query`SELECT * FROM access_notes WHERE workspace_id = ${workspace} AND access_key = ${accessKey}`;
      return one(rows, readNote);
    },
    plainlyEnding: async (accessKeys) => {
      const rows: readonly { access_key: string }[] = await db.query`
        SELECT n.access_key FROM access_notes n
          JOIN grants g ON g.workspace_id = n.workspace_id AND g.access_key = n.access_key AND g.status <> 'ended'
         WHERE n.workspace_id = ${workspace} AND n.access_key = ANY (${[...accessKeys]}) AND jsonb_typeof(n.before -> 'ours') = 'null'
         GROUP BY n.access_key HAVING count(*) = 1 AND bool_and(g.status = 'revoking')`;
      return new Set(rows.map((row) => row.access_key));
    },
    eventsOf: async (id, after = 0) => {
      const rows: readonly unknown[] = await db.query`
        SELECT * FROM audit_events WHERE workspace_id = ${workspace} AND request_id = ${id} ORDER BY sequence OFFSET ${after}`;
      return rows.map(readEvent);
    },
  };
}

async function historyOf(
  db: Db,
  workspace: WorkspaceId,
  person: SlackUserId,
  since: Date,
  except: GrantId | null,
): Promise<History> {
  const others = Prisma.sql`FROM grants WHERE workspace_id = ${workspace} AND holder_id = ${person} AND id IS DISTINCT FROM ${except}`;
  const rows: readonly HistoryRow[] = await db.query`
    SELECT
      (SELECT jsonb_object_agg(role_key, held) FROM
        (SELECT role_key, count(*) AS held ${others} AND status <> 'ended' GROUP BY role_key) open) AS open,
      (SELECT count(*)::int ${others} AND created_at >= ${since.toISOString()}::timestamptz) AS grants_since,
      (SELECT max(ended_at) ${others}) AS last_ended_at`;
  const row = rows[0];
  return {
    open: new Map(Object.entries(row?.open ?? {})),
    grantsSince: row?.grants_since ?? 0,
    lastEndedAt: row?.last_ended_at ?? null,
  };
}

interface HistoryRow {
  readonly open: Readonly<Record<string, number>> | null;
  readonly grants_since: number;
  readonly last_ended_at: Date | null;
}
