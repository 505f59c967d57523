import { type DriftSighting, driftId, isSettled } from '../domain/drift.ts';
import type { Grant } from '../domain/grant.ts';
import { canonicalJson } from '../domain/json.ts';
import { judgeHolder, type Verdict } from '../domain/judge-holder.ts';
import { takeUpAgain } from './not-as-before.ts';
import type { Holder, HolderPage } from './ports.ts';
import { add, goesNow, keyOf, note, type Run } from './reconcile-run.ts';
import { takeAwayDrift } from './take-away-drift.ts';

/** Whoever holds something on the target: as granted, drift, or a grant that had ended and is there again. */
export async function lookAtHolders(run: Run, page: HolderPage): Promise<void> {
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
    // Another workspace's, which has a reconciler of its own.
    if (holder.ours && !mine.some(isOpen) && (await reads.isOpenElsewhere(holder.accessKey))) continue;
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

const isOpen = (grant: Grant): boolean => grant.status !== 'ended';
const idOf = (run: Run, { accessKey, grantor }: Holder): string =>
  driftId({ workspaceId: run.system.workspaceId, accessKey, grantor });

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
