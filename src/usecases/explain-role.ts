import type { SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { evaluate } from '../domain/policy/evaluate.ts';
import { type WayIn, waysIn } from '../domain/policy/explain.ts';
import { offered } from '../domain/policy/offer.ts';
import type { PolicyDecision, Role } from '../domain/policy/types.ts';
import type { Refusal } from '../domain/refusal.ts';
import { lookUpGroups, votersOf } from './electorate.ts';
import { findRole } from './find-role.ts';
import { gatherFacts } from './gather-facts.ts';
import { identify } from './identify.ts';
import { lookUpFacts } from './look-up-facts.ts';
import type { Ports } from './ports.ts';
import { seatedStages } from './seat-stages.ts';

/** What the policy says to somebody who would ask for a role now, and why. */
export interface RoleExplanation {
  readonly role: Role;
  readonly durationSeconds: number;
  readonly decision: PolicyDecision;
  /** Whether the form offers it. */
  readonly offered: boolean;
  /** Who could fill each stage, without the asker where they may not. */
  readonly approvers: readonly (readonly SlackUserId[])[];
  /** Where it is denied: what would have to be different. */
  readonly ways: readonly WayIn[];
}

/** Asks nothing and changes nothing: the same evaluation that a submission makes, with the facts of this moment. */
export async function explainRole(
  ports: Pick<Ports, 'store' | 'directory' | 'policies'>,
  input: {
    readonly workspace: WorkspaceId;
    readonly user: SlackUserId;
    readonly role: string;
    /** null: the role's usual duration. */
    readonly durationSeconds: number | null;
    readonly ticket: string | null;
  },
): Promise<{ ok: true; explanation: RoleExplanation } | { ok: false; refusal: Refusal }> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const policy = ports.policies.current();
  const found = findRole(policy, input.role);
  if (!found.ok) return found;
  const { role } = found;
  const [groups, provided, now] = await Promise.all([
    lookUpGroups(ports, input.workspace, policy, policy.groups.keys()),
    lookUpFacts(ports, policy, role, who.person, input.ticket),
    ports.store.now(),
  ]);
  const durationSeconds = input.durationSeconds ?? role.duration.defaultSeconds;
  const ask = { durationSeconds, ticket: input.ticket, reason: '', extension: false, breakGlass: false, channel: null };
  const facts = await gatherFacts(ports.store.reads(input.workspace), now, policy, who.person, ask, groups, provided);
  const decision = evaluate(policy, role.key, facts);
  const stages = seatedStages(decision.stages, { role, person: who.person, groups });
  const seats = { stages, owners: role.owners, requester: who.person };
  const approvers = votersOf(seats, groups).map(({ voters }, index) => {
    const self = stages[index]?.selfAllowed === true;
    return [...voters.keys()].filter((user) => self || user !== input.user);
  });
  return {
    ok: true,
    explanation: {
      role,
      durationSeconds,
      decision: { ...decision, stages },
      offered: offered(policy, role, facts),
      approvers,
      ways: waysIn(policy, role, facts),
    },
  };
}
