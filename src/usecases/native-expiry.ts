import type { Grant } from '../domain/grant.ts';
import type { GrantId, WorkspaceId } from '../domain/ids.ts';
import { backoffMs, PROVISION_BACKOFF } from './backoff.ts';
import { asOutage } from './outage.ts';
import { done, type HoldingNote, type Performed, type Ports } from './ports.ts';

/**
 * When a target should end an access by itself, if nobody else does: with the last of our grants on it. null: never, since it goes
 * back then to what somebody held before us.
 */
export function expiryOf(note: Pick<HoldingNote, 'before'> | null, open: readonly Grant[]): Date | null {
  if (note !== null && note.before.ours !== null) return null;
  return new Date(Math.max(...open.map(({ mustEndBy }) => mustEndBy.getTime())));
}

/** After an extension: the target would otherwise end at the old time what is granted for longer. Nothing is given that is not there. */
export async function renewExpiry(
  ports: Pick<Ports, 'store' | 'connectors'>,
  { workspace, grantId }: { readonly workspace: WorkspaceId; readonly grantId: GrantId },
  failures: number,
): Promise<Performed> {
  const reads = ports.store.reads(workspace);
  const grant = await reads.grant(grantId);
  if (grant?.status !== 'active' || !grant.target.resolved) return done;
  const { connector: name, connectorType, connection, entitlement, subject, resolved } = grant.target;
  try {
    const connector = ports.connectors.get(name, connectorType, connection);
    if (!connector.capabilities.nativeExpiry) return done;
    await connector.exclusively({ entitlement, subject, resolved }, async (session) => {
      const [open, note, now] = await Promise.all([
        reads.openGrantsOn(resolved.key),
        reads.note(resolved.key),
        ports.store.now(),
      ]);
      const stands = open.some(
        ({ id, status, endsAt }) => id === grantId && status === 'active' && endsAt && now < endsAt,
      );
      if (stands && (await session.observe()).ours !== null) await session.grant({ expiresAt: expiryOf(note, open) });
    });
    return done;
  } catch (error) {
    const { message } = asOutage(error);
    return { done: false, retryInMs: backoffMs(PROVISION_BACKOFF, failures), error: message };
  }
}
