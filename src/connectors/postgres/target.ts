import type { ResolvedAccess } from '../../domain/grant.ts';
import { Outage } from '../../usecases/ports.ts';
import type { Connection, Server } from './connection.ts';
import { OLDEST_VERSION } from './limits.ts';

/** The oids of one access: the role, its member, and the grantor whose rows are ours. As decimal text, as PostgreSQL prints them. */
export interface AccessIds {
  readonly roleId: string;
  readonly grantorId: string;
  readonly memberId: string;
}

export const identityOf = (systemIdentifier: string): string => `postgresql:${systemIdentifier}`;

/** The identity of the server; throws on servers and logins that nothing can be done with. */
export function requireUsable(name: string, server: Server): string {
  if (server.version < OLDEST_VERSION) {
    throw new Outage(
      'permanent',
      `${name} is PostgreSQL ${major(server)}; Elevate needs 16 or newer. Upgrade the server.`,
    );
  }
  if (server.standby) {
    throw new Outage(
      'transient',
      `${name} is a standby at the moment, where nothing can be granted. Point its URL at the primary.`,
    );
  }
  if (!server.actsAsItself) {
    throw new Outage(
      'permanent',
      `${name} acts as ${server.role}, but logged in as another role. Take away what sets its role at login.`,
    );
  }
  if (server.identity === null) {
    throw new Outage(
      'permanent',
      `${name} does not let ${server.role} read which server it is. Run: GRANT EXECUTE ON FUNCTION pg_catalog.pg_control_system() TO ${server.role}`,
    );
  }
  return identityOf(server.identity);
}

/**
 * Not only check() refuses superusers, giving access does too: their grants may be recorded under the bootstrap superuser, whose
 * rows are a DBA's own. Taking access away stays possible for a role that was made superuser afterwards, since REVOKE names
 * its grantor.
 */
export function refuseSuperuser(name: string, server: Server): void {
  if (!server.superuser) return;
  throw new Outage(
    'permanent',
    `${name} is used as ${server.role}, a superuser. Give Elevate a role of its own: see docs/postgresql.md.`,
  );
}

export const major = (server: Pick<Server, 'version'>): number => Math.floor(server.version / 10_000);

export const entitlementIdOf = (ids: Pick<AccessIds, 'roleId' | 'grantorId'>): string =>
  `role ${ids.roleId} by ${ids.grantorId}`;

/**
 * The ids of an access. The grantor belongs to the entitlement: two bots on one server keep separate rows, and what one of them
 * gave only it can take away.
 */
export function resolvedFrom(targetIdentity: string, ids: AccessIds): ResolvedAccess {
  const entitlementId = entitlementIdOf(ids);
  return {
    targetIdentity,
    entitlementId,
    subjectId: ids.memberId,
    key: `${targetIdentity}/${entitlementId}/${ids.memberId}`,
  };
}

/** Whether the role or the grantor of an entitlement of this very server was dropped, and every membership in it by that grantor with it. */
export async function isGone(connection: Connection, identity: string, entitlementKey: string): Promise<boolean> {
  const server = `${identity}/`;
  const oids = entitlementKey.startsWith(server) ? oidsIn(entitlementKey.slice(server.length)) : null;
  if (oids === null) return false;
  const text = 'SELECT FROM pg_roles WHERE oid IN ($1::oid, $2::oid)';
  return (await connection.query('see whether they still exist', text, [oids.roleId, oids.grantorId])).length < 2;
}

/** What `resolvedFrom` made of them; null: it is none of its ids. */
function oidsIn(entitlementId: string): Pick<AccessIds, 'roleId' | 'grantorId'> | null {
  const [, roleId, grantorId] = /^role (\d+) by (\d+)$/.exec(entitlementId) ?? [];
  return roleId === undefined || grantorId === undefined ? null : { roleId, grantorId };
}

export function idsOf(resolved: ResolvedAccess): AccessIds {
  const oids = oidsIn(resolved.entitlementId);
  if (oids === null || !/^\d+$/.test(resolved.subjectId)) {
    throw new Outage('permanent', `"${resolved.entitlementId}" is not an access on PostgreSQL that Elevate resolved`);
  }
  return { ...oids, memberId: resolved.subjectId };
}

/** Refuses to touch another server, or to act as another grantor, than the access was resolved with. */
export function requireSame(name: string, connection: Connection, resolved: ResolvedAccess): AccessIds {
  const ids = requireSameServer(name, connection, resolved);
  if (!isOurs(connection, ids)) throw otherGrantor(name, connection, ids);
  return ids;
}

/**
 * The same, but for a grantor that was dropped, such as when Elevate's role was made anew. PostgreSQL drops nobody whose grants still
 * stand, so nothing can be there; that is read back as always. Nothing can be given in its name either.
 */
export async function requireSameOrDropped(
  name: string,
  connection: Connection,
  resolved: ResolvedAccess,
): Promise<AccessIds> {
  const ids = requireSameServer(name, connection, resolved);
  if (isOurs(connection, ids)) return ids;
  const text = 'SELECT FROM pg_roles WHERE oid = $1::oid';
  const found = await connection.query('see whether the grantor of this access still exists', text, [ids.grantorId]);
  if (found.length > 0) throw otherGrantor(name, connection, ids);
  return ids;
}

export const isOurs = (connection: Connection, ids: AccessIds): boolean => ids.grantorId === connection.server.roleId;

function requireSameServer(name: string, connection: Connection, resolved: ResolvedAccess): AccessIds {
  const identity = requireUsable(name, connection.server);
  if (identity !== resolved.targetIdentity) {
    throw new Outage(
      'permanent',
      `${name} is another server (${identity}) than the one this access is on (${resolved.targetIdentity}). Point its URL back at that one.`,
    );
  }
  return idsOf(resolved);
}

const otherGrantor = (name: string, { server }: Connection, ids: AccessIds): Outage =>
  new Outage(
    'permanent',
    `${name} logs in as ${server.role} (oid ${server.roleId}), but this access was given by the role with oid ${ids.grantorId}, and only that one can take it away. Let its URL log in as that role again.`,
  );
