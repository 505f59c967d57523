import type { RequestId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { byPerson, type Person } from '../domain/person.ts';
import type { Policy } from '../domain/policy/types.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import { type AccessRequest, type RequestCommand, transitionRequest } from '../domain/request.ts';
import { approveInto } from './approve-into.ts';
import { mayStop, watchedBy } from './authority.ts';
import { type GroupBook, lookUpGroups, namedGroups, votersOf } from './electorate.ts';
import { identify } from './identify.ts';
import { lawsAgain, lawsFor } from './laws-again.ts';
import { policyOf } from './policy-of.ts';
import type { Ports, Tx } from './ports.ts';

export interface DecideInput {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
  readonly requestId: RequestId;
  /** The revision that was on the screen. */
  readonly revision: number;
}

export type DecideResult =
  | { readonly ok: true; readonly request: AccessRequest }
  | { readonly ok: false; readonly refusal: Refusal };

type Needs = Pick<Ports, 'store' | 'directory' | 'policies' | 'ids'>;

/** Approves for one person. The click proves only a Slack session: everybody's authority is looked up again, now. */
export async function approveRequest(ports: Needs, input: DecideInput): Promise<DecideResult> {
  const scene = await setScene(ports, input);
  if (!scene.ok) return scene;
  const { decider, requester, request, policy, groups } = scene;
  if (requester?.standing !== 'member') {
    return refused({ code: 'requester_may_no_longer', standing: requester?.standing ?? 'deactivated' });
  }
  const laws = await lawsFor(ports, requester, request, policy, groups);
  return ports.store.transaction(
    input.workspace,
    async (tx) => {
      const fresh = await tx.requestForUpdate(input.requestId);
      if (!fresh) return refused({ code: 'request_not_found' });
      const voters = votersOf(watchedBy(fresh, requester.managerId), groups);
      const step = transitionRequest(fresh, { type: 'approve', by: decider, revision: input.revision, voters }, tx.now);
      if (!step.ok) return refuseDecision(tx, fresh, decider, step.refusal);
      if (step.state.status !== 'approved') {
        await tx.save({ requests: [step.state], events: step.events, effects: step.effects });
        return { ok: true, request: step.state };
      }
      const again = await lawsAgain(tx, laws, requester, fresh);
      if (again?.code === 'guardrail_now_denies') {
        return closeInstead(tx, fresh, { type: 'deny_by_policy', rule: again.rule, message: again.message }, again);
      }
      if (again) return refuseDecision(tx, fresh, decider, again);
      const connection = policy.connectors.get(fresh.role.connector)?.connection ?? null;
      const done = await approveInto(ports, tx, connection, step);
      // The access that was to be extended is over: nothing is left to approve.
      return done.ok ? done : closeInstead(tx, fresh, { type: 'lapse' }, done.refusal);
    },
    { lockPerson: request.requester.slackUserId },
  );
}

export async function denyRequest(
  ports: Needs,
  input: DecideInput & { readonly reason: string },
): Promise<DecideResult> {
  const scene = await setScene(ports, input);
  if (!scene.ok) return scene;
  const { decider, requester, policy, groups } = scene;
  return ports.store.transaction(input.workspace, async (tx) => {
    const fresh = await tx.requestForUpdate(input.requestId);
    if (!fresh) return refused({ code: 'request_not_found' });
    const right = mayStop(decider.slackUserId, watchedBy(fresh, requester?.managerId ?? null), policy, groups);
    const command: RequestCommand = {
      type: 'deny',
      by: decider,
      revision: input.revision,
      reason: input.reason,
      ...right,
    };
    const step = transitionRequest(fresh, command, tx.now);
    if (!step.ok) return refuseDecision(tx, fresh, decider, step.refusal);
    await tx.save({ requests: [step.state], events: step.events, effects: step.effects });
    return { ok: true, request: step.state };
  });
}

/** Whether this person may deny now: asked before the form for the reason opens. Changes nothing. */
export async function checkDecider(ports: Needs, input: Omit<DecideInput, 'revision'>): Promise<DecideResult> {
  const scene = await setScene(ports, input);
  if (!scene.ok) return scene;
  const { decider, requester, request, policy, groups } = scene;
  const right = mayStop(decider.slackUserId, watchedBy(request, requester?.managerId ?? null), policy, groups);
  const probe: RequestCommand = { type: 'deny', by: decider, revision: request.revision, reason: 'may I', ...right };
  const step = transitionRequest(request, probe, await ports.store.now());
  return step.ok ? { ok: true, request } : step;
}

type Scene = {
  readonly ok: true;
  readonly decider: Person;
  readonly requester: Person | null;
  readonly request: AccessRequest;
  readonly policy: Policy;
  readonly groups: GroupBook;
};

/** Everything a decision needs from the network, looked up before the transaction begins. */
async function setScene(
  ports: Needs,
  input: Omit<DecideInput, 'revision'>,
): Promise<Scene | { ok: false; refusal: Refusal }> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const request = await ports.store.reads(input.workspace).request(input.requestId);
  if (!request) return refused({ code: 'request_not_found' });
  const policy = await policyOf(ports, request);
  const [requester, groups] = await Promise.all([
    ports.directory.person(input.workspace, request.requester.slackUserId),
    lookUpGroups(ports, input.workspace, policy, [
      ...namedGroups({ stages: request.stages, owners: request.role.owners }),
      ...policy.admins,
      ...policy.groups.keys(),
    ]),
  ]);
  return { ok: true, decider: who.person, requester, request, policy, groups };
}

/** Closes the request in place of approving it, and tells the approver why. */
async function closeInstead(
  tx: Tx,
  request: AccessRequest,
  command: RequestCommand,
  refusal: Refusal,
): Promise<DecideResult> {
  const step = transitionRequest(request, command, tx.now);
  if (!step.ok) return step;
  await tx.save({ requests: [step.state], events: step.events, effects: step.effects });
  return refused(refusal);
}

/** A decision that was tried without the right to it is part of the audit; being late or clicking twice is not. */
async function refuseDecision(tx: Tx, request: AccessRequest, by: Person, refusal: Refusal): Promise<DecideResult> {
  if (refusal.code === 'not_an_approver' || refusal.code === 'own_request') {
    await tx.save({
      events: [
        {
          kind: 'decision.refused',
          data: { code: refusal.code },
          at: tx.now,
          actor: byPerson(by),
          requestId: request.id,
          grantId: null,
        },
      ],
    });
  }
  return refused(refusal);
}
