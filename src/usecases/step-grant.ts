import { type EffectChange, schedule } from '../domain/effect.ts';
import type { Grant } from '../domain/grant.ts';
import type { GrantId, WorkspaceId } from '../domain/ids.ts';
import { refused } from '../domain/refusal.ts';
import type { Transition } from '../domain/transition.ts';
import type { Ports, Tx } from './ports.ts';

/** One step of a grant's machine in one transaction: read under the row's lock, decide, save all of it or nothing. */
export function stepGrant(
  ports: Pick<Ports, 'store'>,
  input: { readonly workspace: WorkspaceId; readonly grantId: GrantId },
  decide: (state: Grant, now: Date) => Transition<Grant>,
): Promise<Transition<Grant>> {
  const work = async (tx: Tx): Promise<Transition<Grant>> => {
    const grant = await tx.grantForUpdate(input.grantId);
    if (!grant) return refused({ code: 'grant_not_found' });
    const step = decide(grant, tx.now);
    if (step.ok) await saveStep(tx, grant, step);
    return step;
  };
  return ports.store.transaction(input.workspace, work, { lockGrant: input.grantId });
}

/** Saves a step of the grant that was read under its row's lock in this transaction, with all that follows from it. */
export async function saveStep(tx: Tx, grant: Grant, step: Extract<Transition<Grant>, { ok: true }>): Promise<void> {
  // A step that leaves the state as it was saves no new version of it, only what follows.
  const grants = step.state === grant ? [] : [step.state];
  const ends = grant.status === 'active' && step.state.status !== 'active';
  const lapsing = ends ? await lapsingWith(tx, [grant.id]) : [];
  await tx.save({ grants, events: step.events, effects: [...step.effects, ...lapsing] });
}

/** What waits to extend an access that ends is closed with it. */
export async function lapsingWith(tx: Tx, grants: readonly GrantId[]): Promise<EffectChange[]> {
  if (grants.length === 0) return [];
  const waiting = await tx.pendingExtensionsOf(grants);
  return waiting.map((requestId) => schedule({ kind: 'expire_request', requestId }, tx.now));
}
