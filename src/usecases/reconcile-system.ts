import { type Drift, type DriftSighting, driftId, isRipe, isSettled, sight } from '../domain/drift.ts';
import type { Grant } from '../domain/grant.ts';
import { entitlementKeyOf, transitionGrant } from '../domain/grant.ts';
import { bucketsThatDiffer } from '../domain/holder-digest.ts';
import type { GrantId } from '../domain/ids.ts';
import { canonicalJson, type Json } from '../domain/json.ts';
import { judgeHolder, type Verdict } from '../domain/judge-holder.ts';
import type { DriftKind } from '../domain/status.ts';
import { giveWay } from './give-way.ts';
import { letGo, takeUpAgain } from './not-as-before.ts';
import {
  type Connector,
  type Holder,
  type HolderPage,
  type HolderSummary,
  Outage,
  type Ports,
  type Tx,
} from './ports.ts';
import { stepGrant } from './step-grant.ts';
import { takeAwayDrift } from './take-away-drift.ts';
import type { ActiveOn, KnownSystem } from './watch-ports.ts';

type Needs = Pick<Ports, 'store' | 'connectors' | 'policies'>;

/** Grants that are read at once. */
const GRANTS_PAGE = 2_000;
/** On a target that keeps no grantors, and for what is not there. */
const NOBODY = 'nobody';

export interface Finding {
  readonly kind: DriftKind | 'reappeared';
  readonly subject: string;
  readonly grantor: string;
  readonly level: Json;
  readonly grantId: GrantId | null;
  /** shown: somebody has to decide · taken_away: it is, or it is being · next_run: it will be unless somebody accepts it. */
  readonly does: 'shown' | 'taken_away' | 'next_run';
}

interface OursOnTarget {
  readonly level: Json;
  /** The live grant whose access has another level than that; null: none. */
  readonly changed: GrantId | null;
}

/** What one run carries through a system. */
interface Run {
  readonly ports: Needs;
  readonly system: KnownSystem;
  readonly connector: Connector;
  /** Nothing is taken away. */
  readonly dry: boolean;
  /** Nothing is written either. */
  readonly silent: boolean;
  readonly listedAt: Date;
  /** Whose holders are looked at one by one (see `HolderDigest`): in the others, all of ours is as granted. null: all of them. */
  readonly buckets: readonly number[] | null;
  /** What stood before this run, by id; what is left over at its end is no longer there. */
  readonly standing: Map<string, Drift>;
  /** Whose access is just as granted, by the target's own ids. There may be very many of them, so no more is kept of each. */
  readonly asGranted: Set<string>;
  /** What else our grantor gave, by access. */
  readonly ours: Map<string, OursOnTarget>;
  readonly findings: Finding[];
}

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

/** Another server, or another role of ours on it, says nothing about what was granted on this one. */
function requireSameTarget(
  { connector }: KnownSystem,
  expected: string | null,
  seen: HolderPage | HolderSummary,
): void {
  const found = entitlementKeyOf(seen);
  if (expected === null || expected === found) return;
  throw new Outage(
    'permanent',
    `${connector} is now another target (${found}) than before (${expected}). Point its URL back, or give it another name in the policy.`,
  );
}

async function lookAtHolders(run: Run, page: HolderPage): Promise<void> {
  const { ports, system, connector, listedAt } = run;
  const reads = ports.store.reads(system.workspaceId);
  const ours = page.holders.filter((holder) => holder.ours);
  const odd = await reads.notAsGranted(ours);
  for (const { accessKey, subjectId } of ours) if (!odd.has(accessKey)) run.asGranted.add(subjectId);
  const all = await reads.grantsOn([...odd]);
  const grants = new Map<string, Grant[]>();
  for (const grant of all) grants.set(keyOf(grant), [...(grants.get(keyOf(grant)) ?? []), grant]);
  const { distinguishesGrantors } = connector.capabilities;
  const drifts: { sighting: DriftSighting; verdict: Extract<Verdict, { is: 'drift' }> }[] = [];
  for (const holder of page.holders) {
    if (holder.ours && !odd.has(holder.accessKey)) continue;
    const mine = holder.ours ? (grants.get(holder.accessKey) ?? []) : [];
    const questioned = run.standing.get(idOf(run, holder))?.kind;
    const verdict = judgeHolder(holder, mine, { distinguishesGrantors, listedAt, questioned });
    const changed = verdict.is === 'drift' && verdict.kind === 'level_changed' ? (verdict.grant?.id ?? null) : null;
    if (holder.ours) run.ours.set(holder.accessKey, { level: holder.level, changed });
    if (verdict.is === 'reappeared') await endAgain(run, page, holder, verdict.grant, drifts);
    else if (verdict.is === 'drift') drifts.push({ sighting: sightingOf(run, holder, verdict), verdict });
  }
  await note(
    run,
    drifts.map(({ sighting }) => sighting),
  );
  for (const { sighting } of drifts) await follow(run, page, sighting);
}

/** `ended -> revoking`, once the target has said again, under the lock, that it is there. */
async function endAgain(
  run: Run,
  page: HolderPage,
  holder: Holder,
  grant: Grant,
  drifts: { sighting: DriftSighting; verdict: Extract<Verdict, { is: 'drift' }> }[],
): Promise<void> {
  const id = idOf(run, holder);
  const settled = run.dry || isSettled(run.standing.get(id));
  const found = settled ? 'settled' : await takeUpAgain(run.ports, run.system, page, { holder, grant, driftId: id });
  if (found === 'taken_up') return add(run, { ...holder, kind: 'reappeared', grantId: grant.id, does: 'taken_away' });
  if (found !== 'settled') return;
  const verdict = { is: 'drift', kind: 'ended_grant', grant } as const;
  drifts.push({ sighting: sightingOf(run, holder, verdict), verdict });
}

/** Writes what is new of a page's drift in one transaction. What somebody answered since the run began stands. */
async function note(run: Run, sightings: readonly DriftSighting[]): Promise<void> {
  if (run.silent) return;
  const fresh = sightings.filter((seen) => sight(run.standing.get(driftId(seen)) ?? null, seen, run.listedAt) !== null);
  if (fresh.length === 0) return;
  await run.ports.store.transaction(run.system.workspaceId, async (tx) => {
    for (const seen of fresh) {
      const found = await tx.driftForUpdate(driftId(seen));
      const known = found?.status === 'closed' ? null : found;
      if (known) run.standing.set(known.id, known);
      const made = sight(known, seen, tx.now);
      if (!made) continue;
      await tx.saveDrift(made.state);
      await tx.save({ events: made.events, effects: made.effects });
    }
  });
}

/** What becomes of drift: most of it waits for somebody; what is our own goes, once it was shown or somebody said so. */
async function follow(run: Run, page: HolderPage, seen: DriftSighting): Promise<void> {
  const known = run.standing.get(driftId(seen));
  run.standing.delete(driftId(seen));
  if (known && isSettled(known)) {
    const stands = known.untilAt !== null && run.listedAt < known.untilAt;
    if (stands && canonicalJson(known.level) === canonicalJson(seen.level)) return;
  }
  if (known && goesNow(run, known) && (known.status === 'revoking' || seen.kind === 'unrecorded')) {
    const gone = await takeAwayDrift(run.ports, run.system, known, page);
    return add(run, { ...seen, does: gone ? 'taken_away' : 'next_run' });
  }
  const goes = seen.kind === 'unrecorded' || seen.kind === 'ended_grant';
  add(run, { ...seen, does: goes ? 'next_run' : 'shown' });
}

/** What somebody wants gone goes also where the reconciler takes nothing away by itself. */
const goesNow = (run: Run, known: Drift): boolean =>
  !run.silent &&
  known.system === run.system.id &&
  isRipe(known) &&
  (!run.dry || (known.status === 'revoking' && known.decidedBy !== null));

/** The live grants of the system: whose access is not there any more, or is another one. Nothing is put back. */
async function lookAtGrants(run: Run, entitlementKey: string): Promise<void> {
  const { buckets, listedAt } = run;
  if (buckets?.length === 0) return;
  const reads = run.ports.store.reads(run.system.workspaceId);
  // Whose access was taken by hand in the very minute in which another's ended is found by the next run.
  if ((await reads.countActiveOn(entitlementKey, buckets, listedAt)) === run.asGranted.size) return;
  let after: GrantId | null = null;
  for (;;) {
    const page: readonly ActiveOn[] = await reads.activeOnEntitlement(entitlementKey, buckets, after, GRANTS_PAGE);
    for (const { id, subjectId } of page) {
      if (run.asGranted.has(subjectId)) continue;
      const grant = await reads.grant(id);
      if (grant?.status === 'active') await lookAtGrant(run, grant);
    }
    const last = page.at(-1);
    if (!last || page.length < GRANTS_PAGE) return;
    after = last.id;
  }
}

async function lookAtGrant(run: Run, grant: Grant): Promise<void> {
  // What went live after the target was asked could not be in its answer.
  if (grant.activatedAt === null || grant.activatedAt >= run.listedAt) return;
  const found = run.ours.get(keyOf(grant));
  if (found !== undefined) {
    if (run.silent) return;
    const input = { workspace: run.system.workspaceId, grantId: grant.id };
    if (found.changed === grant.id) await flag(run, grant, 'level_changed', found.level);
    else if (grant.drift) {
      await stepGrant(run.ports, input, (state, now) => transitionGrant(state, { type: 'clear_drift' }, now));
    }
    return;
  }
  if (!(await isGoneFromTarget(run, grant))) return;
  const seen: DriftSighting = { ...baseOf(run, grant), kind: 'removed_by_hand', grantor: NOBODY, level: null };
  await note(run, [seen]);
  run.standing.delete(driftId(seen));
  add(run, { ...seen, does: 'shown' });
  if (!run.silent) await flag(run, grant, 'removed_by_hand', null);
}

async function flag(run: Run, grant: Grant, kind: 'removed_by_hand' | 'level_changed', found: Json): Promise<void> {
  const input = { workspace: run.system.workspaceId, grantId: grant.id };
  await stepGrant(run.ports, input, (state, now) =>
    transitionGrant(state, { type: 'note_drift', drift: { kind, found } }, now),
  );
}

function isGoneFromTarget(run: Run, grant: Grant): Promise<boolean> {
  const { entitlement, subject, resolved } = grant.target;
  if (!resolved) return Promise.resolve(false);
  return run.connector.exclusively({ entitlement, subject, resolved }, async (session) => {
    const now = await run.ports.store.reads(run.system.workspaceId).grant(grant.id);
    return now?.status === 'active' && (await session.observe()).ours === null;
  });
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
    await tx.saveSystem({ ...system, ...seen, firstRunAt, lastRunAt: tx.now, lastError: null });
  });
}

/** As it is now: a restore of our database that was found in the meantime makes the next run the first again. */
export const firstRunOf = async (tx: Pick<Tx, 'knownSystem'>, { id }: KnownSystem): Promise<Date | null> =>
  (await tx.knownSystem(id))?.firstRunAt ?? null;

const idOf = (run: Run, { accessKey, grantor }: Holder): string =>
  driftId({ workspaceId: run.system.workspaceId, accessKey, grantor });
const keyOf = (grant: Grant): string => grant.target.resolved?.key ?? '';
const add = (run: Run, { kind, subject, grantor, level, grantId, does }: Finding): void => {
  run.findings.push({ kind, subject, grantor, level, grantId, does });
};

function sightingOf(run: Run, holder: Holder, verdict: Extract<Verdict, { is: 'drift' }>): DriftSighting {
  const { workspaceId, id, connector, entitlement } = run.system;
  const { accessKey, subjectId, subject, grantor, ours, level } = holder;
  const about = { accessKey, subjectId, subject, grantor, ours, level };
  return {
    workspaceId,
    system: id,
    connector,
    entitlement,
    ...about,
    kind: verdict.kind,
    grantId: verdict.grant?.id ?? null,
  };
}

function baseOf(run: Run, grant: Grant): Omit<DriftSighting, 'kind' | 'grantor' | 'level'> {
  const { workspaceId, id, connector, entitlement } = run.system;
  return {
    workspaceId,
    system: id,
    connector,
    entitlement,
    accessKey: keyOf(grant),
    subjectId: grant.target.resolved?.subjectId ?? '',
    subject: grant.target.subject,
    ours: true,
    grantId: grant.id,
  };
}
