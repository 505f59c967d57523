import type { GrantId } from '../domain/ids.ts';
import type { Person } from '../domain/person.ts';
import { evaluate } from '../domain/policy/evaluate.ts';
import type { Facts } from '../domain/policy/facts.ts';
import type { Policy, PolicyDecision } from '../domain/policy/types.ts';
import { undecided } from '../domain/policy/undecided.ts';
import type { Refusal } from '../domain/refusal.ts';
import type { AccessRequest } from '../domain/request.ts';
import { type GroupBook, lookUpGroups } from './electorate.ts';
import { withoutGrant } from './extension.ts';
import { gatherFacts } from './gather-facts.ts';
import { lookUpFacts } from './look-up-facts.ts';
import type { Ports, Tx } from './ports.ts';

/** A policy that a request must still pass, with what the network says for it now. */
export interface Law {
  readonly policy: Policy;
  /** In the policy it was asked under, only guardrails and duties can still say no: its rules were answered by people. */
  readonly inForceSince: boolean;
  readonly groups: GroupBook;
  readonly provided: Facts['provided'];
}

/** The policy that a request was asked under, and the one in force where that is another. */
export async function lawsFor(
  ports: Pick<Ports, 'directory' | 'policies'>,
  requester: Person,
  request: AccessRequest,
  policy: Policy,
  groups: GroupBook,
): Promise<readonly Law[]> {
  const law = async (each: Policy, inForceSince: boolean, known: GroupBook | null): Promise<Law> => {
    const role = each.roles.get(request.role.key);
    const [members, provided] = await Promise.all([
      known ?? lookUpGroups(ports, request.workspaceId, each, each.groups.keys()),
      role ? lookUpFacts(ports, each, role, requester, request.ticket) : {},
    ]);
    return { policy: each, inForceSince, groups: members, provided };
  };
  const current = ports.policies.current();
  return Promise.all([
    law(policy, false, groups),
    ...(current.version === policy.version ? [] : [law(current, true, null)]),
  ]);
}

export type LawSays = Extract<Refusal, { code: 'guardrail_now_denies' | 'cap_now_lower' | 'facts_unavailable' }>;

/**
 * POLICY.md 16: guardrails and separation of duties hold again, with fresh facts. A policy that came into force since then decides
 * about nothing that was asked before, unless it denies it altogether. What cannot be looked up decides nothing. `own`: the grant that it is about, which does not count against itself.
 */
export async function lawsAgain(
  tx: Tx,
  laws: readonly Law[],
  requester: Person,
  request: AccessRequest,
  own: GrantId | null = request.extension?.grantId ?? null,
): Promise<LawSays | null> {
  const reads = own === null ? tx : withoutGrant(tx, own);
  for (const { policy, inForceSince, groups, provided } of laws) {
    const asked = { ...request.facts.request, durationSeconds: request.durationSeconds };
    const facts = await gatherFacts(reads, tx.now, policy, requester, asked, groups, provided);
    const says = objection(evaluate(policy, request.role.key, facts), inForceSince, request.durationSeconds);
    if (says) return says;
  }
  return null;
}

function objection(decision: PolicyDecision, inForceSince: boolean, durationSeconds: number): LawSays | null {
  const { rule } = decision;
  const lawful = rule.kind === 'guardrail' || rule.kind === 'separation_of_duties';
  const denies = decision.outcome === 'deny' && (lawful || inForceSince);
  const unknown = undecided(decision, durationSeconds);
  if (unknown !== null && (denies || (decision.outcome !== 'deny' && !inForceSince))) {
    return { code: 'facts_unavailable', ...unknown };
  }
  if (denies) {
    return { code: 'guardrail_now_denies', rule: rule.name, message: decision.message };
  }
  if (!inForceSince && decision.capSeconds !== null && decision.capSeconds < durationSeconds) {
    return { code: 'cap_now_lower', capSeconds: decision.capSeconds, rule: decision.cappedBy ?? rule.name };
  }
  return null;
}
