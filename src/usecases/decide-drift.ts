import { type Drift, decide } from '../domain/drift.ts';
import { transitionGrant } from '../domain/grant.ts';
import type { GrantId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { type Person, refOf } from '../domain/person.ts';
import { worthTelling } from '../domain/policy/lookup.ts';
import type { Role } from '../domain/policy/types.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import { systemId } from '../domain/system.ts';
import { isHolderOf } from './drift-holder.ts';
import { lookUpGroups, membership } from './electorate.ts';
import { identify } from './identify.ts';
import type { Ports, Tx } from './ports.ts';
import { saveStep } from './step-grant.ts';

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

type Refused = { readonly ok: false; readonly refusal: Refusal };
export type DriftResult = { readonly ok: true; readonly drift: Drift } | Refused;

/** Drift that this person may leave as it is, for a form that asks until when. */
export async function findDrift(
  ports: Needs,
  input: Asker,
): Promise<{ readonly ok: true; readonly drift: Drift; readonly now: Date } | Refused> {
  const may = await mayDecide(ports, input, { leaves: true });
  return may.ok ? { ok: true, drift: may.drift, now: await ports.store.now() } : may;
}

/** Somebody in charge says what drift is: accepted with an owner and a day of review, ignored for a while, or to be taken away. */
export async function decideDrift(ports: Needs, input: Asker & { readonly answer: Answer }): Promise<DriftResult> {
  const { workspace, driftId, answer } = input;
  const may = await mayDecide(ports, input, { leaves: answer.type !== 'revoke' });
  if (!may.ok) return may;
  if (answer.type === 'accept') {
    const fit = await mayAnswerFor(ports, workspace, answer.owner, may);
    if (!fit.ok) return fit;
  }
  const by = refOf(may.person);
  const ending = answer.type === 'revoke' ? endsWith(may.drift) : null;
  const work = async (tx: Tx): Promise<DriftResult> => {
    const grant = ending && (await tx.grantForUpdate(ending));
    const state = await tx.driftForUpdate(driftId);
    if (!state) return refused({ code: 'drift_not_found' });
    const step = decide(state, { ...answer, by }, tx.now);
    if (!step.ok) return step;
    await tx.saveDrift(step.state);
    await tx.save({ events: step.events, effects: step.effects });
    const ended = grant && transitionGrant(grant, { type: 'end', because: 'revoked', by, reason: null }, tx.now);
    if (grant && ended?.ok) await saveStep(tx, grant, ended);
    return { ok: true, drift: step.state };
  };
  return ports.store.transaction(workspace, work, ending ? { lockGrant: ending } : {});
}

/** What concerns a grant of ours that is live ends with the grant, by its own way, with its own proof. */
const endsWith = ({ kind, grantId }: Drift): GrantId | null =>
  kind === 'removed_by_hand' || kind === 'level_changed' ? grantId : null;

interface Right {
  readonly ok: true;
  readonly drift: Drift;
  readonly person: Person;
  readonly roles: readonly Role[];
  readonly owners: readonly string[];
}

/** Owners of what roles give there, and admins; nobody says of their own access that it may stay (`leaves`). */
async function mayDecide(
  ports: Needs,
  input: Asker,
  { leaves }: { readonly leaves: boolean },
): Promise<Right | Refused> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const drift = await ports.store.reads(input.workspace).drift(input.driftId);
  if (!drift) return refused({ code: 'drift_not_found' });
  const policy = ports.policies.current();
  const roles = rolesOn([...policy.roles.values()], drift.system);
  const owners = [...new Set([...roles.flatMap((role) => role.owners), ...policy.admins])];
  const groups = await lookUpGroups(ports, input.workspace, policy, owners);
  const { via, unavailable } = membership(input.user, owners, groups);
  if (via === null) return refused({ code: 'may_not_decide_drift', owners, unavailable: worthTelling(unavailable) });
  if (drift.status === 'closed') return refused({ code: 'drift_closed' });
  if (drift.status !== 'open') return refused({ code: 'drift_decided', status: drift.status, by: drift.decidedBy });
  if (leaves && (await isHolderOf(ports, drift, who.person, roles))) return refused({ code: 'own_drift', owners });
  return { ok: true, drift, person: who.person, roles, owners };
}

/** Whoever answers for accepted access is a member of the workspace, and somebody else than has it. */
async function mayAnswerFor(
  ports: Needs,
  workspace: WorkspaceId,
  owner: SlackUserId,
  { drift, roles }: Right,
): Promise<{ readonly ok: true } | Refused> {
  const person = await ports.directory.person(workspace, owner);
  if (person?.standing !== 'member') {
    return refused({ code: 'drift_owner_unfit', why: person?.standing ?? 'stranger' });
  }
  return (await isHolderOf(ports, drift, person, roles))
    ? refused({ code: 'drift_owner_unfit', why: 'holder' })
    : { ok: true };
}

function rolesOn(roles: readonly Role[], system: string): readonly Role[] {
  return roles.filter(({ connector, entitlement }) => {
    const { name, type, connection } = connector;
    return systemId({ connector: name, connectorType: type, connection, entitlement }) === system;
  });
}
