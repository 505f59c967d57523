import type { RequestId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import type { PersonRef } from '../domain/person.ts';
import { type RequestCommand, transitionRequest } from '../domain/request.ts';
import type { DecideResult } from './decision-scene.ts';
import { identify } from './identify.ts';
import { done, type Performed, type Ports } from './ports.ts';
import { stepRequest } from './step-request.ts';

type Needs = Pick<Ports, 'store' | 'directory'>;
interface Asked {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
  readonly requestId: RequestId;
}

/** The requester takes it back while it waits. */
export const cancelRequest = (ports: Needs, input: Asked): Promise<DecideResult> =>
  asThemselves(ports, input, (by) => ({ type: 'cancel', by }));

/** The requester asks the approvers to look at it: a line in its thread that mentions them. */
export const nudge = (ports: Needs, input: Asked): Promise<DecideResult> =>
  asThemselves(ports, input, (by) => ({ type: 'remind', by }));

async function asThemselves(
  ports: Needs,
  input: Asked,
  command: (by: PersonRef) => RequestCommand,
): Promise<DecideResult> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const step = await stepRequest(ports, input, (state, now) => transitionRequest(state, command(who.person), now));
  return step.ok ? { ok: true, request: step.state } : step;
}

/** The time to remind its approvers has come, and it still waits. */
export async function remindApprovers(
  ports: Pick<Ports, 'store'>,
  input: { readonly workspace: WorkspaceId; readonly requestId: RequestId },
): Promise<Performed> {
  // A refusal means that somebody decided, or that they were reminded often enough.
  await stepRequest(ports, input, (state, now) => transitionRequest(state, { type: 'remind', by: null }, now));
  return done;
}

/** The deadline of a request that waits. */
export async function expireRequest(
  ports: Pick<Ports, 'store'>,
  input: { readonly workspace: WorkspaceId; readonly requestId: RequestId },
): Promise<Performed> {
  const request = await ports.store.reads(input.workspace).request(input.requestId);
  const extended = request?.extension
    ? await ports.store.reads(input.workspace).grant(request.extension.grantId)
    : null;
  const over = extended !== null && extended.status !== 'active';
  // A refusal means that somebody decided before the deadline did.
  await stepRequest(ports, input, (state, now) => transitionRequest(state, { type: over ? 'lapse' : 'expire' }, now));
  return done;
}
