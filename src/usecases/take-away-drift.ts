import { beginTakingAway, type Change, close, type Drift, failed, isRipe } from '../domain/drift.ts';
import type { ResolvedAccess } from '../domain/grant.ts';
import { systemId } from '../domain/system.ts';
import { asOutage } from './outage.ts';
import { type Connector, Outage, type Ports, type TargetSession, type Tx } from './ports.ts';
import type { KnownSystem } from './watch-ports.ts';

type Needs = Pick<Ports, 'store' | 'connectors' | 'policies'>;

/** Why something stays for now. */
export const WAITS =
  'a grant of the same access is not over yet, and taking it away would end that too. It goes after its end.';

/**
 * Takes away what our own grantor gave and no grant of ours stands for, reads it back and closes the drift. Under the target's lock; not
 * when somebody has accepted it meanwhile, nor while a grant is open there. A failure is noted on the drift, and the next run tries again.
 * Returns whether it is gone.
 */
export async function takeAwayDrift(
  ports: Needs,
  system: KnownSystem,
  drift: Pick<Drift, 'id' | 'workspaceId' | 'subject' | 'subjectId' | 'accessKey'>,
  target: Pick<ResolvedAccess, 'targetIdentity' | 'entitlementId'>,
): Promise<boolean> {
  const { subject, subjectId, accessKey } = drift;
  try {
    const connector = ports.connectors.get(system.connector, system.connectorType, system.connection);
    const access = { entitlement: system.entitlement, subject, resolved: { ...target, subjectId, key: accessKey } };
    return await connector.exclusively(access, async (session) => {
      if (!(await begin(ports, drift))) return false;
      const answer = await take(ports, system, connector, session);
      await save(ports, drift, (state, now) => close(state, answer, now));
      return true;
    });
  } catch (error) {
    const { message } = asOutage(error);
    await save(ports, drift, (state, now) => failed(state, message, now));
    return false;
  }
}

/** Whether a grant that has not ended stands for it, of this workspace or another one. */
export const isInUse = async (tx: Tx, accessKey: string): Promise<boolean> =>
  (await tx.openGrantsOn(accessKey)).length > 0 || (await tx.isOpenElsewhere(accessKey));

/** Committed before the first call: whoever accepts it afterwards is told that it is too late. */
function begin(ports: Needs, { id, workspaceId, accessKey }: Pick<Drift, 'id' | 'workspaceId' | 'accessKey'>) {
  return ports.store.transaction(workspaceId, async (tx): Promise<boolean> => {
    const state = await tx.driftForUpdate(id);
    if (!state || !isRipe(state)) return false;
    // A grant that began here noted what it found, and its end puts exactly that back: then it goes.
    const waits = await isInUse(tx, accessKey);
    await keep(tx, waits ? failed(state, WAITS, tx.now) : beginTakingAway(state, tx.now));
    return !waits;
  });
}

/** Returns what the target answered. Throws `Outage` while anything of it may be left. */
async function take(ports: Needs, system: KnownSystem, connector: Connector, session: TargetSession): Promise<string> {
  const answer = await session.revoke(null);
  if (connector.capabilities.endsSessions && endsSessions(ports, system)) {
    const { left } = await session.endSessions();
    if (left > 0) throw new Outage('transient', `${left} of the holder's sessions could not be ended yet`);
  }
  if ((await session.observe()).ours !== null) {
    throw new Outage('transient', `${connector.name} answered "${answer}", but reading back shows it is still there`);
  }
  return answer;
}

/** As the roles of the policy on this system say; nobody says anything about one that no role names. */
function endsSessions(ports: Needs, system: KnownSystem): boolean {
  return [...ports.policies.current().roles.values()].some(
    ({ connector, entitlement, endSessions }) =>
      endSessions &&
      systemId({
        connector: connector.name,
        connectorType: connector.type,
        connection: connector.connection,
        entitlement,
      }) === system.id,
  );
}

async function save(
  ports: Needs,
  drift: Pick<Drift, 'id' | 'workspaceId'>,
  change: (state: Drift, now: Date) => Change,
): Promise<void> {
  await ports.store.transaction(drift.workspaceId, async (tx) => {
    const state = await tx.driftForUpdate(drift.id);
    if (state && state.status !== 'closed') await keep(tx, change(state, tx.now));
  });
}

/** A step of a drift, with what it says and what follows. */
export async function keep(tx: Tx, { state, events, effects }: Change): Promise<void> {
  await tx.saveDrift(state);
  await tx.save({ events, effects });
}
