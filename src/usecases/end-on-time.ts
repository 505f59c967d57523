import { type Grant, transitionGrant } from '../domain/grant.ts';
import type { GrantId, WorkspaceId } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import { keeperOf } from './finish-grant.ts';
import {
  type Connector,
  type Early,
  Outage,
  type Ports,
  type PreparedRevocation,
  type TargetSession,
  type Tx,
} from './ports.ts';
import { settle } from './revoke-grant.ts';
import { saveStep } from './step-grant.ts';

type Needs = Pick<Ports, 'store' | 'connectors'>;
interface Input {
  readonly workspace: WorkspaceId;
  readonly grantId: GrantId;
}
interface Scene {
  readonly early: Early;
  readonly connector: Connector;
  readonly session: TargetSession;
  /** The grant as it was when it was taken in hand: any later version of it is left to the usual way. */
  readonly seen: Grant;
  readonly endsAt: Date;
  readonly before: Json;
}

/** How long before the end the revocation is made ready on the target, where it may hold up others. */
export const READY_MS = 25;

/**
 * Ends a grant punctually, taken in hand a little before its time: the target is reached and locked and the revocation lies ready, so
 * that at the moment only a commit is left to do. It is carried out while the grant's row is locked and known to be unchanged and
 * over by the database's clock, so an extension or an early return comes either before it, and then nothing of this happens, or
 * after the end. true: the grant has ended. false: nothing was done, and the usual way (`revokeGrant`) does whatever is left;
 * the same after a throw, whatever came of it. For single ends only: many that are due together are not worth holding a
 * connection each.
 */
export async function endOnTime(ports: Needs, input: Input, early: Early): Promise<boolean> {
  const { grant: seen } = await look(ports, input);
  if (seen?.status !== 'active' || seen.endsAt === null || seen.target.resolved === null) return false;
  const { connector: name, connectorType, connection, entitlement, subject, resolved } = seen.target;
  const { endsAt } = seen;
  const connector = ports.connectors.get(name, connectorType, connection);
  if (!connector.capabilities.preparesRevocations) return false;
  return connector.exclusively({ entitlement, subject, resolved }, async (session) => {
    // Nobody can begin or note anything on this access while we have its lock, so what is read here holds until the end.
    if (session.unsettled !== null || (await keeperOf(ports, input, resolved.key))) return false;
    const before = (await ports.store.reads(input.workspace).note(resolved.key))?.before.ours ?? null;
    return underLock(ports, input, { early, connector, session, seen, endsAt, before });
  });
}

async function underLock(ports: Needs, input: Input, scene: Scene): Promise<boolean> {
  const { connector, session, before } = scene;
  if (!(await standBy(ports, input, scene))) return false;
  const prepared = await session.prepareRevoke?.(before);
  if (!prepared) return false;
  try {
    const ended = await carryOut(ports, input, scene, prepared);
    if (!ended) return false;
    await settle(ports, input, { ...ended, connector, session, before });
    return true;
  } finally {
    await prepared.discard();
  }
}

/** Waits until shortly before the end. false: the grant is no longer as it was. */
async function standBy(ports: Needs, input: Input, { early, seen, endsAt }: Scene): Promise<boolean> {
  for (;;) {
    const { grant, now } = await look(ports, input);
    if (grant?.version !== seen.version) return false;
    const leftMs = endsAt.getTime() - now.getTime() - READY_MS;
    if (leftMs <= 0) return true;
    await early.wait(leftMs);
  }
}

/** Commits on the target at the moment, and `revoking` behind it in the same transaction. null: the grant is no longer as it was. */
async function carryOut(
  ports: Needs,
  input: Input,
  { early, connector, seen, endsAt }: Scene,
  prepared: PreparedRevocation,
): Promise<{ grant: Grant; answer: string } | null> {
  let committed: Promise<string> | null = null;
  for (;;) {
    const attempt = async (tx: Tx) => {
      const grant = await tx.grantForUpdate(input.grantId);
      if (grant?.version !== seen.version) return null;
      const leftMs = endsAt.getTime() - tx.now.getTime();
      if (leftMs > 0) return leftMs;
      const step = transitionGrant(grant, { type: 'end', because: 'expired', by: null, reason: null }, tx.now);
      if (!step.ok || step.state.status !== 'revoking') return null;
      // A transaction may run again; the target is asked once.
      committed ??= Promise.race([prepared.commit(), givenUp(connector, early)]);
      const answer = await committed;
      await saveStep(tx, grant, step);
      return { grant: step.state, answer };
    };
    const tried = await ports.store.transaction(input.workspace, attempt, { lockGrant: input.grantId });
    if (typeof tried !== 'number') return tried;
    await early.wait(tried);
  }
}

/** A target that does not answer must not keep the grant's row locked. */
async function givenUp(connector: Connector, early: Early): Promise<never> {
  await early.tooLate;
  throw new Outage('unknown_outcome', `${connector.name} did not answer in time to an end that lay ready`);
}

/** The grant behind everything that is just being saved of it. In a transaction, whose connection the end needs anyway. */
const look = (ports: Needs, input: Input): Promise<{ grant: Grant | null; now: Date }> =>
  ports.store.transaction(
    input.workspace,
    async (tx) => ({ grant: await tx.grantForUpdate(input.grantId), now: tx.now }),
    { lockGrant: input.grantId },
  );
