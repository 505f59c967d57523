import type { Json } from '../../domain/json.ts';
import { type Holding, Outage, type TargetSession } from '../../usecases/ports.ts';
import type { Connection, Destination } from './connection.ts';
import { prepareMembership, readMembership, writeMembership } from './membership.ts';
import { type Level, levelSchema, type PostgresEntitlement, sameLevel } from './schema.ts';
import { endSessionsOf } from './sessions.ts';
import { type AccessIds, refuseSuperuser } from './target.ts';

/** What may be done while the lock of one access is held. */
export function openSession(
  to: Destination,
  connection: Connection,
  ids: AccessIds,
  entitlement: PostgresEntitlement,
): TargetSession {
  const { name } = to;
  return {
    // Whoever has the lock knows that no older statement can still land: see lock.ts.
    unsettled: null,
    observe: (): Promise<Holding> => readMembership(connection, ids),

    async grant() {
      refuseSuperuser(name, connection.server);
      return writeMembership(name, connection, ids, (ours) => atLeast(entitlement, ours));
    },

    suffices(level) {
      const found = levelSchema.safeParse(level);
      return found.success && sameLevel(found.data, atLeast(entitlement, found.data));
    },

    async revoke(before) {
      const goal = noted(name, before);
      return writeMembership(name, connection, ids, () => goal);
    },

    async prepareRevoke(before) {
      const goal = noted(name, before);
      return prepareMembership(name, connection, ids, () => goal);
    },

    endSessions: () => endSessionsOf(connection, ids.memberId, to.limits.sessionsMs),
  };
}

/** Never less than what our grantor gave before: an elevation takes nothing away while it lasts. */
function atLeast(entitlement: PostgresEntitlement, ours: Level | null): Level {
  return {
    admin: ours?.admin ?? false,
    inherit: entitlement.inherit || (ours?.inherit ?? false),
    set: entitlement.set || (ours?.set ?? false),
  };
}

function noted(name: string, before: Json): Level | null {
  if (before === null) return null;
  const level = levelSchema.safeParse(before);
  if (level.success) return level.data;
  throw new Outage('permanent', `What was noted as held before on ${name} is not a membership of PostgreSQL`);
}
