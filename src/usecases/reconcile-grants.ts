import { type DriftSighting, driftId } from '../domain/drift.ts';
import { type Grant, transitionGrant } from '../domain/grant.ts';
import type { GrantId } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import { add, keyOf, note, type Run } from './reconcile-run.ts';
import { stepGrant } from './step-grant.ts';
import type { ActiveOn } from './watch-ports.ts';

/** Grants that are read at once. */
const GRANTS_PAGE = 2_000;
/** Who took away what is not there. */
const NOBODY = 'nobody';

/** The live grants of the system: whose access is not there any more, or is another one. Nothing is put back. */
export async function lookAtGrants(run: Run, entitlementKey: string): Promise<void> {
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
