import type { Person } from '../domain/person.ts';
import { evaluate } from '../domain/policy/evaluate.ts';
import type { Facts, RequestFacts } from '../domain/policy/facts.ts';
import { narrowerRoles } from '../domain/policy/narrower.ts';
import { subjectFor } from '../domain/policy/subject.ts';
import type { Policy, Role } from '../domain/policy/types.ts';
import { undecided } from '../domain/policy/undecided.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import { type AccessRequest, type EditedAsk, transitionRequest } from '../domain/request.ts';
import { widened } from '../domain/request-wait.ts';
import type { Away } from './absences.ts';
import { approveInto } from './approve-into.ts';
import { watchedBy } from './authority.ts';
import { checkAsk } from './check-ask.ts';
import {
  type DecideInput,
  type DecideNeeds,
  type DecideResult,
  refuseDecision,
  type Scene,
  sayWhy,
  setScene,
} from './decision-scene.ts';
import { snapshot } from './draft-request.ts';
import { type GroupBook, votersOf } from './electorate.ts';
import { withoutGrant } from './extension.ts';
import { findRole } from './find-role.ts';
import { gatherFacts } from './gather-facts.ts';
import { lawsAgain, lawsFor } from './laws-again.ts';
import { NARROWER_LIMIT } from './limits.ts';
import { lookUpFacts } from './look-up-facts.ts';
import type { Reads } from './ports.ts';
import { seatStages } from './seat-stages.ts';

export interface EditInput extends DecideInput {
  /** `resource/role`; null: the same. */
  readonly role: string | null;
  readonly durationSeconds: number;
}

/** What an approver may make of a request. */
export interface EditOffer {
  readonly request: AccessRequest;
  /** Roles that the requester would get instead, and how many approvals each asks for. */
  readonly narrower: readonly { readonly role: Pick<Role, 'key' | 'title'>; readonly approvals: number }[];
}

/** Makes a waiting ask smaller for one who may decide about it; the policy says anew what that asks for. */
export async function editRequest(ports: DecideNeeds, input: EditInput): Promise<DecideResult> {
  const scene = await setScene(ports, input);
  if (!scene.ok) return scene;
  const { decider, request, policy, groups, away } = scene;
  const known = await requesterOf(ports, scene, input.role);
  if (!known.ok) return known;
  const laws = await lawsFor(ports, known.person, request, policy, groups);
  return ports.store.transaction(
    input.workspace,
    async (tx) => {
      const fresh = await tx.requestForUpdate(input.requestId);
      if (!fresh) return refused({ code: 'request_not_found' });
      if (fresh.revision !== request.revision) return refused({ code: 'request_changed', revision: fresh.revision });
      const asked = await reconsider(tx, tx.now, known, fresh, input.durationSeconds);
      // Who may not edit is told that, and not what the policy would have said.
      const to = asked.ok ? asked.ask : probe(fresh);
      const voters = votersOf(watchedBy(fresh, known.person), groups, away);
      const command = { type: 'edit', by: decider, revision: input.revision, voters, to } as const;
      const step = transitionRequest(fresh, command, tx.now);
      if (!step.ok) return refuseDecision(tx, fresh, scene, step.refusal);
      if (!asked.ok) return asked;
      const since = laws.filter((law) => law.inForceSince);
      const says = await lawsAgain(tx, since, known.person, step.state);
      if (says?.code === 'guardrail_now_denies') {
        return refused({ code: 'edit_denied', role: step.state.role.key, rule: says.rule, message: says.message });
      }
      if (says?.code === 'facts_unavailable') return refused(says);
      if (step.state.status === 'approved') return approveInto(ports, tx, known.role.connector.connection, step);
      await tx.save({ requests: [step.state], events: step.events, effects: step.effects });
      return { ok: true, request: step.state };
    },
    { lockPerson: request.requester.slackUserId },
  );
}

/** What the form for it offers, if this person may edit now. Changes nothing. */
export async function findEdit(
  ports: DecideNeeds,
  input: Omit<DecideInput, 'revision'>,
): Promise<{ ok: true; offer: EditOffer } | { ok: false; refusal: Refusal }> {
  const scene = await setScene(ports, input);
  if (!scene.ok) return scene;
  const { decider, request, policy, groups, away } = scene;
  const known = await requesterOf(ports, scene, null);
  if (!known.ok) return known;
  const now = await ports.store.now();
  const voters = votersOf(watchedBy(request, known.person), groups, away);
  const to = probe(request);
  const may = transitionRequest(request, { type: 'edit', by: decider, revision: request.revision, voters, to }, now);
  if (!may.ok) return refused(await sayWhy(ports.store.reads(input.workspace), request, scene, may.refusal, now));
  const offered = narrowerOf(policy, request, known.role).slice(0, NARROWER_LIMIT);
  const reads = ports.store.reads(input.workspace);
  const narrower = await Promise.all(
    offered.map(async (role) => {
      const provided = await lookUpFacts(ports, policy, role, known.person, request.ticket);
      const seconds = Math.min(request.durationSeconds, role.duration.maxSeconds);
      const asked = await reconsider(reads, now, { ...known, role, provided }, request, seconds);
      if (!asked.ok) return null;
      const approvals = asked.ask.decision.stages.reduce((sum, stage) => sum + stage.approvals, 0);
      return { role, approvals };
    }),
  );
  return { ok: true, offer: { request, narrower: narrower.filter((each) => each !== null) } };
}

interface Known {
  readonly person: Person;
  readonly policy: Policy;
  /** What it would ask for. */
  readonly role: Role;
  readonly groups: GroupBook;
  readonly away: Away;
  readonly provided: Facts['provided'];
}

async function requesterOf(
  ports: DecideNeeds,
  { requester, request, policy, groups, away }: Scene,
  wanted: string | null,
): Promise<({ ok: true } & Known) | { ok: false; refusal: Refusal }> {
  if (requester?.standing !== 'member') {
    return refused({ code: 'requester_may_no_longer', standing: requester?.standing ?? 'deactivated' });
  }
  const found = findRole(policy, wanted ?? request.role.key);
  if (!found.ok) return found;
  const { role } = found;
  const provided = await lookUpFacts(ports, policy, role, requester, request.ticket);
  return { ok: true, person: requester, policy, role, groups, away, provided };
}

/** More time on what somebody has, and an emergency, are about that one role. */
const narrowerOf = (policy: Policy, request: AccessRequest, role: Role): readonly Role[] =>
  request.extension === null && request.breakGlass === null ? narrowerRoles(policy, role) : [];

/** What the policy says to the smaller ask, with the facts of now. */
async function reconsider(
  reads: Reads,
  now: Date,
  { person, policy, role, groups, away, provided }: Known,
  request: AccessRequest,
  durationSeconds: number,
): Promise<{ ok: true; ask: EditedAsk } | { ok: false; refusal: Refusal }> {
  const other = role.key !== request.role.key;
  if (other) {
    const from = policy.roles.get(request.role.key);
    const narrower = from && narrowerOf(policy, request, from).includes(role);
    if (!narrower) return refused({ code: 'role_not_narrower', role: role.key });
    const [waiting, open] = await Promise.all([
      reads.pendingRequestsOf(person.slackUserId),
      reads.openGrantsOf(person.slackUserId),
    ]);
    const held = waiting.some((each) => each.role.key === role.key) || open.some((each) => each.roleKey === role.key);
    if (held) return refused({ code: 'narrower_role_held', role: role.key });
  }
  const ask: RequestFacts = { ...request.facts.request, durationSeconds };
  const history = request.extension === null ? reads : withoutGrant(reads, request.extension.grantId);
  const facts = await gatherFacts(history, now, policy, person, ask, groups, provided);
  const decision = evaluate(policy, role.key, facts);
  const unknown = undecided(decision, durationSeconds);
  if (unknown !== null) return refused({ code: 'facts_unavailable', ...unknown });
  if (decision.outcome === 'deny') {
    return refused({ code: 'edit_denied', role: role.key, rule: decision.rule.name, message: decision.message });
  }
  const wrong = checkAsk(ask, role, decision);
  if (wrong) return refused(wrong);
  const seated = seatStages(decision.stages, { person, role, groups });
  if (!seated.ok) return seated;
  const subject = other ? subjectFor(role, facts) : { ok: true as const, subject: request.role.subject };
  if (!subject.ok) return refused({ code: 'subject_unresolved', detail: subject.error });
  // Its messages stay where they are.
  const taken = other ? snapshot(role, subject.subject, request.role) : null;
  const stages = other ? seated.stages : widened(seated.stages, request.waiting);
  const seats = { stages, owners: role.owners, requester: person };
  const voters = votersOf(seats, groups, away);
  return { ok: true, ask: { role: taken, durationSeconds, decision, stages: seated.stages, facts, voters } };
}

/** The smallest change there is, to find out who may make one. */
const probe = (request: AccessRequest): EditedAsk => ({
  role: null,
  durationSeconds: request.durationSeconds - 1,
  decision: request.policyDecision,
  stages: request.stages,
  facts: request.facts,
  voters: [],
});
