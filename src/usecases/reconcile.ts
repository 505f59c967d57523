import { close } from '../domain/drift.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import { blinded, isWatched } from './announce-blind.ts';
import { manyEndsAreDue } from './give-way.ts';
import { systemsOfPolicy } from './known-systems.ts';
import { asOutage } from './outage.ts';
import { Outage, type Performed, type Ports } from './ports.ts';
import type { Finding } from './reconcile-run.ts';
import { AnotherTarget, firstRunOf, reconcileSystem } from './reconcile-system.ts';
import { keep } from './take-away-drift.ts';
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
  const fresh = { firstRunAt: null, lastRunAt: null, lastError: null, failingSince: null, toldAt: null, holders: null };
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
    if (!(error instanceof AnotherTarget)) return blind(ports, system, dry, asOutage(error));
    const anew = await madeAnew(ports, system, dry).catch((problem: unknown) => ({ problem: asOutage(problem) }));
    if ('system' in anew) return one(ports, anew.system, dry === 'asked' ? dry : 'first_run');
    return blind(ports, system, dry, anew.problem ?? error);
  }
}

async function blind(
  ports: Needs,
  system: KnownSystem,
  dry: SystemReport['dry'],
  outage: Outage,
): Promise<SystemReport> {
  if (dry !== 'asked') {
    await ports.store.transaction(system.workspaceId, async (tx) => {
      const { state, effects } = blinded(system, outage, await isWatched(tx, ports, system), tx.now);
      const firstRunAt = system.firstRunAt === null ? null : await firstRunOf(tx, system);
      await tx.saveSystem({ ...state, firstRunAt });
      await tx.save({ effects });
    });
  }
  return { system, dry, findings: [], error: outage.message };
}

/**
 * Takes what was dropped on a target and made anew under its name for new, as soon as no access to the old one is open: what was shown of
 * that is settled. null: it is not so, or not yet, which `problem` then says.
 */
async function madeAnew(
  { store, connectors }: Needs,
  system: KnownSystem,
  dry: SystemReport['dry'],
): Promise<{ readonly system: KnownSystem } | { readonly problem: Outage | null }> {
  const { workspaceId, id, connector: name, connectorType, connection, entitlementKey } = system;
  if (entitlementKey === null) return { problem: null };
  const connector = connectors.get(name, connectorType, connection);
  if (!(await connector.isGone?.(entitlementKey))) return { problem: null };
  const reads = store.reads(workspaceId);
  if ((await reads.holdersByGrants(entitlementKey)).length > 0) {
    const when = 'It is looked at as new as soon as all access that was given before is over';
    return { problem: new Outage('permanent', `It was dropped on ${name} and made anew under its name. ${when}.`) };
  }
  const shown = dry === 'asked' ? [] : await reads.standingDrift(id);
  await store.transaction(workspaceId, async (tx) => {
    for (const each of shown) {
      const drift = await tx.driftForUpdate(each.id);
      if (drift && drift.status !== 'closed') await keep(tx, close(drift, null, tx.now));
    }
  });
  return { system: { ...system, entitlementKey: null, firstRunAt: null } };
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
