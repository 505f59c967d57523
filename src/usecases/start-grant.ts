import { type Grant, type GrantCommand, transitionGrant } from '../domain/grant.ts';
import type { GrantId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import type { Person, PersonRef } from '../domain/person.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import type { AccessRequest } from '../domain/request.ts';
import { lookUpGroups } from './electorate.ts';
import type { EndResult } from './end-grant.ts';
import { identify } from './identify.ts';
import { type Law, type LawSays, lawsAgain, lawsFor } from './laws-again.ts';
import { policyOf } from './policy-of.ts';
import { done, Outage, type Performed, type Ports } from './ports.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies'>;
interface Input {
  readonly workspace: WorkspaceId;
  readonly grantId: GrantId;
}

/** How long somebody is asked whether they want less than was approved, where the role names no window. */
const SHORTER_WITHIN_SECONDS = 3_600;

/** The time of a scheduled grant has come: it starts, or lapses where its holder was to start it. */
export async function startGrant(ports: Needs, input: Input): Promise<Performed> {
  const grant = await ports.store.reads(input.workspace).grant(input.grantId);
  const begun = grant?.status === 'scheduled' ? await begin(ports, input, grant, null) : null;
  // Any other refusal means that somebody else was faster.
  if (begun?.ok === false && begun.refusal.code === 'facts_unavailable') {
    throw new Outage(begun.refusal.lasting ? 'permanent' : 'transient', begun.refusal.detail);
  }
  return done;
}

/** The holder presses Start. */
export async function pressStart(ports: Needs, input: Input & { readonly user: SlackUserId }): Promise<EndResult> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const grant = await ports.store.reads(input.workspace).grant(input.grantId);
  if (!grant) return refused({ code: 'grant_not_found' });
  if (grant.holder.slackUserId !== input.user) return refused({ code: 'not_the_requester' });
  if (grant.status !== 'scheduled') return refused({ code: 'grant_not_live', grantId: grant.id, status: grant.status });
  return begin(ports, input, grant, who.person);
}

/** POLICY.md 16: what the policy says is asked again at a later start, under the person's lock and with fresh facts. */
async function begin(ports: Needs, input: Input, grant: Grant, by: PersonRef | null): Promise<EndResult> {
  const request = await ports.store.reads(input.workspace).request(grant.requestId);
  if (!request) return refused({ code: 'request_not_found' });
  const { requester, laws } = await lookUp(ports, request, grant);
  return ports.store.transaction(
    input.workspace,
    async (tx) => {
      const fresh = await tx.grantForUpdate(input.grantId);
      if (!fresh) return refused({ code: 'grant_not_found' });
      const begun: GrantCommand = { type: 'start', by, windowSeconds: request.role.provisioningWindowSeconds };
      const step = transitionGrant(fresh, begun, tx.now);
      if (!step.ok) return step;
      if (step.state.status !== 'provisioning') {
        await tx.save({ grants: changed(fresh, step.state), events: step.events, effects: step.effects });
        return step.state.status === 'ended'
          ? refused({ code: 'grant_not_live', grantId: fresh.id, status: 'ended' })
          : { ok: true, grant: step.state };
      }
      const asked = { ...request, durationSeconds: step.state.durationSeconds };
      const says = requester ? await lawsAgain(tx, laws, requester, asked, fresh.id) : null;
      if (says?.code === 'facts_unavailable') return refused(says);
      const no = requester && !says ? null : objection(requester, says, request, tx.now);
      const instead = no && transitionGrant(fresh, no, tx.now);
      const made = instead ?? step;
      if (!made.ok) return made;
      await tx.save({ grants: changed(fresh, made.state), events: made.events, effects: made.effects });
      return instead ? refused(refusalOf(says)) : { ok: true, grant: made.state };
    },
    { lockPerson: grant.holder.slackUserId },
  );
}

const changed = (old: Grant, next: Grant): Grant[] => (next === old ? [] : [next]);

async function lookUp(
  ports: Needs,
  request: AccessRequest,
  grant: Grant,
): Promise<{ requester: Person | null; laws: readonly Law[] }> {
  const person = await ports.directory.person(request.workspaceId, grant.holder.slackUserId);
  if (person?.standing !== 'member') return { requester: null, laws: [] };
  const policy = await policyOf(ports, request);
  const groups = await lookUpGroups(ports, request.workspaceId, policy, policy.groups.keys());
  return { requester: person, laws: await lawsFor(ports, person, request, policy, groups) };
}

type Objection = Exclude<LawSays, { code: 'facts_unavailable' }>;

function refusalOf(says: Objection | null): Refusal {
  if (!says) return { code: 'person_may_not_use', standing: 'deactivated' };
  return says.code === 'cap_now_lower'
    ? { code: 'start_shorter', capSeconds: says.capSeconds, rule: says.rule }
    : { code: 'start_denied', rule: says.rule, message: says.message };
}

/** What becomes of it when it may not start as it was approved. */
function objection(requester: Person | null, says: Objection | null, request: AccessRequest, now: Date): GrantCommand {
  if (!requester || !says) return { type: 'end', because: 'user_deactivated', by: null, reason: null };
  if (says.code === 'guardrail_now_denies') {
    return { type: 'end', because: 'policy_denied', by: null, reason: says.message ?? says.rule };
  }
  const withinSeconds = request.role.startWithinSeconds ?? SHORTER_WITHIN_SECONDS;
  const startBy = new Date(now.getTime() + withinSeconds * 1000);
  return { type: 'offer_shorter', capSeconds: says.capSeconds, rule: says.rule, startBy };
}
