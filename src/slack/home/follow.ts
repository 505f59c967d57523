import type { WorkspaceId } from '../../domain/ids.ts';
import type { Changes } from '../../usecases/follow-changes.ts';
import type { Homes } from './homes.ts';

interface Parts {
  readonly homes: Homes;
  readonly workspace: () => Promise<WorkspaceId>;
  readonly changesSince: (input: { workspace: WorkspaceId; since: number | null }) => Promise<Changes>;
}

/**
 * Each process draws the Homes that were opened through it, and hears of its own work at once. What the others did it finds in the
 * audit, each time the returned function is called. Throws what the database throws.
 */
export function createFollower({ homes, workspace, changesSince }: Parts): () => Promise<void> {
  let seen: number | null = null;
  return async () => {
    if (homes.count() === 0) {
      seen = null;
      return;
    }
    const { latest, views } = await changesSince({ workspace: await workspace(), since: seen });
    seen = latest;
    if (views === null) homes.allChanged();
    else for (const { view, event } of views) homes.changed(view, event);
  };
}
