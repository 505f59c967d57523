import type { WorkspaceId } from '../domain/ids.ts';
import { manyEndsAreDue } from './give-way.ts';
import { systemsOfPolicy } from './known-systems.ts';
import { asOutage } from './outage.ts';
import type { Performed, Ports } from './ports.ts';
import type { Finding } from './reconcile-run.ts';
import { firstRunOf, reconcileSystem } from './reconcile-system.ts';
import type { KnownSystem } from './watch-ports.ts';

type Needs = Pick<Ports, 'store' | 'connectors' | 'policies'>;

/** While many ends of access are due, the reconciler waits so long before it asks again whether it may begin. */
const GIVE_WAY_MS = 5_000;
/** Between two runs of a workspace. */
export const RECONCILE_EVERY_SECONDS = 5 * 60;
/** One run takes no longer than this; the next one goes on with the systems that were not looked at the longest. */
const RUN_LIMIT_MS = 90_000;
/** Systems of one run. */
const SYSTEMS_LIMIT = 1_000;

export interface SystemReport {
  readonly system: KnownSystem;
  /** Why nothing was taken away; null: it would have been. */
  readonly dry: 'asked' | 'first_run' | 'paused' | null;
  readonly findings: readonly Finding[];
  /** Why the system could not be looked at. */
  readonly error: string | null;
}

/**
 * Compares what the targets say with what was granted, system by system: what has ended is taken away again, everything else is
 * reported. `dryRun` looks and changes nothing, not even the record of what was seen.
 */
export async function reconcile(
  ports: Needs,
  input: { readonly workspace: WorkspaceId; readonly dryRun: boolean },
): Promise<readonly SystemReport[]> {
  const { workspace, dryRun } = input;
  const mine = systemsOfPolicy(workspace, ports.policies.current());
  if (!dryRun) await ports.store.transaction(workspace, (tx) => tx.knowSystems(mine));
  const reads = ports.store.reads(workspace);
  const known = await reads.knownSystems(SYSTEMS_LIMIT);
  const unknown = mine.filter((each) => known.every((system) => system.id !== each.id));
  const fresh = { firstRunAt: null, lastRunAt: null, lastError: null, holders: null };
  const paused = (await reads.pause()) !== null;
  const stopAt = performance.now() + RUN_LIMIT_MS;
  const reports: SystemReport[] = [];
  // One after the other: the watch must not press on targets that people are waiting for.
  for (const system of [...known, ...unknown.map((each) => ({ ...each, ...fresh }))]) {
    if (performance.now() > stopAt) break;
    const dry = dryRun ? 'asked' : system.firstRunAt === null ? 'first_run' : paused ? 'paused' : null;
    reports.push(await one(ports, system, dry));
  }
  return reports;
}

async function one(ports: Needs, system: KnownSystem, dry: SystemReport['dry']): Promise<SystemReport> {
  try {
    return { system, dry, findings: await reconcileSystem(ports, system, dry), error: null };
  } catch (error) {
    const { message } = asOutage(error);
    if (dry !== 'asked') {
      const now = await ports.store.now();
      await ports.store.transaction(system.workspaceId, async (tx) => {
        const firstRunAt = await firstRunOf(tx, system);
        await tx.saveSystem({ ...system, firstRunAt, lastRunAt: now, lastError: message });
      });
    }
    return { system, dry, findings: [], error: message };
  }
}

/** The reconciler's turn, which never ends: it puts itself back for the next. Ends of access that are due go first. */
export async function takeTurn(ports: Needs, workspace: WorkspaceId): Promise<Performed> {
  if (await manyEndsAreDue(ports, workspace))
    return { done: false, retryInMs: GIVE_WAY_MS, error: 'Many ends are due' };
  const reports = await reconcile(ports, { workspace, dryRun: false });
  const failing = reports.flatMap(({ system, error }) => (error === null ? [] : [`${system.connector}: ${error}`]));
  const error = failing.length > 0 ? failing.join('; ') : `${reports.length} systems were looked at`;
  return { done: false, retryInMs: RECONCILE_EVERY_SECONDS * 1000, error };
}
