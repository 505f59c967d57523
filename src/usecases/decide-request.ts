import { type Refusal, refused } from '../domain/refusal.ts';
import { type AccessRequest, type RequestCommand, transitionRequest } from '../domain/request.ts';
import { approveInto } from './approve-into.ts';
import { mayStop, watchedBy } from './authority.ts';
import {
  type DecideInput,
  type DecideNeeds,
  type DecideResult,
  refuseDecision,
  sayWhy,
  setScene,
} from './decision-scene.ts';
import { votersOf } from './electorate.ts';
import { lawsAgain, lawsFor } from './laws-again.ts';
import type { Tx } from './ports.ts';

/** Approves for one person. The click proves only a Slack session: everybody's authority is looked up again, now. */
export async function approveRequest(ports: DecideNeeds, input: DecideInput): Promise<DecideResult> {
  const scene = await setScene(ports, input);
  if (!scene.ok) return scene;
  const { decider, requester, request, policy, groups, away } = scene;
  if (requester?.standing !== 'member') {
    return refused({ code: 'requester_may_no_longer', standing: requester?.standing ?? 'deactivated' });
  }
  const laws = await lawsFor(ports, requester, request, policy, groups);
  return ports.store.transaction(
    input.workspace,
    async (tx) => {
      const fresh = await tx.requestForUpdate(input.requestId);
      if (!fresh) return refused({ code: 'request_not_found' });
      // What was looked up is about the role that it asked for then.
      if (fresh.revision !== request.revision) return refused({ code: 'request_changed', revision: fresh.revision });
      const voters = votersOf(watchedBy(fresh, requester), groups, away);
      const step = transitionRequest(fresh, { type: 'approve', by: decider, revision: input.revision, voters }, tx.now);
      if (!step.ok) return refuseDecision(tx, fresh, scene, step.refusal);
      if (step.state.status !== 'approved') {
        await tx.save({ requests: [step.state], events: step.events, effects: step.effects });
        return { ok: true, request: step.state };
      }
      const again = await lawsAgain(tx, laws, requester, fresh);
      if (again?.code === 'guardrail_now_denies') {
        return closeInstead(tx, fresh, { type: 'deny_by_policy', rule: again.rule, message: again.message }, again);
      }
      if (again) return refuseDecision(tx, fresh, scene, again);
      const connection = policy.connectors.get(fresh.role.connector)?.connection ?? null;
      const done = await approveInto(ports, tx, connection, step);
      // The access that was to be extended is over: nothing is left to approve.
      return done.ok ? done : closeInstead(tx, fresh, { type: 'lapse' }, done.refusal);
    },
    { lockPerson: request.requester.slackUserId },
  );
}

export async function denyRequest(
  ports: DecideNeeds,
  input: DecideInput & { readonly reason: string },
): Promise<DecideResult> {
  const scene = await setScene(ports, input);
  if (!scene.ok) return scene;
  const { decider, requester, policy, groups, away } = scene;
  return ports.store.transaction(input.workspace, async (tx) => {
    const fresh = await tx.requestForUpdate(input.requestId);
    if (!fresh) return refused({ code: 'request_not_found' });
    const right = mayStop(decider.slackUserId, watchedBy(fresh, requester), policy, groups, away);
    const command: RequestCommand = {
      type: 'deny',
      by: decider,
      revision: input.revision,
      reason: input.reason,
      ...right,
    };
    const step = transitionRequest(fresh, command, tx.now);
    if (!step.ok) return refuseDecision(tx, fresh, scene, step.refusal);
    await tx.save({ requests: [step.state], events: step.events, effects: step.effects });
    return { ok: true, request: step.state };
  });
}

/** Whether this person may deny now: asked before the form for the reason opens. Changes nothing. */
export async function checkDecider(ports: DecideNeeds, input: Omit<DecideInput, 'revision'>): Promise<DecideResult> {
  const scene = await setScene(ports, input);
  if (!scene.ok) return scene;
  const { decider, requester, request, policy, groups, away } = scene;
  const right = mayStop(decider.slackUserId, watchedBy(request, requester), policy, groups, away);
  const probe: RequestCommand = { type: 'deny', by: decider, revision: request.revision, reason: 'may I', ...right };
  const now = await ports.store.now();
  const step = transitionRequest(request, probe, now);
  if (step.ok) return { ok: true, request };
  return refused(await sayWhy(ports.store.reads(input.workspace), request, scene, step.refusal, now));
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
