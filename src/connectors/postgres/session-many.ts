import { type AccessOnTarget, type ManySession, Outage } from '../../usecases/ports.ts';
import type { Connection, Destination } from './connection.ts';
import { lockMany, unlockMany } from './lock.ts';
import { readMemberships, revokeMemberships } from './membership-many.ts';
import { endSessionsOfMany } from './sessions.ts';
import { type AccessIds, requireSame } from './target.ts';

/** Runs `work` under the locks of as many of these accesses as are free and on this very server. */
export async function withMany<T>(
  to: Destination,
  connection: Connection,
  accesses: readonly AccessOnTarget[],
  work: (session: ManySession) => Promise<T>,
): Promise<T> {
  const here = new Map(accesses.flatMap((access) => idsHere(to.name, connection, access)));
  const locked = here.size === 0 ? [] : await lockMany(to.name, connection, [...here.values()]);
  try {
    const isLocked = new Set(locked);
    return await work(openMany(to, connection, new Map([...here].filter(([, ids]) => isLocked.has(ids)))));
  } finally {
    await unlockMany(connection, locked);
  }
}

/** Nothing for an access that is not on this server or was given by another role: the single way says so. */
function idsHere(name: string, connection: Connection, { resolved }: AccessOnTarget): [string, AccessIds][] {
  try {
    return [[resolved.key, requireSame(name, connection, resolved)]];
  } catch (error) {
    if (error instanceof Outage && error.kind === 'permanent') return [];
    throw error;
  }
}

function openMany(to: Destination, connection: Connection, held: ReadonlyMap<string, AccessIds>): ManySession {
  /** Asks about those of these accesses that are held, and tells the answers by their keys. */
  async function about<A>(
    keys: readonly string[],
    ask: (all: readonly AccessIds[]) => Promise<readonly (A | undefined)[]>,
  ): Promise<Map<string, A>> {
    const meant = keys.filter((key) => held.has(key));
    const ids = meant.flatMap((key) => held.get(key) ?? []);
    const answers = ids.length === 0 ? [] : await ask(ids);
    return new Map(
      meant.flatMap((key, index): [string, A][] => {
        const answer = answers[index];
        return answer === undefined ? [] : [[key, answer]];
      }),
    );
  }
  return {
    held: new Set(held.keys()),
    observe: (keys) => about(keys, (all) => readMemberships(connection, all)),
    revoke: (keys) =>
      about(keys, async (all) => {
        const answers = await revokeMemberships(to.name, connection, all);
        return all.map((ids) => answers.get(ids));
      }),
    endSessions: (keys) =>
      about(keys, (all) =>
        endSessionsOfMany(
          connection,
          all.map((ids) => ids.memberId),
          to.limits.sessionsMs,
        ),
      ),
  };
}
