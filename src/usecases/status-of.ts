import type { Grant } from '../domain/grant.ts';
import type { GrantId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import type { Refusal } from '../domain/refusal.ts';
import type { AccessRequest } from '../domain/request.ts';
import { absencesNow } from './absences.ts';
import { identify } from './identify.ts';
import { WAITING_COUNTED } from './limits.ts';
import { lookingUpOnce } from './looking-up-once.ts';
import type { Ports } from './ports.ts';
import { waitingFor } from './waiting-for.ts';

/** What a person waits for, what waits for them, and what they hold. */
export async function statusOf(
  given: Pick<Ports, 'store' | 'directory' | 'policies'>,
  input: { readonly workspace: WorkspaceId; readonly user: SlackUserId; readonly counted?: number },
): Promise<
  | {
      ok: true;
      now: Date;
      pending: readonly AccessRequest[];
      waitingForMe: readonly AccessRequest[];
      /** Whether more wait for them than those, which were counted as far as asked for. */
      waitingMore: boolean;
      grants: readonly Grant[];
      /** Those of the grants that the policy lets its holder ask more time for. */
      extensible: ReadonlySet<GrantId>;
    }
  | { ok: false; refusal: Refusal }
> {
  const ports = lookingUpOnce(given);
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const reads = ports.store.reads(input.workspace);
  const [waiting, now, pending, grants] = await Promise.all([
    absencesNow(ports, input.workspace).then((delegations) =>
      waitingFor(ports, input, delegations, input.counted ?? WAITING_COUNTED),
    ),
    ports.store.now(),
    reads.pendingRequestsOf(input.user),
    reads.openGrantsOf(input.user),
  ]);
  const { roles } = ports.policies.current();
  const extensible = grants.filter(
    (grant) => grant.status === 'active' && grant.extensions < (roles.get(grant.roleKey)?.extensions.max ?? 0),
  );
  const ids = new Set(extensible.map((grant) => grant.id));
  const { requests: waitingForMe, more: waitingMore } = waiting;
  return { ok: true, now, pending, grants, extensible: ids, waitingForMe, waitingMore };
}
