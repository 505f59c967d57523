import { type Grant, transitionGrant } from '../domain/grant.ts';
import type { GrantId, WorkspaceId } from '../domain/ids.ts';
import { backoffMs, WATCH_BACKOFF } from './backoff.ts';
import { lookAgain } from './finish-grant.ts';
import { asOutage } from './outage.ts';
import { done, type Performed, type Ports, type TargetSession } from './ports.ts';
import { isGone } from './resolve-grant.ts';

type Needs = Pick<Ports, 'store' | 'connectors'>;
interface Input {
  readonly workspace: WorkspaceId;
  readonly grantId: GrantId;
}

/**
 * Looks whether access that somebody resolved without proof is gone, until the target says so. What is still there is taken away again.
 * `attempts` counts the looks that failed; it never gives up.
 */
export async function watchGrant(ports: Needs, input: Input, attempts: number): Promise<Performed> {
  const grant = await ports.store.reads(input.workspace).grant(input.grantId);
  const resolved = grant?.target.resolved;
  if (grant?.status !== 'ended' || grant.endedBecause !== 'resolved_unverified' || !resolved) return done;
  const { connector: name, connectorType, connection, entitlement, subject } = grant.target;
  try {
    const connector = ports.connectors.get(name, connectorType, connection);
    return await connector.exclusively({ entitlement, subject, resolved }, (session) =>
      look(ports, input, grant, session),
    );
  } catch (error) {
    return { done: false, retryInMs: backoffMs(WATCH_BACKOFF, attempts), error: asOutage(error).message };
  }
}

async function look(ports: Needs, input: Input, grant: Grant, session: TargetSession): Promise<Performed> {
  const key = grant.target.resolved?.key ?? '';
  const { ours } = await session.observe();
  return ports.store.transaction(input.workspace, async (tx) => {
    const state = await tx.grantForUpdate(grant.id);
    if (!state) return done;
    const others = (await tx.grantsOn([key])).filter((each) => each.id !== grant.id);
    const open = others.filter((each) => each.status !== 'ended');
    // A later grant for the same access is responsible for it now, and its end has the proof.
    const taken =
      open.length > 0 || others.some((each) => each.endedAt && grant.endedAt && each.endedAt > grant.endedAt);
    const gone = taken || isGone(ours, (await tx.note(key))?.before.ours ?? null);
    const doubtUntil = gone && !taken ? lookAgain(session, tx.now) : null;
    if (doubtUntil) {
      return { done: false, retryInMs: doubtUntil.getTime() - tx.now.getTime(), error: 'An older call may still land' };
    }
    const leftBehind = taken ? state.leftBehind : ours;
    const step = transitionGrant(
      state,
      gone ? { type: 'confirm_gone', leftBehind } : { type: 'reappeared', found: ours },
      tx.now,
    );
    if (!step.ok) return done;
    if (gone && open.length === 0) await tx.dropNotes([key]);
    const grants = step.state === state ? [] : [step.state];
    await tx.save({ grants, events: step.events, effects: step.effects });
    return done;
  });
}
