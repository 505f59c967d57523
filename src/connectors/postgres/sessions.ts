import { setTimeout as wait } from 'node:timers/promises';
import type { Connection } from './connection.ts';

/** How often it is looked whether ended sessions are gone, in milliseconds. */
const LOOK_EVERY_MS = 25;

/**
 * Sessions of the subjects and of every role that has its rights through one, and so could have had the access. Superusers need
 * no membership and cannot be ended by us; a parallel worker goes with its leader. No filter on the database: a session of any
 * database of the server holds the right. A subject that was dropped meanwhile has sessions still, and what they have set stays set.
 */
const END = `
  WITH RECURSIVE holders(subject, oid) AS (
    SELECT s, s FROM unnest($1::oid[]) s
    UNION
    SELECT h.subject, m.member FROM pg_auth_members m JOIN holders h ON m.roleid = h.oid WHERE m.inherit_option OR m.set_option
  )
  SELECT h.subject::text AS subject, a.pid, a.usesysid::text AS "roleId", pg_terminate_backend(a.pid) AS signalled
    FROM pg_stat_activity a JOIN holders h ON h.oid = a.usesysid LEFT JOIN pg_roles r ON r.oid = a.usesysid
   WHERE (r.oid IS NULL OR NOT r.rolsuper AND r.rolname <> current_user) AND a.leader_pid IS NULL`;

const LEFT = `
  SELECT a.pid FROM pg_stat_activity a
    JOIN unnest($1::int[], $2::oid[]) AS ended(pid, roleid) ON a.pid = ended.pid AND a.usesysid = ended.roleid`;

export interface EndedSessions {
  readonly ended: number;
  readonly left: number;
}

/** Ends those sessions and waits, at most `withinMs`, until they are gone. `left` are the ones that were not. */
export async function endSessionsOf(
  connection: Connection,
  memberId: string,
  withinMs: number,
): Promise<EndedSessions> {
  const [only] = await endSessionsOfMany(connection, [memberId], withinMs);
  return only ?? { ended: 0, left: 0 };
}

/** The same for many, in their order. A session that several could have used counts for each. */
export async function endSessionsOfMany(
  connection: Connection,
  memberIds: readonly string[],
  withinMs: number,
): Promise<EndedSessions[]> {
  const open = await connection.query<{ subject: string; pid: number; roleId: string }>(
    "end the holder's sessions",
    END,
    [memberIds],
  );
  const which = [open.map((session) => session.pid), open.map((session) => session.roleId)];
  const giveUpAt = performance.now() + withinMs;
  let left = new Set(open.map((session) => session.pid));
  while (left.size > 0) {
    const rows = await connection.query<{ pid: number }>("see whether the holder's sessions are gone", LEFT, which);
    left = new Set(rows.map((row) => row.pid));
    if (left.size === 0 || performance.now() >= giveUpAt) break;
    await wait(LOOK_EVERY_MS);
  }
  return memberIds.map((memberId) => {
    const mine = open.filter((session) => session.subject === memberId);
    const stayed = mine.filter((session) => left.has(session.pid)).length;
    return { ended: mine.length - stayed, left: stayed };
  });
}
