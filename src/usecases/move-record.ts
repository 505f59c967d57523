import type { AccessRequest } from '../domain/request.ts';
import { findPlaces } from './find-channel.ts';
import type { Ports } from './ports.ts';

/**
 * A timeline whose channel takes nothing goes to the one that the policy in force names instead, where it stands whole. As long as the
 * policy still names the same channel, it waits for that one. Returns whether it has moved.
 */
export async function moveRecord(
  ports: Pick<Ports, 'store' | 'policies' | 'messenger'>,
  request: AccessRequest,
  problem: string,
): Promise<boolean> {
  const policy = ports.policies.current();
  const role = policy.roles.get(request.role.key);
  const { auditChannel: from, channel: cards } = request.role;
  if (!role || from === null || from === role.auditChannel || from === policy.channels.audit) return false;
  const { auditChannel: to } = await findPlaces(ports, policy, role);
  if (to === null || to === from || to === cards) return false;
  return ports.store.transaction(request.workspaceId, async (tx) => {
    const fresh = await tx.requestForUpdate(request.id);
    if (fresh?.role.auditChannel !== from) return false;
    const others = fresh.role.unreached.filter(({ what }) => what !== 'timeline');
    const unreached = [...others, { what: 'timeline' as const, channel: from, problem, instead: to }];
    await tx.save({ requests: [{ ...fresh, role: { ...fresh.role, auditChannel: to, unreached } }] });
    await tx.saveCard({
      requestId: fresh.id,
      place: 'audit',
      workspaceId: fresh.workspaceId,
      ref: null,
      shows: null,
      eventsTold: 0,
      lineBegun: null,
      posted: 0,
    });
    return true;
  });
}
