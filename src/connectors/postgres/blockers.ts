import { Outage } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import type { AccessIds } from './target.ts';

/** SQLSTATE lock_not_available, as `outageFrom` writes it. */
const LOCK_TIMEOUT = '(SQLSTATE 55P03)';

/** Who else has what GRANT and REVOKE lock: the role itself, or the catalog as a whole. */
const BLOCKERS = `
  SELECT l.pid, coalesce(a.usename::text, '?') AS who FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
   WHERE l.granted AND l.pid <> pg_backend_pid()
     AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
     AND (l.locktype = 'object' AND l.classid = 'pg_authid'::regclass AND l.objid = $1::oid
       OR l.locktype = 'relation' AND l.relation IN ('pg_auth_members'::regclass, 'pg_authid'::regclass))
   ORDER BY l.pid LIMIT 1`;

/** A lock timeout says nothing of who has the lock, which is what somebody must know to do something about it. Other errors stay as they are. */
export async function withBlocker(
  name: string,
  connection: Connection,
  { roleId }: Pick<AccessIds, 'roleId'>,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof Outage) || !error.message.includes(LOCK_TIMEOUT) || !connection.usable) return error;
  try {
    const [found] = await connection.query<{ pid: number; who: string }>('see who has the lock', BLOCKERS, [roleId]);
    if (!found) return error;
    return new Outage(
      error.kind,
      `${name}: session ${found.pid} of ${found.who} has changed this role or who holds it, and has not committed that yet; everybody else has to wait. Let it commit or roll back, or end it there: SELECT pg_terminate_backend(${found.pid})`,
    );
  } catch {
    return error;
  }
}
