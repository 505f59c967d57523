import type { RequestId, WorkspaceId } from '../domain/ids.ts';
import { transitionRequest } from '../domain/request.ts';
import { widened } from '../domain/request-wait.ts';
import { electorateOf } from './approvers-of.ts';
import { ESCALATION_TOLD_MAX } from './limits.ts';
import { done, type Performed, type Ports } from './ports.ts';
import { stepRequest } from './step-request.ts';

/** Nobody decided in the stage's time: others are told, and may decide too. Who that is now is looked up now. */
export async function escalateRequest(
  ports: Pick<Ports, 'store' | 'directory' | 'policies'>,
  input: { readonly workspace: WorkspaceId; readonly requestId: RequestId },
): Promise<Performed> {
  const request = await ports.store.reads(input.workspace).request(input.requestId);
  const waiting = request?.waiting;
  if (request?.status !== 'pending' || !waiting?.escalateAt) return done;
  const stages = widened(request.stages, { ...waiting, escalatedAt: waiting.escalateAt });
  const [before, then] = await Promise.all([electorateOf(ports, request), electorateOf(ports, { ...request, stages })]);
  const people = then.approvers.filter((user) => !before.approvers.includes(user)).slice(0, ESCALATION_TOLD_MAX);
  // A refusal means that somebody decided meanwhile.
  await stepRequest(ports, input, (state, now) => transitionRequest(state, { type: 'escalate', people }, now));
  return done;
}
