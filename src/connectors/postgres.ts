import { z } from 'zod';
import { decodePercent } from '../domain/percent.ts';
import { type Connector, type ConnectorCapabilities, type ConnectorType, Outage } from '../usecases/ports.ts';
import { checkTarget } from './postgres/check.ts';
import type { Connection, Destination } from './postgres/connection.ts';
import { holdersOf, summarize } from './postgres/holders.ts';
import { LIMITS, type Limits } from './postgres/limits.ts';
import { lockAccess, unlockAccess } from './postgres/lock.ts';
import { openPool } from './postgres/pool.ts';
import { resolveAccess } from './postgres/resolve.ts';
import { connectionSchema, entitlementSchema, type PostgresEntitlement, parseUrl } from './postgres/schema.ts';
import { openSession } from './postgres/session.ts';
import { withMany } from './postgres/session-many.ts';
import { isGone, requireSame, requireSameOrDropped, requireUsable } from './postgres/target.ts';
import { inUse } from './postgres/use.ts';
import { environment, isReference, referencesIn, replaceReferences, secret } from './secrets.ts';

/**
 * Memberships of roles on PostgreSQL 16 or newer, granted by a role of Elevate's own (docs/postgresql.md). PostgreSQL has no expiry
 * for memberships; that one is used shows in the sessions of who has it.
 */
const capabilities: ConnectorCapabilities = {
  endsSessions: true,
  nativeExpiry: false,
  listsHolders: true,
  observesUse: true,
  distinguishesGrantors: true,
  lockProvesQuiet: true,
  preparesRevocations: true,
};

export const postgres: ConnectorType = {
  type: 'postgres',
  connection: connectionSchema,
  entitlement: entitlementSchema,
  observesUse: capabilities.observesUse,
  open: (name, connection) => openPostgres(name, connection),
};

/** `limits` and `env` are for tests. Throws a `permanent` Outage when the connection or its secret is not right. */
export function openPostgres(
  name: string,
  connection: unknown,
  { limits = LIMITS, env = environment() }: { limits?: Limits; env?: NodeJS.ProcessEnv } = {},
): Connector {
  const to = destination(name, connection, limits, env);
  const pool = openPool(to);
  const withServer = <T>(work: (connection: Connection, identity: string) => Promise<T>): Promise<T> =>
    pool.use((connection) => work(connection, requireUsable(name, connection.server)));

  return {
    name,
    type: postgres.type,
    capabilities,
    identify: () => withServer(async (_, identity) => identity),
    resolve: (entitlement, subject) =>
      withServer((connection) => resolveAccess(name, connection, parsed(name, entitlement), subject)),
    exclusively: (access, work) =>
      pool.use(async (connection) => {
        const ids = await requireSameOrDropped(name, connection, access.resolved);
        const entitlement = parsed(name, access.entitlement);
        try {
          await lockAccess(name, connection, ids);
          return await work(openSession(to, connection, ids, entitlement));
        } finally {
          await unlockAccess(connection, ids);
        }
      }, true),
    exclusivelyMany: (accesses, work) => pool.use((connection) => withMany(to, connection, accesses, work), true),
    listHolders: (entitlement, after = null, buckets) =>
      withServer((connection) => holdersOf(name, connection, parsed(name, entitlement), after, buckets ?? null)),
    summarizeHolders: (entitlement) =>
      withServer((connection) => summarize(name, connection, parsed(name, entitlement))),
    isGone: (entitlementKey) => withServer((connection, identity) => isGone(connection, identity, entitlementKey)),
    inUse: (access, withinSeconds) =>
      pool.use((connection) =>
        inUse(name, connection, requireSame(name, connection, access.resolved).memberId, withinSeconds),
      ),
    check: (uses) =>
      checkTarget(
        to,
        pool,
        uses.map(({ entitlement, endSessions, observeUse = false }) => ({
          ...parsed(name, entitlement),
          endSessions,
          observeUse,
        })),
      ),
    close: () => pool.close(),
  };
}

function parsed(name: string, entitlement: unknown): PostgresEntitlement {
  const result = entitlementSchema.safeParse(entitlement);
  if (result.success) return result.data;
  throw new Outage('permanent', `An entitlement of ${name} is not right. ${z.prettifyError(result.error)}`);
}

function destination(name: string, connection: unknown, limits: Limits, env: NodeJS.ProcessEnv): Destination {
  const result = connectionSchema.safeParse(connection);
  if (!result.success) {
    throw new Outage('permanent', `The connection of ${name} is not right. ${z.prettifyError(result.error)}`);
  }
  const { url: template } = result.data;
  const secrets = referencesIn(template).map((reference) => secret(reference, name, env));
  // A value that is part of a URL is written as a URL needs it; one that is all of it is a URL already.
  const url = isReference(template)
    ? (secrets[0] ?? '')
    : replaceReferences(template, (reference) => encodeURIComponent(secret(reference, name, env)));
  const parsedUrl = parseUrl(url);
  if (!parsedUrl || parsedUrl.username === '') {
    const from = referencesIn(template).join(', ');
    const where = isReference(template)
      ? `The value of ${from}, the URL of connector ${name},`
      : `The URL of connector ${name}`;
    throw new Outage('permanent', `${where} is not like postgres://user:password@host:5432/database`);
  }
  return { name, url, limits, redact: redactor([...secrets, parsedUrl.password, decodePercent(parsedUrl.password)]) };
}

function redactor(values: readonly string[]): (text: string) => string {
  const secrets = [...new Set(values)].filter((value) => value !== '').sort((a, b) => b.length - a.length);
  return (text) => secrets.reduce((rest, value) => rest.replaceAll(value, '[secret]'), text);
}
