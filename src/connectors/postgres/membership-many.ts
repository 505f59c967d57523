import pg from 'pg';
import { groupBy } from '../../domain/group-by.ts';
import { Outage } from '../../usecases/ports.ts';
import { withBlocker } from './blockers.ts';
import { type Connection, TOKEN_SETTING } from './connection.ts';
import { keysOfMany, movedByPooler } from './lock.ts';
import { type Membership, membershipOf, type Row, type State } from './membership.ts';
import type { AccessIds } from './target.ts';

/** A row with the place of its access in the list. */
type RowAt = Row & { at: number };
interface Named {
  readonly ids: AccessIds;
  readonly role: string;
  readonly member: string;
}

const ROWS = `
  SELECT w.at::int AS at, m.grantor::text AS "grantorId", coalesce(g.rolname::text, m.grantor::text) AS grantor,
         m.admin_option AS admin, m.inherit_option AS inherit, m.set_option AS set
    FROM unnest($1::oid[], $2::oid[]) WITH ORDINALITY AS w(role, member, at)
    JOIN pg_auth_members m ON m.roleid = w.role AND m.member = w.member LEFT JOIN pg_roles g ON g.oid = m.grantor
   ORDER BY m.grantor`;

/**
 * Each looked up by its key, and the grantor compared in a way that no index knows: where the server's statistics are old, it took the
 * index of grantors, and walked through all that we ever granted for each.
 */
const STATES = `
  SELECT pg_try_advisory_xact_lock(w.one, w.two) AND current_setting('${TOKEN_SETTING}', true) = $6 AS confirmed,
         (SELECT r.rolname::text FROM pg_roles r WHERE r.oid = w.role) AS role,
         (SELECT u.rolname::text FROM pg_roles u WHERE u.oid = w.member) AS member,
         (SELECT json_build_object('admin', m.admin_option, 'inherit', m.inherit_option, 'set', m.set_option)
            FROM pg_auth_members m WHERE m.roleid = w.role AND m.member = w.member AND m.grantor::int8 = $5::int8) AS ours
    FROM unnest($1::int4[], $2::int4[], $3::oid[], $4::oid[]) WITH ORDINALITY AS w(one, two, role, member, at)
   ORDER BY w.at`;

/** The rows of many memberships, in the order of `all`. */
export async function readMemberships(connection: Connection, all: readonly AccessIds[]): Promise<Membership[]> {
  const values = [all.map((ids) => ids.roleId), all.map((ids) => ids.memberId)];
  const found = groupBy(await connection.query<RowAt>('read who holds these accesses', ROWS, values), (row) => row.at);
  return all.map((ids, index) => membershipOf(ids, found.get(index + 1) ?? []));
}

/**
 * Takes our grantor's rows away, in one transaction with one statement for each role, and returns the server's answers. What the
 * server refuses for one member is left out, and so is everything when a role was renamed in between: names are what REVOKE
 * takes, so they are read, used and read again. A role that is busy keeps no other one waiting for long.
 */
export async function revokeMemberships(
  name: string,
  connection: Connection,
  all: readonly AccessIds[],
): Promise<ReadonlyMap<AccessIds, string | Outage>> {
  const doing = 'revoke many memberships';
  const answers = new Map<AccessIds, string | Outage>();
  await connection.query('begin', 'BEGIN');
  try {
    const before = await readStates(name, connection, all);
    const present: Named[] = [];
    for (const { ids, role, member, ours } of before) {
      if (ours === null) answers.set(ids, 'Nothing to change: no membership by our grantor');
      else if (role !== null && member !== null) present.push({ ids, role, member });
    }
    const revoked: Named[] = [];
    for (const members of groupBy(present, ({ role }) => role).values()) {
      const done = await revokeFrom(name, connection, members);
      if (done instanceof Outage) for (const { ids } of members) answers.set(ids, done);
      else revoked.push(...done);
    }
    const now = new Map((await readStates(name, connection, all)).map((state) => [state.ids, state]));
    const renamed = present.some(
      ({ ids, role, member }) => now.get(ids)?.role !== role || now.get(ids)?.member !== member,
    );
    if (renamed) {
      await connection.query('roll back', 'ROLLBACK');
      return new Map();
    }
    const gone = revoked.filter(({ ids }) => now.get(ids)?.ours === null);
    await connection.commit(doing);
    for (const { ids } of gone) answers.set(ids, answerOf(gone.length));
    return answers;
  } catch (error) {
    // Without an answer to this the connection is useless, and closing it rolls back as well.
    await connection.query('roll back', 'ROLLBACK').catch(() => connection.close());
    throw error;
  }
}

const answerOf = (count: number): string =>
  count === 1 ? 'REVOKE ROLE' : `REVOKE ROLE, in one transaction with ${count - 1} others`;

/** In the order of `all`. Refuses when a pooler has moved us away from the locks. */
async function readStates(
  name: string,
  connection: Connection,
  all: readonly AccessIds[],
): Promise<(State & { ids: AccessIds })[]> {
  const values = [
    ...keysOfMany(all),
    all.map((ids) => ids.roleId),
    all.map((ids) => ids.memberId),
    all[0]?.grantorId ?? '0',
    connection.token,
  ];
  const states = await connection.query<State>('read the state of these accesses', STATES, values);
  if (states.length !== all.length || states.some((state) => !state.confirmed)) throw movedByPooler(name);
  return all.flatMap((ids, index) => {
    const state = states[index];
    return state ? [{ ...state, ids }] : [];
  });
}

/**
 * Members of one role; resolves with those it was taken from. When the server refuses, each half is tried by itself, until only who
 * cannot be revoked is left out. An Outage when the server could not do it now, such as when somebody has the role locked.
 */
async function revokeFrom(
  name: string,
  connection: Connection,
  members: readonly Named[],
): Promise<readonly Named[] | Outage> {
  const [first] = members;
  if (first === undefined) return [];
  const doing = `revoke ${first.role} from ${members.length === 1 ? first.member : `${members.length} members`}`;
  const names = members.map(({ member }) => pg.escapeIdentifier(member)).join(', ');
  await connection.query(doing, 'SAVEPOINT one_statement');
  try {
    const role = pg.escapeIdentifier(first.role);
    await connection.query(doing, `REVOKE ${role} FROM ${names} GRANTED BY CURRENT_USER RESTRICT`);
    await connection.query(doing, 'RELEASE SAVEPOINT one_statement');
    return members;
  } catch (error) {
    if (!(error instanceof Outage) || !connection.usable) throw error;
    await connection.query(doing, 'ROLLBACK TO SAVEPOINT one_statement');
    await connection.query(doing, 'RELEASE SAVEPOINT one_statement');
    if (error.kind !== 'permanent') {
      const told = await withBlocker(name, connection, first.ids, error);
      return told instanceof Outage ? told : error;
    }
    if (members.length === 1) return [];
    const half = Math.ceil(members.length / 2);
    const one = await revokeFrom(name, connection, members.slice(0, half));
    const other = one instanceof Outage ? one : await revokeFrom(name, connection, members.slice(half));
    return one instanceof Outage || other instanceof Outage ? [] : [...one, ...other];
  }
}
