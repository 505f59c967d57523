import { Outage } from '../../usecases/ports.ts';
import { type Connection, TOKEN_SETTING } from './connection.ts';
import { MOVED_BY_POOLER } from './errors.ts';
import type { AccessIds } from './target.ts';

/**
 * The lock of one access: a session-level advisory lock keyed by (role oid, member oid). The backend that executes our
 * statements is the one that holds it, so whoever gets it next knows that no older statement can still land. The server's idle
 * and statement limits end a holder that is paused or cut off. Whatever this throws, the caller frees the lock.
 */
export async function lockAccess(name: string, connection: Connection, ids: AccessIds): Promise<void> {
  const values = [ids.roleId, ids.memberId, connection.token];
  const [, [seen]] = await Promise.all([
    connection.query('get the lock of this access', 'SELECT pg_advisory_lock($1::int4, $2::int4)', keys(ids)),
    connection.query<Seen>('look at the lock of this access', SEEN, values),
  ]).catch(async (error: unknown) => {
    throw await explained(name, connection, ids, error);
  });
  if (!seen?.ours) throw movedByPooler(name);
  // Advisory locks belong to one database. Who came through another one has the same lock there, and both see each other.
  if (seen.elsewhere > 0) {
    throw new Outage(
      'transient',
      `${name}: this access is being worked on through another database of the same server`,
    );
  }
}

/** Never throws: a connection whose lock is not surely gone is closed, which frees it. */
export async function unlockAccess(connection: Connection, ids: AccessIds): Promise<void> {
  try {
    const [row] = await connection.query<{ freed: boolean }>(
      'free the lock of this access',
      'SELECT pg_advisory_unlock($1::int4, $2::int4) AS freed',
      keys(ids),
    );
    if (!row?.freed) await connection.close();
  } catch {
    await connection.close();
  }
}

/**
 * Tries the locks of many accesses, waiting for none, and returns those it got, each once. What somebody has through another database
 * of the same server is given back.
 */
export async function lockMany(name: string, connection: Connection, all: readonly AccessIds[]): Promise<AccessIds[]> {
  const doing = 'get the locks of these accesses';
  const tried = await connection.query<{ at: number }>(doing, TRY_MANY, keysOfMany(all));
  const locked = tried.flatMap(({ at }) => all[at - 1] ?? []);
  if (locked.length === 0) return [];
  try {
    const [seen] = await connection.query<{ ours: boolean; elsewhere: string[] }>(
      'look at the locks of these accesses',
      SEEN_MANY,
      [connection.token],
    );
    if (!seen?.ours) throw movedByPooler(name);
    const elsewhere = new Set(seen.elsewhere);
    const theirs = locked.filter((ids) => elsewhere.has(keys(ids).join()));
    if (theirs.length > 0) await connection.query(doing, FREE_MANY, keysOfMany(theirs));
    return locked.filter((ids) => !theirs.includes(ids));
  } catch (error) {
    await unlockMany(connection, locked);
    throw error;
  }
}

/** As of one: never throws, and closes a connection whose locks are not surely gone. */
export async function unlockMany(connection: Connection, all: readonly AccessIds[]): Promise<void> {
  if (all.length === 0) return;
  try {
    const [row] = await connection.query<{ freed: boolean }>(
      'free the locks of these accesses',
      FREE_MANY,
      keysOfMany(all),
    );
    if (!row?.freed) await connection.close();
  } catch {
    await connection.close();
  }
}

/** The keys of many accesses, as two arrays of the same length. */
export const keysOfMany = (all: readonly AccessIds[]): readonly unknown[] => [
  all.map((ids) => keys(ids)[0]),
  all.map((ids) => keys(ids)[1]),
];

const TRY_MANY = `
  SELECT at::int AS at FROM (
    SELECT at, pg_try_advisory_lock(one, two) AS locked FROM unnest($1::int4[], $2::int4[]) WITH ORDINALITY AS l(one, two, at) OFFSET 0
  ) tried WHERE locked ORDER BY at`;

const FREE_MANY = `
  SELECT bool_and(pg_advisory_unlock(one, two)) AS freed FROM unnest($1::int4[], $2::int4[]) AS l(one, two)`;

/** In `elsewhere` the keys of locks that our own role holds in other databases, as `keys` has them. */
const SEEN_MANY = `
  SELECT coalesce(bool_or(l.pid = pg_backend_pid()), false) AND current_setting('${TOKEN_SETTING}', true) = $1 AS ours,
         coalesce(array_agg(l.classid::int8::bit(32)::int4 || ',' || l.objid::int8::bit(32)::int4)
           FILTER (WHERE l.database <> d.oid AND a.usename = current_user), '{}') AS elsewhere
    FROM (SELECT oid FROM pg_database WHERE datname = current_database()) d,
         pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
   WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted`;

/** SQL for whether the backend is still ours and has the lock; $1 and $2 are the lock's keys, $3 is the connection's token. */
export const LOCK_CONFIRMED = `pg_try_advisory_xact_lock($1::int4, $2::int4) AND current_setting('${TOKEN_SETTING}', true) = $3`;

export const lockValues = (connection: Connection, ids: AccessIds): readonly unknown[] => [
  ...keys(ids),
  connection.token,
];

export const movedByPooler = (name: string): Outage => new Outage('permanent', `${name} ${MOVED_BY_POOLER}`);

type Seen = { ours: boolean; elsewhere: number };

const HOLDERS = `
  pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
   WHERE l.locktype = 'advisory' AND l.classid = $1::oid AND l.objid = $2::oid AND l.objsubid = 2 AND l.granted`;

const SEEN = `
  SELECT coalesce(bool_or(l.pid = pg_backend_pid()), false) AND current_setting('${TOKEN_SETTING}', true) = $3 AS ours,
         count(*) FILTER (WHERE l.database <> d.oid AND a.usename = current_user)::int AS elsewhere
    FROM (SELECT oid FROM pg_database WHERE datname = current_database()) d, ${HOLDERS}`;

/** PostgreSQL's advisory keys are signed; oids are not. The bits are the same. */
const keys = (ids: AccessIds): readonly number[] => [Number(ids.roleId) | 0, Number(ids.memberId) | 0];

/** Anybody who may connect to our database can take an advisory lock, so the message says whose it is when it isn't ours. */
async function explained(name: string, connection: Connection, ids: AccessIds, error: unknown): Promise<unknown> {
  if (!(error instanceof Outage) || !connection.usable) return error;
  try {
    const text = `SELECT a.pid, a.usename::text AS who FROM ${HOLDERS} AND a.usename <> current_user LIMIT 1`;
    const [foreign] = await connection.query<{ pid: number; who: string }>('see who holds the lock', text, [
      ids.roleId,
      ids.memberId,
    ]);
    if (!foreign) return error;
    return new Outage(
      'transient',
      `${name}: session ${foreign.pid} of ${foreign.who} holds the lock of this access, which only Elevate uses. End that session, and give Elevate a database that nobody else may connect to.`,
    );
  } catch {
    return error;
  }
}
