import { requestId, type WorkspaceId } from '../domain/ids.ts';
import type { HomeReads, Window } from '../usecases/home-ports.ts';
import type { Db } from './database.ts';
import { Prisma } from './generated/client.ts';
import { readGrant } from './grant-rows.ts';
import { requestColumns, type Skipping } from './request-columns.ts';
import { readRequest } from './request-rows.ts';
import { readDrift } from './watch-rows.ts';

/** The lists of a Home. A row that cannot be read is told of and left out: one bad row must not take everybody's Home away. */
export function createHomeReads(db: Db, workspace: WorkspaceId, skipping: Skipping): HomeReads {
  const ours = Prisma.sql`workspace_id = ${workspace}`;
  const cut = ({ limit, offset }: Window): Prisma.Sql => Prisma.sql`LIMIT ${limit} OFFSET ${offset}`;
  const count = async (from: Prisma.Sql): Promise<number> => {
    const rows: readonly { total: number }[] = await db.query`SELECT count(*)::int AS total FROM ${from}`;
    return rows[0]?.total ?? 0;
  };

  async function grants(where: Prisma.Sql, order: Prisma.Sql, window: Window) {
    const from = Prisma.sql`grants WHERE ${ours} AND status <> 'ended' AND ${where}`;
    const [rows, total] = await Promise.all([
      db.query`SELECT * FROM ${from} ORDER BY ${order}, id ${cut(window)}`,
      count(from),
    ]);
    return { rows: skipping(rows, readGrant), total };
  }
  const failing = Prisma.sql`status = 'revoking' AND last_error IS NOT NULL`;

  return {
    pastRequestsOf: async (person, window) => {
      const from = Prisma.sql`requests r WHERE r.${ours} AND r.requester_id = ${person} AND r.status NOT IN ('pending', 'refused')`;
      const [rows, total] = await Promise.all([
        db.query`SELECT ${requestColumns} FROM ${from} ORDER BY r.created_at DESC, r.id ${cut(window)}`,
        count(from),
      ]);
      return { rows: skipping(rows, readRequest), total };
    },
    pendingFor: async ({ groups, version }, after, limit) => {
      const behind = after ? Prisma.sql`AND (r.created_at, r.id) > (${after.createdAt}, ${after.id})` : Prisma.empty;
      const rows: readonly unknown[] = await db.query`
        SELECT ${requestColumns} FROM requests r
         WHERE r.${ours} AND r.status = 'pending' ${behind} AND (r.policy_version <> ${version} OR EXISTS (
           SELECT FROM jsonb_array_elements(r.stages) WITH ORDINALITY s(stage, number), jsonb_array_elements_text(s.stage -> 'from') name
            WHERE s.number <= coalesce((r.waiting ->> 'stage')::int, 1000) + 1 AND name = ANY (${[...groups]})))
         ORDER BY r.created_at, r.id LIMIT ${limit}`;
      const read = skipping(rows, readRequest);
      return { rows: read, last: rows.length < limit ? null : (read.at(-1) ?? null) };
    },
    dueReviews: async (limit) => {
      const rows: readonly unknown[] = await db.query`
        SELECT ${requestColumns} FROM requests r
         WHERE r.${ours} AND r.break_glass->'review'->>'status' = 'due' ORDER BY r.created_at, r.id LIMIT ${limit}`;
      return skipping(rows, readRequest);
    },
    openGrants: (window) => grants(Prisma.sql`NOT (${failing})`, Prisma.sql`coalesce(ends_at, must_end_by)`, window),
    failingGrants: (window) => grants(failing, Prisma.sql`end_due_at`, window),
    waitingDrift: async (window) => {
      const from = Prisma.sql`drifts WHERE ${ours} AND status <> 'closed' AND status IN ('open', 'revoking')`;
      const [rows, total] = await Promise.all([
        db.query`SELECT * FROM ${from} ORDER BY first_seen_at, id ${cut(window)}`,
        count(from),
      ]);
      return { rows: skipping(rows, readDrift), total };
    },
    changedSince: async (since, limit) => {
      const heads: readonly { sequence: number }[] = await db.query`
        SELECT sequence FROM audit_chain_heads WHERE ${ours}`;
      const latest = heads[0]?.sequence ?? 0;
      if (since === null || since >= latest) return { latest, requests: [] };
      // Events get their numbers in the order in which they are committed, so none of them appears behind a later one.
      const rows: readonly { request_id: string; event: number }[] = await db.query`
        SELECT request_id, max(sequence) AS event FROM audit_events
         WHERE ${ours} AND sequence > ${since} AND sequence <= ${latest} AND request_id IS NOT NULL
         GROUP BY request_id LIMIT ${limit}`;
      return { latest, requests: rows.map((row) => ({ id: requestId(row.request_id), event: row.event })) };
    },
  };
}
