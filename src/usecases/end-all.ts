import { isLive, transitionGrant } from '../domain/grant.ts';
import type { SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { transitionRequest } from '../domain/request.ts';
import type { Ports } from './ports.ts';
import { stepGrant } from './step-grant.ts';
import { stepRequest } from './step-request.ts';

/** Slack deactivated somebody: everything they hold ends now, and nobody has to decide on what they asked for. Returns how many grants that was. Harmless twice. */
export async function endDeactivated(
  ports: Pick<Ports, 'store'>,
  input: { readonly workspace: WorkspaceId; readonly user: SlackUserId },
): Promise<number> {
  const reads = ports.store.reads(input.workspace);
  // First what could still become access.
  for (const { id } of await reads.pendingRequestsOf(input.user)) {
    await stepRequest(ports, { workspace: input.workspace, requestId: id }, (state, now) =>
      transitionRequest(state, { type: 'requester_left' }, now),
    );
  }
  const open = await reads.openGrantsOf(input.user);
  let ended = 0;
  for (const grant of open.filter(isLive)) {
    const step = await stepGrant(ports, { workspace: input.workspace, grantId: grant.id }, (state, now) =>
      transitionGrant(state, { type: 'end', because: 'user_deactivated', by: null, reason: null }, now),
    );
    // A refusal means that it ended for another reason in between.
    if (step.ok) ended += 1;
  }
  return ended;
}
