import type { ResolvedAccess } from '../../domain/grant.ts';
import { type HolderPage, Outage } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { HOLDERS_PAGE } from './limits.ts';
import type { PostgresEntitlement } from './schema.ts';
import { entitlementIdOf, refuseSuperuser, requireUsable, resolvedFrom } from './target.ts';

/** The oids behind the two names. Throws `permanent` when one does not exist or makes no sense. */
export async function resolveAccess(
  name: string,
  connection: Connection,
  entitlement: PostgresEntitlement,
  subject: string,
): Promise<ResolvedAccess> {
  const identity = requireUsable(name, connection.server);
  refuseSuperuser(name, connection.server);
  const [roleId, memberId] = await Promise.all([
    roleIdOf(name, connection, entitlement.role),
    roleIdOf(name, connection, subject),
  ]);
  if (memberId === connection.server.roleId) {
    throw new Outage(
      'permanent',
      `${subject} is the role Elevate itself uses on ${name}. Nobody can be given access as that.`,
    );
  }
  if (roleId === memberId) throw new Outage('permanent', `${subject} cannot be a member of itself on ${name}`);
  return resolvedFrom(identity, { roleId, memberId, grantorId: connection.server.roleId });
}

async function roleIdOf(name: string, connection: Connection, role: string): Promise<string> {
  const text = 'SELECT oid::text AS oid FROM pg_roles WHERE rolname::text = $1';
  const [row] = await connection.query<{ oid: string }>(`look up role ${role}`, text, [role]);
  if (!row) {
    throw new Outage(
      'permanent',
      `There is no role "${role}" on ${name}. Create it there, or name another one in the policy.`,
    );
  }
  return row.oid;
}

type HolderRow = {
  subjectId: string;
  subject: string;
  grantorId: string;
  grantor: string;
  ours: boolean;
  admin: boolean;
  inherit: boolean;
  set: boolean;
};

/**
 * In the order of (member, grantor), which no renaming changes. `$3` and `$4` are where the page before ended. A page is one value: a
 * hundred thousand rows would cost several times as much to take in.
 */
const HOLDERS = `
  SELECT coalesce(json_agg(h ORDER BY h."subjectId", h."grantorId"), '[]') AS page FROM (
    SELECT m.member AS "subjectId", u.rolname AS subject, m.grantor AS "grantorId", coalesce(g.rolname::text, m.grantor::text) AS grantor,
           m.grantor = $2::oid AS ours, m.admin_option AS admin, m.inherit_option AS inherit, m.set_option AS set
      FROM pg_auth_members m JOIN pg_roles u ON u.oid = m.member LEFT JOIN pg_roles g ON g.oid = m.grantor
     WHERE m.roleid = $1::oid AND m.member <> $2::oid AND (m.member, m.grantor) > ($3::oid, $4::oid)
     ORDER BY m.member, m.grantor LIMIT ${HOLDERS_PAGE}) h`;

/** Every direct membership, one entry per grantor. Our own, which is what lets us grant, is left out. */
export async function holdersOf(
  name: string,
  connection: Connection,
  entitlement: PostgresEntitlement,
  after: string | null,
): Promise<HolderPage> {
  const targetIdentity = requireUsable(name, connection.server);
  const roleId = await roleIdOf(name, connection, entitlement.role);
  const grantorId = connection.server.roleId;
  const [lastMember = '0', lastGrantor = '0'] = after?.split('/') ?? [];
  const position = [roleId, grantorId, lastMember, lastGrantor];
  const [answer] = await connection.query<{ page: HolderRow[] }>('list holders', HOLDERS, position);
  const rows = answer?.page ?? [];
  const { key: prefix } = resolvedFrom(targetIdentity, { roleId, grantorId, memberId: '' });
  const last = rows.length < HOLDERS_PAGE ? undefined : rows.at(-1);
  return {
    targetIdentity,
    entitlementId: entitlementIdOf({ roleId, grantorId }),
    next: last ? `${last.subjectId}/${last.grantorId}` : null,
    holders: rows.map(({ subjectId, subject, grantor, ours, admin, inherit, set }) => ({
      accessKey: prefix + subjectId,
      subjectId,
      subject,
      grantor,
      ours,
      level: { admin, inherit, set },
    })),
  };
}
