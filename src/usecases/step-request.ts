import type { RequestId, WorkspaceId } from '../domain/ids.ts';
import { refused } from '../domain/refusal.ts';
import type { AccessRequest } from '../domain/request.ts';
import type { Transition } from '../domain/transition.ts';
import type { Ports } from './ports.ts';

/** One step of a request in one transaction: read under the row's lock, decide, save all of it or nothing. */
export function stepRequest(
  ports: Pick<Ports, 'store'>,
  input: { readonly workspace: WorkspaceId; readonly requestId: RequestId },
  decide: (state: AccessRequest, now: Date) => Transition<AccessRequest>,
): Promise<Transition<AccessRequest>> {
  return ports.store.transaction(input.workspace, async (tx) => {
    const request = await tx.requestForUpdate(input.requestId);
    if (!request) return refused({ code: 'request_not_found' });
    const step = decide(request, tx.now);
    if (!step.ok) return step;
    // A step that leaves the state as it was saves no new version of it, only what follows.
    const requests = step.state === request ? [] : [step.state];
    await tx.save({ requests, events: step.events, effects: step.effects });
    return step;
  });
}
