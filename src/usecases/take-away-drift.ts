import { close, type Drift, failed } from '../domain/drift.ts';
import type { ResolvedAccess } from '../domain/grant.ts';
import { systemId } from '../domain/system.ts';
import { asOutage } from './outage.ts';
import { type Connector, Outage, type Ports, type TargetSession } from './ports.ts';
import type { KnownSystem } from './watch-ports.ts';

type Needs = Pick<Ports, 'store' | 'connectors' | 'policies'>;

/**
 * Takes away what our own grantor gave and no grant of ours stands for, reads it back and closes the drift. Under the target's lock, and
 * not when a grant has begun there meanwhile. A failure is noted on the drift, and the next run tries again.
 */
export async function takeAwayDrift(
  ports: Needs,
  system: KnownSystem,
  drift: Drift,
  target: Pick<ResolvedAccess, 'targetIdentity' | 'entitlementId'>,
): Promise<void> {
  const { subject, subjectId, accessKey } = drift;
  const connector = ports.connectors.get(system.connector, system.connectorType, system.connection);
  const access = { entitlement: system.entitlement, subject, resolved: { ...target, subjectId, key: accessKey } };
  try {
    await connector.exclusively(access, (session) => take(ports, system, drift, connector, session));
  } catch (error) {
    const { message } = asOutage(error);
    await save(ports, drift, (state, now) => failed(state, message, now));
  }
}

async function take(
  ports: Needs,
  system: KnownSystem,
  drift: Drift,
  connector: Connector,
  session: TargetSession,
): Promise<void> {
  const open = await ports.store.reads(drift.workspaceId).openGrantsOn(drift.accessKey);
  // A grant that began here noted what it found, and its end puts exactly that back: only then it is drift again.
  if (open.length > 0) return;
  const answer = await session.revoke(null);
  if (connector.capabilities.endsSessions && endsSessions(ports, system)) {
    const { left } = await session.endSessions();
    if (left > 0) throw new Outage('transient', `${left} of the holder's sessions could not be ended yet`);
  }
  if ((await session.observe()).ours !== null) {
    throw new Outage('transient', `${connector.name} answered "${answer}", but reading back shows it is still there`);
  }
  await save(ports, drift, (state, now) => close(state, answer, now));
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
  drift: Drift,
  change: (state: Drift, now: Date) => ReturnType<typeof close>,
): Promise<void> {
  await ports.store.transaction(drift.workspaceId, async (tx) => {
    const state = await tx.drift(drift.id);
    if (!state || state.status === 'closed') return;
    const next = change(state, tx.now);
    await tx.saveDrift(next.state);
    await tx.save({ events: next.events, effects: next.effects });
  });
}
