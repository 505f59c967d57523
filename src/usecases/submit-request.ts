import { isLive } from '../domain/grant.ts';
import { byPerson, type Person } from '../domain/person.ts';
import { evaluate } from '../domain/policy/evaluate.ts';
import type { RequestFacts } from '../domain/policy/facts.ts';
import { subjectFor } from '../domain/policy/subject.ts';
import type { PolicyDecision, Role } from '../domain/policy/types.ts';
import { undecided } from '../domain/policy/undecided.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import { type AccessRequest, type Draft, submit, transitionRequest } from '../domain/request.ts';
import { approveInto } from './approve-into.ts';
import { checkAsk, checkTimes } from './check-ask.ts';
import { type Asked, draftRequest, type Known, type SubmitInput } from './draft-request.ts';
import { lookUpGroups } from './electorate.ts';
import { checkExtension, withoutGrant } from './extension.ts';
import { findPlaces } from './find-channel.ts';
import { findRole } from './find-role.ts';
import { gatherFacts } from './gather-facts.ts';
import { identify } from './identify.ts';
import { lookUpFacts } from './look-up-facts.ts';
import type { Ports, Tx } from './ports.ts';
import { decidedByPolicy, keepRefusal } from './refuse-submission.ts';
import { seatStages } from './seat-stages.ts';

export type SubmitResult =
  | { readonly ok: true; readonly request: AccessRequest; readonly repeated: boolean }
  | { readonly ok: false; readonly refusal: Refusal };

type Needs = Pick<Ports, 'store' | 'directory' | 'policies' | 'ids' | 'messenger'>;

/**
 * Asks for access. Everything that needs the network is looked up first; then one transaction under the person's lock reads
 * their history, evaluates the policy and saves the request, or the refusal, with all that follows.
 */
export async function submitRequest(ports: Needs, input: SubmitInput): Promise<SubmitResult> {
  const [who, repeated] = await Promise.all([
    identify(ports, input.workspace, input.user),
    ports.store.reads(input.workspace).requestByOrigin(input.origin),
  ]);
  if (!who.ok) return who;
  if (repeated) return { ok: true, request: repeated, repeated: true };

  const policy = ports.policies.current();
  const role = findRole(policy, input.role);
  if (!role.ok) return role;
  const [where, groups, provided] = await Promise.all([
    findPlaces(ports, policy, role.role),
    lookUpGroups(ports, input.workspace, policy, policy.groups.keys()),
    lookUpFacts(ports, policy, role.role, who.person, input.ticket),
  ]);
  return ports.store.transaction(
    input.workspace,
    (tx) => {
      const known = { person: who.person, policy, role: role.role, groups, provided, where };
      return decide(ports, tx, input, known);
    },
    { lockPerson: input.user },
  );
}

async function decide(ports: Needs, tx: Tx, input: SubmitInput, known: Known): Promise<SubmitResult> {
  const { person, policy, role, groups, provided, where } = known;
  const [repeated, standing] = await Promise.all([
    tx.requestByOrigin(input.origin),
    alreadyThere(tx, person, role, input),
  ]);
  // The same submission may have been saved while this one waited for the lock.
  if (repeated) return { ok: true, request: repeated, repeated: true };

  const ask: RequestFacts = {
    durationSeconds: input.durationSeconds ?? usualSeconds(role, input.breakGlass),
    reason: input.reason.trim(),
    ticket: input.ticket?.trim() || null,
    extension: input.extend !== null,
    breakGlass: input.breakGlass,
    channel: input.channel,
  };
  const refuse = async (refusal: Refusal, rule: string | null): Promise<SubmitResult> => {
    const data = {
      role: role.key,
      durationSeconds: ask.durationSeconds,
      code: refusal.code,
      rule,
      policyVersion: policy.version,
    };
    await tx.save({
      events: [{ kind: 'request.refused', data, at: tx.now, actor: byPerson(person), requestId: null, grantId: null }],
    });
    return refused(refusal);
  };

  if (standing) return refuse(standing, null);
  const extended = input.extend === null ? null : await checkExtension(tx, person, role, input.extend);
  if (extended?.ok === false) return refuse(extended.refusal, null);
  const grant = extended?.grant ?? null;
  const reads = grant === null ? tx : withoutGrant(tx, grant.id);
  const facts = await gatherFacts(reads, tx.now, policy, person, ask, groups, provided);
  const decision = evaluate(policy, role.key, facts);
  // More time on an access is for whoever has it, whatever the policy would now make of their name.
  const subject = grant ? { ok: true as const, subject: grant.target.subject } : subjectFor(role, facts);
  const seated = seatStages(decision.stages, known);
  const stages = seated.ok ? seated.stages : decision.stages;
  const asked: Asked = { ask, facts, decision, stages, subject: subject.ok ? subject.subject : '', grant };
  const draft = draftRequest(ports, tx, input, known, asked);
  const unknown = undecided(decision, ask.durationSeconds);
  if (unknown !== null) return refuse({ code: 'facts_unavailable', ...unknown }, decision.rule.name);
  const wrong =
    decision.outcome === 'deny'
      ? deniedBy(role, decision)
      : (checkAsk(ask, role, decision) ?? checkTimes(input, tx.now));
  if (wrong && decidedByPolicy(wrong.code)) {
    // The origin stays free: whoever corrects the form and sends it again sends the same one.
    await keepRefusal(tx, { ...draft, origin: `refused/${draft.id}`, breakGlass: null, expiresAt: tx.now }, wrong.code);
    return refused(wrong);
  }
  if (wrong) return refuse(wrong, null);
  if (!seated.ok) return refuse(seated.refusal, decision.rule.name);
  // An emergency is told elsewhere too, and what asks nobody waits for nobody's eyes.
  if (where.problem !== null && decision.stages.length > 0 && !ask.breakGlass) {
    return refuse({ code: 'channel_unreachable', problem: where.problem }, decision.rule.name);
  }
  if (!subject.ok) return refuse({ code: 'subject_unresolved', detail: subject.error }, null);

  const saved = await save(ports, tx, known, draft);
  return saved.ok ? { ...saved, repeated: false } : refuse(saved.refusal, null);
}

const deniedBy = (role: Role, { rule, message }: PolicyDecision): Refusal => ({
  code: 'policy_denied',
  role: role.key,
  rule: rule.name,
  message,
});

/** POLICY.md 13: one open ask and one live grant per person and role; more time on it is an extension. */
async function alreadyThere(
  tx: Tx,
  person: Person,
  role: Role,
  { extend, breakGlass }: Pick<SubmitInput, 'extend' | 'breakGlass'>,
): Promise<Refusal | null> {
  const [waiting, open] = await Promise.all([
    tx.pendingRequestsOf(person.slackUserId),
    tx.openGrantsOf(person.slackUserId),
  ]);
  const pending = waiting.find((each) => each.role.key === role.key);
  // An emergency does not wait for a request that waits.
  if (pending && !breakGlass) return { code: 'already_requested', requestId: pending.id, status: 'pending' };
  if (extend !== null) return null;
  const live = open.find((each) => each.roleKey === role.key && isLive(each));
  const status = live?.status === 'scheduled' ? 'scheduled' : 'live';
  return live ? { code: 'already_requested', requestId: live.requestId, status } : null;
}

async function save(
  ports: Needs,
  tx: Tx,
  { role }: Known,
  draft: Draft,
): Promise<{ ok: true; request: AccessRequest } | { ok: false; refusal: Refusal }> {
  const born = submit(draft);
  if (born.state.stages.length > 0) {
    await tx.save({ requests: [born.state], events: born.events, effects: born.effects });
    return { ok: true, request: born.state };
  }
  const step = transitionRequest(born.state, { type: 'approve_by_policy' }, tx.now);
  if (!step.ok) throw new Error(`A request without stages was not approved: ${step.refusal.code}`);
  return approveInto(ports, tx, role.connector.connection, {
    state: step.state,
    events: [...born.events, ...step.events],
    effects: [...born.effects, ...step.effects],
  });
}

/** What is given when nobody says how long. */
const usualSeconds = (role: Role, breakGlass: boolean): number =>
  breakGlass && role.breakGlass
    ? Math.min(role.duration.defaultSeconds, role.breakGlass.maxSeconds)
    : role.duration.defaultSeconds;
