import type { NewAuditEvent } from '../domain/audit.ts';
import type { EffectChange } from '../domain/effect.ts';
import { createGrant, transitionGrant } from '../domain/grant.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import type { AccessRequest } from '../domain/request.ts';
import type { Ports, Tx } from './ports.ts';

interface Approved {
  readonly state: AccessRequest;
  readonly events: readonly NewAuditEvent[];
  readonly effects: readonly EffectChange[];
}

/**
 * Saves an approved request together with what it gives: a grant, whose revocation is scheduled in the same transaction before
 * any connector is called, or a later end of the grant that it extends. Refuses, and saves nothing, when that one is over.
 */
export async function approveInto(
  ports: Pick<Ports, 'ids'>,
  tx: Tx,
  connection: unknown,
  approved: Approved,
): Promise<{ ok: true; request: AccessRequest } | { ok: false; refusal: Refusal }> {
  const given = await give(ports, tx, connection, approved.state);
  if (!given.ok) return given;
  await tx.save({
    requests: [approved.state],
    grants: [given.state],
    events: [...approved.events, ...given.events],
    effects: [...approved.effects, ...given.effects],
  });
  return { ok: true, request: approved.state };
}

async function give(ports: Pick<Ports, 'ids'>, tx: Tx, connection: unknown, request: AccessRequest) {
  if (request.extension === null) {
    return { ok: true as const, ...createGrant(ports.ids.grant(), request, connection, tx.now) };
  }
  const grant = await tx.grantForUpdate(request.extension.grantId);
  if (!grant) return refused({ code: 'grant_not_found' });
  // Whoever had the grant in hand may have taken the access away at its end and lost our own commit: what is over by the time that
  // the lock is ours stays over, whenever this began.
  const extend = { type: 'extend', seconds: request.durationSeconds, by: request } as const;
  return transitionGrant(grant, extend, await tx.time());
}
