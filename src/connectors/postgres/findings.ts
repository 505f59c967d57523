import pg from 'pg';
import type { ConnectorFinding } from '../../usecases/ports.ts';
import type { Server } from './connection.ts';
import type { TargetFacts } from './facts.ts';
import { major } from './target.ts';

/** What the policy wants of one role. */
export interface Use {
  readonly role: string;
  readonly inherit: boolean;
  readonly set: boolean;
  readonly endSessions: boolean;
  readonly observeUse: boolean;
}

const OBSERVE = 'pg_read_all_stats';
const SIGNAL = 'pg_signal_backend';
/** Harmless for us to be a member of: it shows more of pg_stat_activity. */
const HARMLESS = ['pg_read_all_stats', 'pg_monitor'];

export function oldVersion(name: string, server: Server): ConnectorFinding {
  return error(
    `${name} is PostgreSQL ${major(server)}. Before 16 a membership has no row per grantor, so ours could not be told from a DBA's.`,
    'Upgrade the server to PostgreSQL 16 or newer.',
  );
}

export const movedByPoolerFinding = (name: string): ConnectorFinding =>
  error(
    `${name} is reached through a pooler that moves a connection between sessions, where a lock does not stay with who took it.`,
    'Point the URL at PostgreSQL itself, or at a pool in session mode.',
  );

/** What a person must put right, errors first, each with the SQL that does it. Pure. */
export function findingsOn(name: string, facts: TargetFacts, uses: readonly Use[]): readonly ConnectorFinding[] {
  const findings = [
    ...onServer(name, facts),
    ...onLogin(name, facts),
    ...onUses(name, facts, uses),
    ...onExcess(name, facts, uses),
    ...onLevels(name, uses),
  ];
  return findings.sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
}

function onServer(name: string, { server, private: isPrivate, databaseOpen }: TargetFacts): ConnectorFinding[] {
  const found: ConnectorFinding[] = [];
  if (server.standby)
    found.push(error(`${name} is a standby, where nothing can be granted.`, 'Point the URL at the primary.'));
  if (server.identity === null) {
    found.push(
      error(
        `${server.role} may not read which server ${name} is.`,
        `GRANT EXECUTE ON FUNCTION pg_catalog.pg_control_system() TO ${quote(server.role)}; -- in database ${quote(server.database)}`,
      ),
    );
  }
  if (!isPrivate) {
    found.push(warning(`The connection to ${name} is not encrypted.`, 'Add ?sslmode=verify-full to the URL.'));
  }
  if (databaseOpen) {
    found.push(
      warning(
        `Everybody may connect to database ${server.database} on ${name}, and whoever may can hold up Elevate by taking its advisory locks.`,
        `CREATE DATABASE elevate; REVOKE CONNECT ON DATABASE elevate FROM PUBLIC; GRANT CONNECT ON DATABASE elevate TO ${quote(server.role)}; -- and name that database in the URL`,
      ),
    );
  }
  return found;
}

function onLogin(name: string, facts: TargetFacts): ConnectorFinding[] {
  const { server, actors } = facts;
  const role = quote(server.role);
  const found: ConnectorFinding[] = [];
  if (server.superuser) {
    found.push(
      error(
        `${server.role} is a superuser on ${name}: its grants are recorded under the bootstrap superuser, so ending one could take away what a DBA gave.`,
        `CREATE ROLE elevate_bot LOGIN PASSWORD '...'; -- and use it in the URL; or: ALTER ROLE ${role} NOSUPERUSER;`,
      ),
    );
  }
  if (!server.actsAsItself) {
    found.push(
      error(
        `After login the role on ${name} is set to ${server.role}.`,
        'ALTER ROLE <the role in the URL> RESET role;',
      ),
    );
  }
  const attributes = [
    facts.createRole ? 'CREATEROLE' : null,
    facts.replication ? 'REPLICATION' : null,
    facts.bypassRls ? 'BYPASSRLS' : null,
    facts.createDatabase ? 'CREATEDB' : null,
  ].flatMap((attribute) => attribute ?? []);
  if (attributes.length > 0) {
    found.push(
      error(
        `${server.role} has ${attributes.join(', ')} on ${name}, which Elevate does not need.`,
        `ALTER ROLE ${role} ${attributes.map((attribute) => `NO${attribute}`).join(' ')};`,
      ),
    );
  }
  if (actors.length > 0) {
    found.push(
      error(
        `${actors.join(', ')} can act as ${server.role} on ${name}, so grants by ${server.role} are not surely Elevate's.`,
        `${actors.map((actor) => `REVOKE ${role} FROM ${quote(actor)};`).join(' ')} -- add GRANTED BY if somebody else granted it`,
      ),
    );
  }
  return found;
}

function onUses(
  name: string,
  { server, usedRoles, maySignal, mayObserve }: TargetFacts,
  uses: readonly Use[],
): ConnectorFinding[] {
  const found: ConnectorFinding[] = [];
  for (const role of new Set(uses.map((use) => use.role))) {
    const known = usedRoles.find((each) => each.name === role);
    if (!known) {
      found.push(
        error(
          `There is no role "${role}" on ${name}.`,
          `CREATE ROLE ${quote(role)} NOLOGIN; -- or name another one in the policy`,
        ),
      );
      continue;
    }
    if (known.superuser) {
      found.push(
        error(
          `${role} on ${name} is a superuser, which only superusers may grant.`,
          `ALTER ROLE ${quote(role)} NOSUPERUSER; -- or offer another role`,
        ),
      );
    }
    if (known.createRole) {
      found.push(
        warning(
          `${role} on ${name} has CREATEROLE: who has it for an hour can make roles that stay.`,
          `ALTER ROLE ${quote(role)} NOCREATEROLE;`,
        ),
      );
    }
    if (!known.mayGrant) {
      found.push(
        error(
          `${server.role} has no ADMIN OPTION of its own on ${role} on ${name}. One that comes through another role is not enough, since that role would be the grantor.`,
          `GRANT ${quote(role)} TO ${quote(server.role)} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;`,
        ),
      );
    }
  }
  if (!maySignal && uses.some((use) => use.endSessions)) {
    found.push(
      error(
        `${server.role} may not end sessions on ${name}, which the policy asks for.`,
        `GRANT ${SIGNAL} TO ${quote(server.role)} WITH INHERIT TRUE;`,
      ),
    );
  }
  if (!mayObserve && uses.some((use) => use.observeUse)) {
    found.push(
      error(
        `${server.role} may not see when sessions were used on ${name}, so access that nobody uses is not ended there early, as unused_after wants.`,
        `GRANT ${OBSERVE} TO ${quote(server.role)} WITH INHERIT TRUE;`,
      ),
    );
  }
  return found;
}

/** One membership has one level, and it lasts as long as the last grant on it. */
function onLevels(name: string, uses: readonly Use[]): ConnectorFinding[] {
  const levels = new Map<string, Set<string>>();
  for (const { role, inherit, set } of uses) {
    levels.set(role, (levels.get(role) ?? new Set()).add(`inherit ${inherit}, set ${set}`));
  }
  return [...levels].flatMap(([role, found]) =>
    found.size === 1
      ? []
      : warning(
          `Roles of the policy give ${role} on ${name} at ${found.size} levels (${[...found].join('; ')}): whoever has more than one of them keeps what the greatest allows until all have ended.`,
          `CREATE ROLE <another name> NOLOGIN; GRANT ${quote(role)} TO <another name>; -- and name it in one of them, or give all of them the same inherit and set`,
        ),
  );
}

/** Rights that are there and that no role of the policy needs. */
function onExcess(
  name: string,
  { server, memberships, maySignal }: TargetFacts,
  uses: readonly Use[],
): ConnectorFinding[] {
  const found: ConnectorFinding[] = [];
  const role = quote(server.role);
  for (const membership of memberships) {
    if (membership.role === SIGNAL || HARMLESS.includes(membership.role)) continue;
    const used = uses.some((use) => use.role === membership.role);
    if (!used) {
      found.push(
        warning(
          `${server.role} is a member of ${membership.role} on ${name}, which no role of the policy needs.`,
          `REVOKE ${quote(membership.role)} FROM ${role};`,
        ),
      );
    } else if (membership.inherit || membership.set) {
      found.push(
        warning(
          `${server.role} has the rights of ${membership.role} itself on ${name}; to give them, ADMIN OPTION is enough.`,
          `GRANT ${quote(membership.role)} TO ${role} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;`,
        ),
      );
    }
  }
  if (maySignal && !server.superuser && uses.every((use) => !use.endSessions)) {
    found.push(
      warning(
        `${server.role} may end sessions on ${name}, which the policy never asks for.`,
        `REVOKE ${SIGNAL} FROM ${role};`,
      ),
    );
  }
  return found;
}

const error = (message: string, fix: string): ConnectorFinding => ({ severity: 'error', message, fix });
const warning = (message: string, fix: string): ConnectorFinding => ({ severity: 'warning', message, fix });
const quote = (identifier: string): string => pg.escapeIdentifier(identifier);
