import type { DisallowedGrant } from '../domain/disallowed-grant.ts';
import type { Grant } from '../domain/grant.ts';
import { isLive } from '../domain/grant.ts';
import type { GrantId, WorkspaceId } from '../domain/ids.ts';
import { evaluate } from '../domain/policy/evaluate.ts';
import type { Facts } from '../domain/policy/facts.ts';
import type { Policy, Role } from '../domain/policy/types.ts';
import { undecided } from '../domain/policy/undecided.ts';
import type { AccessRequest } from '../domain/request.ts';
import { type GroupBook, groupFacts, lookUpGroups } from './electorate.ts';
import { lookUpFacts } from './look-up-facts.ts';
import type { Ports } from './ports.ts';

/** Live grants that are looked through, and a page of them. */
const MAX_LOOKED = 20_000;
const PAGE = 200;

/**
 * The live grants that this policy would not give any more, with whom its groups and providers name now and everything else as it
 * was when it was asked. Nothing is shortened by that: it is for people to look at.
 */
export async function disallowedGrants(
  ports: Pick<Ports, 'store' | 'directory'>,
  workspace: WorkspaceId,
  policy: Policy,
): Promise<readonly DisallowedGrant[]> {
  const groups = await lookUpGroups(ports, workspace, policy, policy.groups.keys());
  const found: DisallowedGrant[] = [];
  let after: GrantId | null = null;
  for (let looked = 0; looked < MAX_LOOKED; looked += PAGE) {
    const page: readonly Grant[] = await ports.store.reads(workspace).grantsWithEnd(after, PAGE);
    for (const grant of page) {
      if (!isLive(grant)) continue;
      const request = await ports.store.reads(workspace).request(grant.requestId);
      const because = request && (await objection(ports, policy, request, groups));
      if (because) found.push({ grant, ...because });
    }
    after = page.at(-1)?.id ?? null;
    if (after === null || page.length < PAGE) return found;
  }
  return found;
}

async function objection(
  ports: Pick<Ports, 'directory'>,
  policy: Policy,
  request: AccessRequest,
  groups: GroupBook,
): Promise<Omit<DisallowedGrant, 'grant'> | null> {
  const role = policy.roles.get(request.role.key);
  if (!role) return { why: 'role_gone', rule: null };
  const facts = await factsNow(ports, policy, role, request, groups);
  const decision = evaluate(policy, role.key, facts);
  // While nobody can say, nobody is asked to take it away.
  if (undecided(decision, request.durationSeconds) !== null) return null;
  if (decision.outcome === 'deny') return { why: 'denied', rule: decision.rule.name };
  const longest = Math.min(role.duration.maxSeconds, decision.capSeconds ?? Number.POSITIVE_INFINITY);
  if (request.durationSeconds > longest) return { why: 'too_long', rule: decision.cappedBy };
  const unasked = request.policyDecision.outcome === 'approve' && decision.outcome === 'require';
  return unasked ? { why: 'needs_approval', rule: decision.rule.name } : null;
}

async function factsNow(
  ports: Pick<Ports, 'directory'>,
  policy: Policy,
  role: Role,
  request: AccessRequest,
  groups: GroupBook,
): Promise<Facts> {
  const user = request.requester.slackUserId;
  const person = await ports.directory.person(request.workspaceId, user).catch(() => null);
  return {
    ...request.facts,
    requester: { ...request.facts.requester, groups: groupFacts(user, groups) },
    provided: person ? await lookUpFacts(ports, policy, role, person, request.ticket) : request.facts.provided,
  };
}
