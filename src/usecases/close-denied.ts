import type { RequestId, WorkspaceId } from '../domain/ids.ts';
import type { Policy } from '../domain/policy/types.ts';
import { type AccessRequest, transitionRequest } from '../domain/request.ts';
import { type GroupBook, lookUpGroups } from './electorate.ts';
import { lawsAgain } from './laws-again.ts';
import { lookUpFacts } from './look-up-facts.ts';
import { Outage, type Ports } from './ports.ts';

type Needs = Pick<Ports, 'store' | 'directory'>;

export interface Closed {
  /** Waiting requests that the new policy denied, which are closed now. */
  readonly closed: number;
  /** Those that could not be looked at, since somebody who was asked about them did not answer. They are held against it at the approval. */
  readonly unlooked: number;
}

/** Waiting requests that are read at a time. */
const PAGE = 100;

/**
 * A request is decided under the policy it was asked under, unless the one now in force denies it altogether: then it closes and says so.
 * Goes through everything that waits, however much it is.
 */
export async function closeDenied(ports: Needs, workspace: WorkspaceId, policy: Policy): Promise<Closed> {
  const groups = await lookUpGroups(ports, workspace, policy, policy.groups.keys());
  let closed = 0;
  let unlooked = 0;
  let after: RequestId | null = null;
  for (;;) {
    const page: readonly AccessRequest[] = await ports.store.reads(workspace).pendingPage(after, PAGE);
    for (const request of page) {
      if (request.policyVersion === policy.version) continue;
      try {
        const outcome = await closeIfDenied(ports, policy, groups, request);
        if (outcome === 'closed') closed += 1;
        if (outcome === 'unlooked') unlooked += 1;
      } catch (error) {
        if (!(error instanceof Outage)) throw error;
        unlooked += 1;
      }
    }
    after = page.at(-1)?.id ?? null;
    if (after === null) return { closed, unlooked };
  }
}

async function closeIfDenied(
  ports: Needs,
  policy: Policy,
  groups: GroupBook,
  request: AccessRequest,
): Promise<'closed' | 'unlooked' | 'left'> {
  const { slackUserId } = request.requester;
  const requester = await ports.directory.person(request.workspaceId, slackUserId);
  if (!requester) return 'left';
  const role = policy.roles.get(request.role.key);
  const provided = role ? await lookUpFacts(ports, policy, role, requester, request.ticket) : {};
  return ports.store.transaction(
    request.workspaceId,
    async (tx) => {
      const fresh = await tx.requestForUpdate(request.id);
      if (fresh?.status !== 'pending') return 'left';
      const says = await lawsAgain(tx, [{ policy, inForceSince: true, groups, provided }], requester, fresh);
      if (says?.code === 'facts_unavailable') return 'unlooked';
      if (says?.code !== 'guardrail_now_denies') return 'left';
      const step = transitionRequest(fresh, { type: 'deny_by_policy', rule: says.rule, message: says.message }, tx.now);
      if (!step.ok) return 'left';
      await tx.save({ requests: [step.state], events: step.events, effects: step.effects });
      return 'closed';
    },
    { lockPerson: slackUserId },
  );
}
