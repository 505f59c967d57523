import type { ResolvedAccess } from '../../domain/grant.ts';
import { Outage } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import type { PostgresEntitlement } from './schema.ts';
import { refuseSuperuser, requireUsable, resolvedFrom } from './target.ts';

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

/** Throws `permanent` where there is none of that name. */
export async function roleIdOf(name: string, connection: Connection, role: string): Promise<string> {
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
