import { type Drift, type DriftDecision, decide } from '../domain/drift.ts';
import { transitionGrant } from '../domain/grant.ts';
import type { SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { type PersonRef, refOf } from '../domain/person.ts';
import { worthTelling } from '../domain/policy/lookup.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import { systemId } from '../domain/system.ts';
import { lookUpGroups, membership } from './electorate.ts';
import { identify } from './identify.ts';
import type { Ports } from './ports.ts';
import { stepGrant } from './step-grant.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies'>;
interface Asker {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
  readonly driftId: string;
}
type Answer =
  | { readonly type: 'accept'; readonly owner: SlackUserId; readonly reviewAt: Date }
  | { readonly type: 'ignore'; readonly until: Date }
  | { readonly type: 'revoke' };

export type DriftResult =
  | { readonly ok: true; readonly drift: Drift }
  | { readonly ok: false; readonly refusal: Refusal };

/** Drift that this person may decide about, for a form that asks more. */
export async function findDrift(ports: Needs, input: Asker): Promise<DriftResult> {
  const may = await mayDecide(ports, input);
  return may.ok ? { ok: true, drift: may.drift } : may;
}

/** Somebody in charge says what drift is: accepted with an owner and a day of review, ignored for a while, or to be taken away. */
export async function decideDrift(ports: Needs, input: Asker & { readonly answer: Answer }): Promise<DriftResult> {
  const may = await mayDecide(ports, input);
  if (!may.ok) return may;
  const decision: DriftDecision = { ...input.answer, by: refOf(may.person) };
  // What concerns a grant of ours that is live ends with the grant, by its own way, with its own proof.
  const { drift } = may;
  if (
    decision.type === 'revoke' &&
    drift.grantId !== null &&
    drift.kind !== 'ended_grant' &&
    drift.kind !== 'gained_more'
  ) {
    await stepGrant(ports, { workspace: input.workspace, grantId: drift.grantId }, (state, now) =>
      transitionGrant(state, { type: 'end', because: 'revoked', by: decision.by, reason: null }, now),
    );
  }
  return ports.store.transaction(input.workspace, async (tx): Promise<DriftResult> => {
    const state = await tx.drift(input.driftId);
    if (!state) return refused({ code: 'drift_not_found' });
    const step = decide(state, decision, tx.now);
    if (!step.ok) return step;
    await tx.saveDrift(step.state);
    await tx.save({ events: step.events, effects: step.effects });
    return { ok: true, drift: step.state };
  });
}

/** Owners of what roles give there, and admins. */
async function mayDecide(
  ports: Needs,
  input: Asker,
): Promise<{ ok: true; drift: Drift; person: PersonRef } | { ok: false; refusal: Refusal }> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const drift = await ports.store.reads(input.workspace).drift(input.driftId);
  if (!drift) return refused({ code: 'drift_not_found' });
  if (drift.status === 'closed') return refused({ code: 'drift_closed' });
  const owners = ownersOf(ports, drift.system);
  const groups = await lookUpGroups(ports, input.workspace, ports.policies.current(), owners);
  const { via, unavailable } = membership(input.user, owners, groups);
  if (via === null) return refused({ code: 'may_not_revoke', owners, unavailable: worthTelling(unavailable) });
  return { ok: true, drift, person: who.person };
}

function ownersOf(ports: Pick<Ports, 'policies'>, system: string): readonly string[] {
  const policy = ports.policies.current();
  const here = [...policy.roles.values()].filter(({ connector, entitlement }) => {
    const { name, type, connection } = connector;
    return systemId({ connector: name, connectorType: type, connection, entitlement }) === system;
  });
  return [...new Set([...here.flatMap((role) => role.owners), ...policy.admins])];
}
