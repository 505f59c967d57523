import { setTimeout as wait } from 'node:timers/promises';
import type { Connection } from './connection.ts';

/** How often it is looked whether ended sessions are gone, in milliseconds. */
const LOOK_EVERY_MS = 25;

/**
 * Sessions of the subject and of every role that has its rights through it, and so could have had the access. Superusers need
 * no membership and cannot be ended by us; a parallel worker goes with its leader. No filter on the database: a session of any
 * database of the server holds the right.
 */
const END = `
  WITH RECURSIVE holders(oid) AS (
    SELECT $1::oid
    UNION
    SELECT m.member FROM pg_auth_members m JOIN holders h ON m.roleid = h.oid WHERE m.inherit_option OR m.set_option
  )
  SELECT a.pid, a.usesysid::text AS "roleId", pg_terminate_backend(a.pid) AS signalled
    FROM pg_stat_activity a JOIN holders h ON h.oid = a.usesysid JOIN pg_roles r ON r.oid = a.usesysid
   WHERE NOT r.rolsuper AND r.rolname <> current_user AND a.leader_pid IS NULL`;

const LEFT = `
  SELECT count(*)::int AS left FROM pg_stat_activity a
    JOIN unnest($1::int[], $2::oid[]) AS ended(pid, roleid) ON a.pid = ended.pid AND a.usesysid = ended.roleid`;

/** Ends those sessions and waits, at most `withinMs`, until they are gone. `left` are the ones that were not. */
export async function endSessionsOf(
  connection: Connection,
  memberId: string,
  withinMs: number,
): Promise<{ readonly ended: number; readonly left: number }> {
  const open = await connection.query<{ pid: number; roleId: string }>("end the holder's sessions", END, [memberId]);
  if (open.length === 0) return { ended: 0, left: 0 };
  const which = [open.map((session) => session.pid), open.map((session) => session.roleId)];
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const [row] = await connection.query<{ left: number }>("see whether the holder's sessions are gone", LEFT, which);
    const left = row?.left ?? open.length;
    if (left === 0 || performance.now() >= giveUpAt) return { ended: open.length - left, left };
    await wait(LOOK_EVERY_MS);
  }
}
