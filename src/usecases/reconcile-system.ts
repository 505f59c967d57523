import { entitlementKeyOf } from '../domain/grant.ts';
import { bucketsThatDiffer } from '../domain/holder-digest.ts';
import { sees } from './announce-blind.ts';
import { giveWay } from './give-way.ts';
import { letGo } from './not-as-before.ts';
import { type Connector, type HolderPage, type HolderSummary, Outage, type Tx } from './ports.ts';
import { lookAtGrants } from './reconcile-grants.ts';
import { lookAtHolders } from './reconcile-holders.ts';
import { type Finding, goesNow, type Needs, type Run } from './reconcile-run.ts';
import type { KnownSystem } from './watch-ports.ts';

/** One system, page by page. Throws `Outage` when the target cannot say everything: then nothing is concluded from what is missing. */
export async function reconcileSystem(
  ports: Needs,
  system: KnownSystem,
  dry: 'asked' | 'first_run' | 'paused' | null,
): Promise<readonly Finding[]> {
  const connector = ports.connectors.get(system.connector, system.connectorType, system.connection);
  const reads = ports.store.reads(system.workspaceId);
  const listedAt = await ports.store.now();
  const compared = await compareSummaries(ports, system, connector);
  const expected = system.entitlementKey ?? compared?.entitlementKey ?? null;
  const run: Run = {
    ports,
    system,
    connector,
    dry: dry !== null,
    silent: dry === 'asked',
    listedAt,
    buckets: compared?.buckets ?? null,
    standing: new Map((await reads.standingDrift(system.id)).map((drift) => [drift.id, drift])),
    asGranted: new Set(),
    ours: new Map(),
    findings: [],
  };
  let holders = compared?.asGranted ?? 0;
  let page: HolderPage | null = null;
  do {
    page = await connector.listHolders(system.entitlement, page?.next ?? null, run.buckets ?? undefined);
    requireSameTarget(system, expected, page);
    holders += page.holders.length;
    await lookAtHolders(run, page);
    if (page.next !== null && !run.silent) await giveWay(ports, system.workspaceId);
  } while (page.next !== null);
  const entitlementKey = entitlementKeyOf(page);
  await lookAtGrants(run, entitlementKey);
  if (!run.silent) await conclude(run, page, { entitlementKey, holders });
  return run.findings;
}

/**
 * Which buckets hold somebody who is not as granted, and how many are in the others: what is not told is not read, so that a look at
 * a hundred thousand costs little more than one at a hundred. null: the target cannot tell.
 */
async function compareSummaries(
  ports: Needs,
  system: KnownSystem,
  connector: Connector,
): Promise<{
  readonly entitlementKey: string;
  readonly buckets: readonly number[];
  readonly asGranted: number;
} | null> {
  const summary = await connector.summarizeHolders?.(system.entitlement);
  if (!summary) return null;
  requireSameTarget(system, system.entitlementKey, summary);
  const entitlementKey = entitlementKeyOf(summary);
  const granted = await ports.store.reads(system.workspaceId).holdersByGrants(entitlementKey);
  const differ = bucketsThatDiffer(summary.ours, granted);
  const same = summary.ours.filter(({ bucket }) => !differ.has(bucket));
  return { entitlementKey, buckets: [...differ], asGranted: same.reduce((sum, { count }) => sum + count, 0) };
}

/** What stands under the name of an entitlement is another one than before: nothing is concluded from it. */
export class AnotherTarget extends Outage {}

/** Another server, or another role of ours on it, says nothing about what was granted on this one. */
function requireSameTarget(
  { connector }: KnownSystem,
  expected: string | null,
  seen: HolderPage | HolderSummary,
): void {
  const found = entitlementKeyOf(seen);
  if (expected === null || expected === found) return;
  throw new AnotherTarget(
    'permanent',
    `${connector} is now another target (${found}) than before (${expected}). Point its URL back, or give it another name in the policy.`,
  );
}

/** The system was seen as a whole: what is no longer there is closed, and from now on runs are no longer dry. */
async function conclude(
  run: Run,
  target: HolderPage,
  seen: Pick<KnownSystem, 'entitlementKey' | 'holders'>,
): Promise<void> {
  const { ports, system } = run;
  for (const { id } of run.standing.values()) await letGo(ports, system, id, target, (known) => goesNow(run, known));
  await ports.store.transaction(system.workspaceId, async (tx) => {
    const firstRunAt = system.firstRunAt === null ? tx.now : await firstRunOf(tx, system);
    const well = { lastError: null, failingSince: null, toldAt: null };
    await tx.saveSystem({ ...system, ...seen, ...well, firstRunAt, lastRunAt: tx.now });
    await tx.save({ effects: sees(system, tx.now) });
  });
}

/** As it is now: a restore of our database that was found in the meantime makes the next run the first again. */
export const firstRunOf = async (tx: Pick<Tx, 'knownSystem'>, { id }: KnownSystem): Promise<Date | null> =>
  (await tx.knownSystem(id))?.firstRunAt ?? null;
