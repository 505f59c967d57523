import { schedule } from '../domain/effect.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import { asOutage } from './outage.ts';
import type { Ports } from './ports.ts';

/** After a start the overdue ends go first; then the targets are compared. */
const FIRST_RUN_SECONDS = 30;

/** The turns of a workspace, from now on: of the reconciler, and of who looks after its people. Harmless twice: there is one of each. */
export async function beginWatch(ports: Pick<Ports, 'store'>, workspace: WorkspaceId): Promise<void> {
  await ports.store.transaction(workspace, async (tx) => {
    const dueAt = new Date(tx.now.getTime() + FIRST_RUN_SECONDS * 1000);
    const shouts = (await tx.pause()) ? [schedule({ kind: 'announce_pause', workspaceId: workspace }, tx.now)] : [];
    await tx.save({
      effects: [
        schedule({ kind: 'reconcile', workspaceId: workspace }, dueAt),
        schedule({ kind: 'check_people', workspaceId: workspace, after: null }, dueAt),
        ...shouts,
      ],
    });
  });
}

export interface Stranded {
  readonly connector: string;
  readonly grants: number;
  readonly problem: string;
}

/**
 * Opens every connection that a grant which has not ended relies on, so that it stays loaded whatever the policy says now, and returns
 * those that do not open: a connector or a secret that no longer resolves.
 */
export async function openTargets(
  ports: Pick<Ports, 'store' | 'connectors'>,
  workspace: WorkspaceId,
): Promise<readonly Stranded[]> {
  const targets = await ports.store.reads(workspace).openTargets();
  return targets.flatMap(({ connector, connectorType, connection, grants }) => {
    try {
      ports.connectors.get(connector, connectorType, connection);
      return [];
    } catch (error) {
      return [{ connector, grants, problem: asOutage(error).message }];
    }
  });
}
