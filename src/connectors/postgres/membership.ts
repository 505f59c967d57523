import pg from 'pg';
import { Outage, type PreparedRevocation } from '../../usecases/ports.ts';
import { withBlocker } from './blockers.ts';
import type { Connection } from './connection.ts';
import { LOCK_CONFIRMED, lockValues, movedByPooler } from './lock.ts';
import { type Level, sameLevel } from './schema.ts';
import { type AccessIds, isOurs } from './target.ts';

/** The rows of one membership: what our grantor gave and what others gave. */
export interface Membership {
  readonly ours: Level | null;
  readonly others: readonly { readonly grantor: string; readonly level: Level }[];
}

/** A row of one membership, as PostgreSQL answers. */
export type Row = { grantorId: string; grantor: string; admin: boolean; inherit: boolean; set: boolean };
/** The present names behind the ids, null for a role that no longer exists, and the row of our grantor. */
export type State = { confirmed: boolean; role: string | null; member: string | null; ours: Level | null };
type Named = State & { role: string; member: string };

const ROWS = `
  SELECT m.grantor::text AS "grantorId", coalesce(g.rolname::text, m.grantor::text) AS grantor,
         m.admin_option AS admin, m.inherit_option AS inherit, m.set_option AS set
    FROM pg_auth_members m LEFT JOIN pg_roles g ON g.oid = m.grantor
   WHERE m.roleid = $1::oid AND m.member = $2::oid ORDER BY m.grantor`;

const STATE = `
  SELECT ${LOCK_CONFIRMED} AS confirmed,
         (SELECT rolname::text FROM pg_roles WHERE oid = $4::oid) AS role,
         (SELECT rolname::text FROM pg_roles WHERE oid = $5::oid) AS member,
         (SELECT json_build_object('admin', admin_option, 'inherit', inherit_option, 'set', set_option)
            FROM pg_auth_members WHERE roleid = $4::oid AND member = $5::oid AND grantor = $6::oid) AS ours`;

export async function readMembership(connection: Connection, ids: AccessIds): Promise<Membership> {
  return membershipOf(ids, await connection.query<Row>('read who holds this access', ROWS, [ids.roleId, ids.memberId]));
}

/** The rows of one access, told apart by who gave them. */
export function membershipOf(ids: AccessIds, rows: readonly Row[]): Membership {
  const ours = rows.find((row) => row.grantorId === ids.grantorId);
  return {
    ours: ours ? levelOf(ours) : null,
    others: rows
      .filter((row) => row.grantorId !== ids.grantorId)
      .map((row) => ({ grantor: row.grantor, level: levelOf(row) })),
  };
}

/** Makes our grantor's row be exactly what `goalFor` makes of the present one, null being no row, and returns the server's answer. */
export async function writeMembership(
  name: string,
  connection: Connection,
  ids: AccessIds,
  goalFor: (ours: Level | null) => Level | null,
): Promise<string> {
  return (await prepareMembership(name, connection, ids, goalFor)).commit();
}

/**
 * The same up to the commit, which then is one word to the server. GRANT and REVOKE take names, so the names are read, used and read
 * again in one transaction: a role that is renamed in between rolls it back. Until the commit it holds PostgreSQL's own lock on the
 * granted role, for which other grants and revocations of that role wait.
 */
export async function prepareMembership(
  name: string,
  connection: Connection,
  ids: AccessIds,
  goalFor: (ours: Level | null) => Level | null,
): Promise<PreparedRevocation> {
  // Without an answer to a ROLLBACK the connection is useless, and closing it rolls back as well.
  const rollBack = async (): Promise<void> => {
    await connection.query('roll back', 'ROLLBACK').catch(() => connection.close());
  };
  try {
    const [, before] = await Promise.all([connection.query('begin', 'BEGIN'), readState(name, connection, ids)]);
    const goal = goalFor(before.ours);
    if (sameLevel(before.ours, goal)) {
      await connection.query('roll back', 'ROLLBACK');
      const answer = goal ? `Nothing to change: ${described(goal)}` : 'Nothing to change: no membership by our grantor';
      return { commit: async () => answer, discard: async () => undefined };
    }
    const named = requireNames(name, before);
    if (!isOurs(connection, ids)) {
      throw new Outage('permanent', `The role that gave this access no longer exists on ${name}, ${CANNOT_BE}`);
    }
    const [doing, statement] = statementFor(named, goal);
    connection.takeNotices();
    await Promise.all([connection.query(doing, statement), requireWritten(name, connection, ids, named, goal)]);
    let open = true;
    return {
      async commit() {
        open = false;
        try {
          await connection.commit(doing);
        } catch (error) {
          await rollBack();
          throw error;
        }
        return [goal ? `GRANT ROLE ${described(goal)}` : 'REVOKE ROLE', ...connection.takeNotices()].join('; ');
      },
      async discard() {
        if (!open) return;
        open = false;
        await rollBack();
      },
    };
  } catch (error) {
    await rollBack();
    throw await withBlocker(name, connection, ids, error);
  }
}

/** Refuses when a pooler has moved us away from the lock. */
async function readState(name: string, connection: Connection, ids: AccessIds): Promise<State> {
  const values = [...lockValues(connection, ids), ids.roleId, ids.memberId, ids.grantorId];
  const [state] = await connection.query<State>('read the state of this access', STATE, values);
  if (!state?.confirmed) throw movedByPooler(name);
  return state;
}

const CANNOT_BE = 'so it can neither be given nor put back';

function requireNames(name: string, state: State): Named {
  const { role, member } = state;
  if (role !== null && member !== null) return { ...state, role, member };
  throw new Outage(
    'permanent',
    `The ${role === null ? 'role' : 'subject'} of this access no longer exists on ${name}, ${CANNOT_BE}`,
  );
}

function statementFor(names: Named, goal: Level | null): readonly [doing: string, statement: string] {
  const role = pg.escapeIdentifier(names.role);
  const member = pg.escapeIdentifier(names.member);
  if (goal === null) {
    return [
      `revoke ${names.role} from ${names.member}`,
      `REVOKE ${role} FROM ${member} GRANTED BY CURRENT_USER RESTRICT`,
    ];
  }
  return [
    `grant ${names.role} to ${names.member}`,
    `GRANT ${role} TO ${member} WITH ${described(goal)} GRANTED BY CURRENT_USER`,
  ];
}

/** A REVOKE of another grantor's row is only a warning, so the rows decide and not the answer. */
async function requireWritten(
  name: string,
  connection: Connection,
  ids: AccessIds,
  before: Named,
  goal: Level | null,
): Promise<void> {
  const now = await readState(name, connection, ids);
  if (now.role !== before.role || now.member !== before.member) {
    throw new Outage('transient', `A role of this access was renamed on ${name} at this very moment`);
  }
  if (sameLevel(now.ours, goal)) return;
  const said = connection.takeNotices().join('; ');
  throw new Outage(
    'transient',
    `${name} accepted the statement but the membership is not as it should be${said ? `: ${said}` : ''}`,
  );
}

/** As GRANT wants its options. */
const described = (level: Level): string =>
  `ADMIN ${word(level.admin)}, INHERIT ${word(level.inherit)}, SET ${word(level.set)}`;
const word = (value: boolean): string => (value ? 'TRUE' : 'FALSE');
const levelOf = (row: Row): Level => ({ admin: row.admin, inherit: row.inherit, set: row.set });
