import type { Logger } from 'pino';
import type { ClockSighting } from './domain/clock-watch.ts';
import type { WorkspaceId } from './domain/ids.ts';
import { beginWatch, openTargets } from './usecases/begin-watch.ts';
import type { Ports } from './usecases/ports.ts';
import { type Witnesses, watchDatabase } from './usecases/watch-database.ts';

interface Watch {
  /** Whether the database is the one it was. Before anything is performed: what it finds may change what is. */
  look(): Promise<void>;
  /** The look again, and the watch over a workspace's targets as soon as the workspace is known. */
  beat(): Promise<void>;
}

export function createWatch(
  ports: Ports,
  witnesses: Witnesses,
  identity: () => Promise<{ readonly teamId: WorkspaceId }>,
  log: Logger,
): Watch {
  const watched = new Set<WorkspaceId>();
  let last: ClockSighting | null = null;
  let begun = false;
  let own: WorkspaceId | null = null;
  const begin = async (workspace: WorkspaceId): Promise<void> => {
    if (watched.has(workspace)) return;
    await beginWatch(ports, workspace);
    watched.add(workspace);
    for (const { connector, grants, problem } of await openTargets(ports, workspace)) {
      log.error({ connector, grants }, `Open access on ${connector} cannot be taken away: ${problem}`);
    }
  };
  const look = async (): Promise<void> => {
    const seen = await watchDatabase(ports, witnesses, last);
    last = seen.look;
    for (const trouble of seen.troubles) {
      log.error({ trouble }, 'The database is not as it was: see the security channel');
    }
  };
  return {
    look,
    async beat() {
      await look();
      if (!begun) for (const workspace of await ports.store.database.workspaces()) await begin(workspace);
      begun = true;
      if (own === null) own = (await identity().catch(() => null))?.teamId ?? null;
      if (own !== null) await begin(own);
    },
  };
}
