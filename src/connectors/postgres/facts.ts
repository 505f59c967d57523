import type { Connection, Server } from './connection.ts';

/** A role that the policy uses, as this server knows it. */
export type UsedRole = { name: string; superuser: boolean; createRole: boolean; mayGrant: boolean };

/** What our own role is a member of. */
export type OwnMembership = { role: string; admin: boolean; inherit: boolean; set: boolean };

/** Everything check() judges. */
export interface TargetFacts {
  readonly server: Server;
  readonly createRole: boolean;
  readonly createDatabase: boolean;
  readonly replication: boolean;
  readonly bypassRls: boolean;
  /** Whether the connection is encrypted, or never leaves the machine. */
  readonly private: boolean;
  readonly maySignal: boolean;
  /** Whether it sees when other people's sessions were used. */
  readonly mayObserve: boolean;
  /** Whether anybody may connect to the database we are in, and so take its advisory locks. */
  readonly databaseOpen: boolean;
  /** Roles that can act as ours, and so leave grants that look like ours. */
  readonly actors: readonly string[];
  readonly memberships: readonly OwnMembership[];
  readonly usedRoles: readonly UsedRole[];
}

type Own = Omit<TargetFacts, 'server' | 'actors' | 'memberships' | 'usedRoles'>;

const OWN = `
  SELECT r.rolcreaterole AS "createRole", r.rolcreatedb AS "createDatabase", r.rolreplication AS replication,
         r.rolbypassrls AS "bypassRls", pg_has_role('pg_signal_backend', 'USAGE') AS "maySignal",
         pg_has_role('pg_read_all_stats', 'USAGE') AS "mayObserve",
         has_database_privilege('public', current_database(), 'CONNECT') AS "databaseOpen",
         coalesce((SELECT s.ssl FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid()), false)
           OR coalesce(inet_client_addr() <<= '127.0.0.0/8' OR inet_client_addr() = '::1', true) AS private
    FROM pg_roles r WHERE r.rolname = current_user`;

const ACTORS = `
  SELECT DISTINCT u.rolname::text AS name FROM pg_auth_members m JOIN pg_roles u ON u.oid = m.member
   WHERE m.roleid = $1::oid AND (m.inherit_option OR m.set_option) ORDER BY 1`;

const MEMBERSHIPS = `
  SELECT r.rolname::text AS role, bool_or(m.admin_option) AS admin, bool_or(m.inherit_option) AS inherit, bool_or(m.set_option) AS set
    FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE m.member = $1::oid GROUP BY r.rolname ORDER BY r.rolname`;

const USED = `
  SELECT r.rolname::text AS name, r.rolsuper AS superuser, r.rolcreaterole AS "createRole",
         EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = r.oid AND m.member = $1::oid AND m.admin_option) AS "mayGrant"
    FROM pg_roles r WHERE r.rolname::text = ANY($2::text[])`;

/** Only for version 16 and newer. */
export async function readFacts(connection: Connection, roles: readonly string[]): Promise<TargetFacts> {
  const { server } = connection;
  const me = [server.roleId];
  const [own] = await connection.query<Own>('look at its own rights', OWN);
  const actors = await connection.query<{ name: string }>('see who can act as it', ACTORS, me);
  return {
    createRole: own?.createRole ?? false,
    createDatabase: own?.createDatabase ?? false,
    replication: own?.replication ?? false,
    bypassRls: own?.bypassRls ?? false,
    private: own?.private ?? false,
    maySignal: own?.maySignal ?? false,
    mayObserve: own?.mayObserve ?? false,
    databaseOpen: own?.databaseOpen ?? true,
    server,
    actors: actors.map((row) => row.name),
    memberships: await connection.query<OwnMembership>('see what it is a member of', MEMBERSHIPS, me),
    usedRoles: await connection.query<UsedRole>('look at the roles of the policy', USED, [...me, roles]),
  };
}
