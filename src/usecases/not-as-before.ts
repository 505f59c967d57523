import { beginTakingAway, close, type Drift, failed, isSettled } from '../domain/drift.ts';
import { type Grant, type ResolvedAccess, transitionGrant } from '../domain/grant.ts';
import type { Holder, Ports } from './ports.ts';
import { saveStep } from './step-grant.ts';
import { isInUse, keep, takeAwayDrift, WAITS } from './take-away-drift.ts';
import type { KnownSystem } from './watch-ports.ts';

// What a run of the reconciler finds changed since: a grant that had ended is there again, or what was shown is no longer there.

type Needs = Pick<Ports, 'store' | 'connectors' | 'policies'>;
type Target = Pick<ResolvedAccess, 'targetIdentity' | 'entitlementId'>;

/**
 * Makes an ended grant `revoking` again: asked under the lock, only while no grant of ours has begun there since the target was listed, and
 * not what somebody has accepted meanwhile.
 */
export function takeUpAgain(
  ports: Needs,
  system: KnownSystem,
  { targetIdentity, entitlementId }: Target,
  { holder, grant, driftId }: { readonly holder: Holder; readonly grant: Grant; readonly driftId: string },
): Promise<'taken_up' | 'settled' | 'not_there'> {
  const { subject, subjectId, accessKey } = holder;
  const { workspaceId, entitlement } = system;
  const resolved = { targetIdentity, entitlementId, subjectId, key: accessKey };
  const connector = ports.connectors.get(system.connector, system.connectorType, system.connection);
  return connector.exclusively({ entitlement, subject, resolved }, async (session) => {
    if ((await session.observe()).ours === null) return 'not_there';
    return ports.store.transaction(
      workspaceId,
      async (tx) => {
        const state = await tx.grantForUpdate(grant.id);
        const drift = await tx.driftForUpdate(driftId);
        if (isSettled(drift)) return 'settled';
        if (state === null || (await isInUse(tx, accessKey))) return 'not_there';
        const step = transitionGrant(state, { type: 'reappeared', found: holder.level }, tx.now);
        if (!step.ok) return 'not_there';
        await saveStep(tx, state, step);
        if (drift?.status === 'open') {
          // Too late to accept it.
          await keep(tx, beginTakingAway(drift, tx.now));
        }
        return 'taken_up';
      },
      { lockGrant: grant.id },
    );
  });
}

/**
 * What was shown and is not seen any more: closed, unless it may come back or is not quite gone. While a grant is on the access, its end puts
 * back what it found; and what a failed removal left to do (sessions that stayed open) is done first.
 */
export async function letGo(
  ports: Needs,
  system: KnownSystem,
  driftId: string,
  target: Target,
  goesNow: (drift: Drift) => boolean,
): Promise<void> {
  const leftToDo = await ports.store.transaction(system.workspaceId, async (tx): Promise<Drift | null> => {
    const drift = await tx.driftForUpdate(driftId);
    if (!drift || drift.status === 'closed') return null;
    const aboutGrant = drift.kind === 'removed_by_hand' || drift.kind === 'level_changed';
    const [open, note] = await Promise.all([tx.openGrantsOn(drift.accessKey), tx.note(drift.accessKey)]);
    if (drift.ours && !aboutGrant) {
      const comesBack = open.length > 0 && note !== null && note.before.ours !== null;
      if (comesBack && drift.status !== 'revoking') return null;
      if (!comesBack && drift.lastError !== null && open.length === 0) return drift;
      if (comesBack) {
        const waits = failed(drift, WAITS, tx.now);
        await tx.saveDrift(waits.state);
        await tx.save({ effects: waits.effects });
        return null;
      }
    }
    await keep(tx, close(drift, null, tx.now));
    return null;
  });
  if (leftToDo && goesNow(leftToDo)) await takeAwayDrift(ports, system, leftToDo, target);
}
